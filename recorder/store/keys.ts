/**
 * Where each record lives. Numbers are 6 bytes, big-endian, so that the order of the keys is their order.
 *
 *     b ‖ term ‖ index          that this event speaks of something that is asked about (see audit/terms.ts)
 *     i                         index of the first event that `b` is kept for: 0 once it is for all
 *     m                         format of the store
 *     j                         the same for `p` and `q`
 *     l ‖ index                 event: a leaf of the log, in log order
 *     c ‖ index                 its content: salt and bytes
 *     p ‖ subject ‖ session     that this session is of that subject
 *     q ‖ subject               who that is: the user, and the namespace of the Pod
 *     t ‖ level ‖ index         hash of a full subtree, for each 8th level
 *     s ‖ session               what a list shows of a session, and its last run
 *     r ‖ session ‖ seq         an earlier run: from this seq on, `count` events stand at consecutive indices
 *     x ‖ session ‖ seq         what a search looks into: the command line, the people and places
 *
 * `l` and `c` are the evidence; all others are projections that `verify` holds against it.
 */

import type { Node } from '../audit/merkle.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import type { Range } from './store.ts';

/** The format of the store that this version writes, under the key `m`. */
export const FORMAT = Buffer.from('{"chaperone":1}');

const NUMBER_BYTES = 6;

/** Of the SHA-256 of a term: who looks one up sees by the event whether it is meant. */
export const TERM_BYTES = 12;

/** A session id is 26 characters or `system`; the zero byte ends it. */
const END = '\0';

export const KEYS = {
  format: Buffer.from('m'),
  event: (index: number) => numbered('l', index),
  content: (index: number) => numbered('c', index),
  subtree: (node: Node) => numbered(`t${String.fromCharCode(node.level)}`, node.index),
  session: (id: SessionId) => Buffer.from(`s${id}`, 'latin1'),
  run: (id: SessionId, seq: number) => numbered(`r${id}${END}`, seq),
  search: (id: SessionId, seq: number) => numbered(`x${id}${END}`, seq),
  mention: (term: Uint8Array, index: number) => mention(term, index),
  mentionsFrom: Buffer.from('i'),
  sessionOf: (subject: Uint8Array, id: SessionId) => sessionOf(subject, id),
  subject: (subject: Uint8Array) => Buffer.concat([Buffer.from('q'), subject]),
  subjectsFrom: Buffer.from('j'),
} as const;

export const RANGES = {
  events: (from = 0): Range => ({ from: KEYS.event(from), to: Buffer.from('m') }),
  contents: (from = 0): Range => ({ from: KEYS.content(from), to: Buffer.from('d') }),
  subtrees: (): Range => ({ from: Buffer.from('t'), to: Buffer.from('u') }),
  sessions: (before?: SessionId): Range => ({
    from: Buffer.from('s'),
    // `system` sorts behind every ULID and is no session that a list shows.
    to: KEYS.session(before ?? SYSTEM),
  }),
  runs: (id: SessionId, from = 0): Range => ({ from: KEYS.run(id, from), to: Buffer.from(`r${id}\x01`) }),
  searches: (id: SessionId): Range => ({ from: KEYS.search(id, 0), to: Buffer.from(`x${id}\x01`) }),
  /** Before the event at `before`. */
  mentions: (term: Uint8Array, before: number): Range => ({
    from: mention(term, 0),
    to: mention(term, before),
  }),
  allMentions: (): Range => ({ from: Buffer.from('b'), to: Buffer.from('c') }),
  subjects: (): Range => ({ from: Buffer.from('q'), to: Buffer.from('r') }),
  /** Before the session `before`. */
  sessionsOf: (subject: Uint8Array, before: SessionId = SYSTEM): Range => ({
    from: sessionOf(subject, ''),
    to: sessionOf(subject, before),
  }),
  allSessionsOf: (): Range => ({ from: Buffer.from('p'), to: Buffer.from('q') }),
  allRuns: (): Range => ({ from: Buffer.from('r'), to: Buffer.from('s') }),
  allSearches: (): Range => ({ from: Buffer.from('x'), to: Buffer.from('y') }),
  allSessions: (): Range => ({ from: Buffer.from('s'), to: Buffer.from('t') }),
  /** Where no record of ours is. */
  nothing: (): Range[] => [
    { from: Buffer.alloc(0), to: Buffer.from('b') },
    { from: Buffer.from('d'), to: Buffer.from('i') },
    { from: Buffer.from('i\0'), to: Buffer.from('j') },
    { from: Buffer.from('j\0'), to: Buffer.from('l') },
    { from: Buffer.from('m\0'), to: Buffer.from('p') },
    { from: Buffer.from('u'), to: Buffer.from('x') },
    { from: Buffer.from('y'), to: Buffer.alloc(64, 0xff) },
  ],
} as const;

function sessionOf(subject: Uint8Array, id: SessionId): Buffer {
  return Buffer.concat([Buffer.from('p'), subject, Buffer.from(id, 'latin1')]);
}

/** The number at the end of a key. */
export function numberIn(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUIntBE(
    key.length - NUMBER_BYTES,
    NUMBER_BYTES,
  );
}

/** A run's value: the index of its first event, and how many there are. */
export function encodeRun(run: { index: number; count: number }): Buffer {
  const out = Buffer.allocUnsafe(2 * NUMBER_BYTES);
  out.writeUIntBE(run.index, 0, NUMBER_BYTES);
  out.writeUIntBE(run.count, NUMBER_BYTES, NUMBER_BYTES);
  return out;
}

export function decodeRun(value: Uint8Array): { index: number; count: number } {
  const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (view.length !== 2 * NUMBER_BYTES) return { index: 0, count: 0 };
  return { index: view.readUIntBE(0, NUMBER_BYTES), count: view.readUIntBE(NUMBER_BYTES, NUMBER_BYTES) };
}

function mention(term: Uint8Array, n: number): Buffer {
  const out = Buffer.allocUnsafe(1 + TERM_BYTES + NUMBER_BYTES);
  out.write('b', 0, 'latin1');
  out.set(term, 1);
  out.writeUIntBE(n, 1 + TERM_BYTES, NUMBER_BYTES);
  return out;
}

function numbered(prefix: string, n: number): Buffer {
  const out = Buffer.allocUnsafe(prefix.length + NUMBER_BYTES);
  out.write(prefix, 0, 'latin1');
  out.writeUIntBE(n, prefix.length, NUMBER_BYTES);
  return out;
}

/** What the records between two keys are, for a person. Keys in an index may be shortened. */
export function describeKeys({ from, to }: { from: Uint8Array; to: Uint8Array }): string {
  const kind = String.fromCharCode(to[0] ?? 0);
  const same = from[0] === to[0];
  switch (kind) {
    case 'l':
      return `events ${same ? paddedNumber(from) : 0} to ${paddedNumber(to)} of the log`;
    case 'c':
      return `the content of events ${same ? paddedNumber(from) : 0} to ${paddedNumber(to)} of the log`;
    case 'b':
      return 'the index of what events speak of';
    case 'r':
    case 's':
    case 'x':
      return `the lists of sessions up to ${Buffer.from(to).toString('latin1', 1, 27).replaceAll(END, '')}`;
    default:
      return 'records of several kinds';
  }
}

/** The number of a key that may have lost its end. */
export function paddedNumber(key: Uint8Array): number {
  return numberIn(Buffer.concat([key, Buffer.alloc(NUMBER_BYTES)]).subarray(0, 1 + NUMBER_BYTES));
}
