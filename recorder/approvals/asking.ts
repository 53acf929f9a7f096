/** How the gate asks a human: the port between what runs and who decides. */
import type { ApprovalTerms, AskedFor } from '../audit/approval.ts';
import type { ApprovalMark } from '../audit/decision.ts';
import type { Identity } from '../audit/identity.ts';
import type { BodySummary } from '../audit/request.ts';
import type { Micros, SessionId } from '../audit/units.ts';

/** `until` follows from the moment at which somebody is asked. */
export type Terms = Omit<ApprovalTerms, 'until'> & { timeout: Micros };

/** What is asked of a human. */
export interface Asking {
  session: SessionId;
  /** The session that opened this one for a single command: what is asked in the next one like it is the same again. */
  origin?: SessionId;
  requester: Identity;
  asked: AskedFor;
  /** Hex SHA-256 of the exact action, whatever of it is masked elsewhere. It is not stored as it is. */
  digest: string;
  rule: string;
  reason: string;
  terms: Terms;
  /** Of a request its body, of a tool what it is given: masked. */
  body?: { summary?: BodySummary; content: Uint8Array };
  /** What a request would do, to be shown: see the event `approval.effect`. */
  effect?: Uint8Array;
}

/** See desk.ts. */
export interface Approvals {
  /**
   * Waits until it is decided. `approved` is for this call alone: it is used up when it returns.
   * @param wait `signal`: who asked is gone: the request stays, and this call ends as `abandoned`
   * @throws ChaperoneError `BUSY` where too much waits already, and those of `Journal.append`
   */
  ask(asking: Asking, wait?: Wait): Promise<ApprovalMark>;
  /**
   * What went on by it in this session did not come to be: nothing was run, nothing changed. The same session may try it
   * again within seconds and is not asked anew. Says nothing where that cannot be: then it is asked.
   */
  giveBack?(id: string, session: SessionId, reason: string): Promise<void>;
}

export interface Wait {
  signal?: AbortSignal;
  /** Called where it has to wait, with the id of the request. */
  waiting?: (id: string) => void;
}
