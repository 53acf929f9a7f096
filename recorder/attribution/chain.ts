/** What attribution says: who asked for a change, through which steps, and what each step rests on. Types only. */
import type { Proof } from '../audit/identity.ts';
import type { Micros } from '../audit/units.ts';
import type { Line } from '../export/line-diff.ts';
import type { Place } from './matching.ts';
import type { Act, Decided } from './talk.ts';

/** What shows that a link came of the one above it. */
export type Basis =
  /** Chaperone did it itself, or the API server said it: the request opened the session, the answer names the object. */
  | 'recorded'
  /** A token that Cursor's issuer signed was active in the pod at that time. */
  | 'signed'
  /** A hook of Cursor tells of both. */
  | 'hook'
  /** The words, the directory and the time are those that a hook announced. */
  | 'matched'
  /** The process says so in its environment. */
  | 'environment'
  /** It came in under the session's own token, and this was the last command before it. */
  | 'token'
  /** The same, and the client names itself by that command. */
  | 'named'
  /** The client names itself by that command, and it came while that may have run. */
  | 'time';

export type LinkKind =
  | 'person'
  | 'conversation'
  | 'prompt'
  | 'act'
  | 'command'
  | 'session'
  | 'request'
  | 'object'
  | 'file';

/** An event, and where a player finds it. */
export interface Moment extends Place {
  /** From the start of the session. */
  into: Micros;
}

export interface Link extends Moment {
  kind: LinkKind;
  /** In words, as long as they were; not made safe to print. */
  text: string;
  /** `recorded`: seen by Chaperone itself, and nobody's word. */
  proof: Proof | 'recorded';
  basis: Basis;
  /** How many others it could have been as well. */
  others?: number;
}

/** Reports of what does not fit together: each is a way round the other. */
export interface Finding extends Moment {
  code: keyof typeof FINDINGS;
  /** What it is about, in words. */
  text: string;
}

export const FINDINGS = {
  HOOK_WITHOUT_EXECUTION: 'a hook was told that this would run, and no guarded shell ran it',
  EXECUTION_WITHOUT_HOOK: 'it ran in the name of the conversation, and no hook told of it',
  RUN_THOUGH_REFUSED: 'its hook was refused, and it ran all the same',
  HOOKS_ALONE:
    'no guarded shell ran anything of this conversation: what its commands did is known by its hooks alone',
} as const satisfies Record<string, string>;

/** What became of it. */
export type Outcome = 'done' | 'refused' | 'failed' | 'open';

export interface Chain {
  /** When it came. */
  at: Micros;
  outcome: Outcome;
  /** From the person down to what was changed. */
  links: Link[];
  /** What was sent to the API server, where that is short text. */
  sent?: string;
  /** What is different in the object, where both states are known. */
  changed?: Line[];
  findings: Finding[];
}

export interface Blame {
  /** The newest first. */
  chains: Chain[];
  /** True where there may be older ones that were not looked for. */
  more: boolean;
}

/** A command of a conversation, and all that came of it. */
export interface Effect extends Moment {
  kind: LinkKind;
  text: string;
  proof: Proof | 'recorded';
  basis: Basis;
  outcome: Outcome;
  others?: number;
}

export interface TracedAct extends Moment {
  kind: Act['kind'];
  text: string;
  /** Events of the conversation's session that tell of it. */
  seqs: number[];
  generation: string;
  /** Null where it was not asked about. */
  decided: Pick<Decided, 'decision' | 'allowed' | 'unknown' | 'approval'> | null;
  /** Executions, requests and objects, in their order. */
  effects: Effect[];
}

export interface Trace {
  conversation: string;
  prompts: (Moment & { generation: string; text: string })[];
  acts: TracedAct[];
  findings: Finding[];
  /** True where there was more than is looked at. */
  cut: boolean;
}

export function momentOf({ session, seq, at }: Place, startedAt: Micros): Moment {
  return { session, seq, at, into: Math.max(0, at - startedAt) };
}
