/** What a verification can find, and the pure part of finding it: the order that the events of a session keep. */
import type { AuditEvent } from './event.ts';
import { type Micros, SYSTEM } from './units.ts';

/** The closed set of problem codes. */
export const PROBLEMS = {
  CHECKPOINT_MISSING: 'the signed checkpoint beside the store is gone',
  CHECKPOINT_INVALID: 'the checkpoint is not signed by the key of this log, or is altered',
  CHECKPOINT_OLD: 'the checkpoint on disk is older than one that this process has written',
  KEY_MISSING: 'the key that checks the checkpoint is gone',
  KEY_MISMATCH: 'the public key beside the store is not that of the log',
  LOG_TRUNCATED: 'the log is shorter than what was signed',
  ROOT_MISMATCH: 'the log is not the one that was signed',
  EVENT_MISSING: 'an event of the log is gone',
  EVENT_DAMAGED: 'an event is not what was written',
  EVENT_DISORDERED: 'an event does not follow the one before it in its session',
  CONTENT_MISSING: 'the bytes that an event commits to are gone',
  CONTENT_DAMAGED: 'the bytes are not those that the event commits to',
  CONTENT_UNEXPECTED: 'bytes are stored that no event commits to',
  TREE_DAMAGED: 'a stored hash of the tree is not that of its events',
  INDEX_DAMAGED: 'what lists and searches show is not what the events say',
  RECORD_UNKNOWN: 'the store holds a record that nothing refers to',
  FILE_DAMAGED: 'a file of the store was altered',
  STORE_UNREADABLE: 'the store cannot be read',
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** How far a session has come. */
export interface Progress {
  events: number;
  lastAt: Micros;
  ended?: unknown;
}

/** Why `event` cannot follow what its session said before (null before its first event), or null. */
export function orderFault({ session, seq, at, body }: AuditEvent, before: Progress | null): string | null {
  const next = before?.events ?? 0;
  if (seq !== next) return `event ${seq} stands where event ${next} belongs`;
  if (before !== null && at < before.lastAt) return 'time runs backwards';
  if (session === SYSTEM) {
    return body.type.startsWith('session.') ? `${body.type} needs a session of its own` : null;
  }
  if (before === null) return body.type === 'session.start' ? null : `session ${session} has not begun`;
  if (body.type === 'session.start') return `session ${session} has begun already`;
  return before.ended === undefined ? null : `session ${session} has ended`;
}
