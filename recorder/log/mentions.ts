/**
 * The index by what events speak of (see `termsOf`): kept with each batch, and made afterwards for what former versions
 * stored. It is none of the evidence: each place that it gives is looked up in the log, and `verify` holds it against that.
 */
import { hash } from 'node:crypto';
import type { AuditEvent } from '../audit/event.ts';
import { type Term, termsOf } from '../audit/terms.ts';
import { KEYS, numberIn, RANGES, TERM_BYTES } from '../store/keys.ts';
import type { Entry, Reader, Store, Write } from '../store/store.ts';
import type { Mention } from './ports.ts';
import { decodeStored } from './reader.ts';
import { storedSize } from './stored-tree.ts';

/** Events that are read at once. */
const STRIDE = 512;
/** The value of each: that it is there. */
export const HERE = Buffer.from('.');

/** Keys of the index for an event that stands at `index`. */
export function mentionKeys(event: AuditEvent, index: number): Buffer[] {
  return termsOf(event).map((term) => KEYS.mention(keyOf(term), index));
}

export function mentionWrites(event: AuditEvent, index: number): Write[] {
  return mentionKeys(event, index).map((key) => ({ key, value: HERE }));
}

/** Terms are of any length, and keys are not. */
function keyOf(term: Term): Buffer {
  return hash('sha256', JSON.stringify(term), 'buffer').subarray(0, TERM_BYTES);
}

/** From which event on the index is kept; `never` where that has not begun, `damaged` where it cannot be told. */
export function mentionsFrom(store: Reader): Promise<number | 'never' | 'damaged'> {
  return keptFrom(store, KEYS.mentionsFrom);
}

/** The same of any index that says it under this key. */
export async function keptFrom(store: Reader, key: Uint8Array): Promise<number | 'never' | 'damaged'> {
  const value = await store.get(key);
  if (value === undefined) return 'never';
  const [from = '', again] = Buffer.from(value).toString('latin1').split(' ');
  return from === again && /^\d{1,15}$/.test(from) ? Number(from) : 'damaged';
}

export function mentionsBegin(index: number): Write {
  return keptSince(KEYS.mentionsFrom, index);
}

/** Said twice: nothing else in the store says it again. */
export function keptSince(key: Uint8Array, index: number): Write {
  return { key, value: Buffer.from(`${index} ${index}`) };
}

/**
 * Makes the index for what was stored before there was one, newest first; each step is kept, so it goes on where it was
 * left. Memory: one stride.
 */
export async function completeMentions(store: Store, signal?: AbortSignal): Promise<void> {
  const begun = await mentionsFrom(store);
  // What cannot be told is made anew; what is there already stays as it is.
  let end = typeof begun === 'number' ? begun : await storedSize(store);
  while (end > 0) {
    signal?.throwIfAborted();
    const from = Math.max(0, end - STRIDE);
    const places = Array.from({ length: end - from }, (_, at) => from + at);
    const values = await store.getMany(places.map(KEYS.event));
    const writes = values.flatMap((value, at) =>
      value === undefined ? [] : mentionWrites(decodeStored(value), from + at),
    );
    await store.write([...writes, mentionsBegin(from)]);
    end = from;
  }
}

/** Events that speak of a term, the newest first. @param before index in the log */
export async function* mentions(
  store: Reader,
  term: Term,
  before = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<Mention> {
  const to = Math.min(before, 2 ** 48 - 1);
  let window: Entry[] = [];
  for await (const entry of store.entries({ ...RANGES.mentions(keyOf(term), to), reverse: true })) {
    window.push(entry);
    if (window.length < WINDOW) continue;
    yield* looked(store, term, window);
    window = [];
  }
  yield* looked(store, term, window);
}

const WINDOW = 16;

/** Two terms may share a key: the event says which it was. */
async function* looked(store: Reader, term: Term, window: readonly Entry[]): AsyncGenerator<Mention> {
  const places = window.map(({ key }) => numberIn(key));
  const values = await store.getMany(places.map(KEYS.event));
  const wanted = JSON.stringify(term);
  for (const [at, value] of values.entries()) {
    if (value === undefined) continue;
    const event = decodeStored(value);
    if (termsOf(event).some((one) => JSON.stringify(one) === wanted)) yield { index: places[at]!, event };
  }
}
