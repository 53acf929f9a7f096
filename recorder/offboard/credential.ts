/** What an agent got hold of while it acted for somebody. Types only: safe to import from the browser. */
import type { Micros, SessionId } from '../audit/units.ts';

/**
 * `secret`: a Secret of Kubernetes; `token`, `certificate`: issued to the agent; `file`, `variable`: on the machine or
 * in a container; `pod`: a container that was entered, with what is mounted there; `cluster`: the account that requests
 * went by.
 */
export type CredentialKind = 'secret' | 'token' | 'certificate' | 'file' | 'variable' | 'pod' | 'cluster';

/** `rotate`: the agent held its value; `check`: it was within reach, or was used without being held. */
export type Verdict = 'rotate' | 'check';

/** One event that says so. */
export interface Use {
  session: SessionId;
  /** Place of the event in the session. */
  seq: number;
  at: Micros;
  /** Microseconds from the session's start. */
  into: Micros;
  /** What was done: a request in words, or a command line. */
  what: string;
}

export interface Credential {
  kind: CredentialKind;
  /** `namespace/name`, with `*` for all of them; a path; a variable; a server. */
  name: string;
  /** Machine or Pod; empty for what belongs to the cluster. */
  where: string;
  verdict: Verdict;
  /** One sentence for who has to act. */
  why: string;
  /** How often, first and last. */
  count: number;
  first: Micros;
  last: Micros;
  /** The first few. */
  uses: Use[];
}
