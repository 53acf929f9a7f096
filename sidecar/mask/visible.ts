/**
 * Terminal output without its escape sequences, so that a value is found though colours stand within it. Pure.
 *
 *     raw      p a ESC [ 3 1 m s s CR LF w o r d
 *     text     p a             s s CR LF w o r d
 *
 * Sequences: CSI and the short ones (ECMA-48 §5.4; https://ecma-international.org/publications-and-standards/standards/ecma-48/).
 * Of the strings (OSC, DCS) only what opens them is left out: what is in them may hold a value as well.
 */
import { Gaps } from './gaps.ts';

export interface Visible {
  text: Uint8Array;
  /** Where a byte of the text stands in the raw ones. `at` may be the text's length. */
  raw(at: number): number;
  /** Where an escape sequence begins that is not over at the end; the raw length where there is none. */
  open: number;
}

const ESC = 0x1b;
/** Longer ones are no sequences. */
const MAX_SEQUENCE = 64;
/** So far a loop is quicker than a call that searches, and one that copies. */
const NEAR = 64;

export function visible(bytes: Uint8Array): Visible {
  if (!bytes.includes(ESC)) return { text: bytes, raw: (at) => at, open: bytes.length };
  const text = new Uint8Array(bytes.length);
  const gaps = new Gaps();
  let [at, length, open] = [0, 0, bytes.length];
  while (at < bytes.length) {
    const next = copyText(bytes, at, { text, length });
    length += next - at;
    if (next === bytes.length) break;
    const end = endOfSequence(bytes, next);
    if (end === null) open = next;
    at = end ?? bytes.length;
    gaps.add(length, at - length);
  }
  return { text: text.subarray(0, length), raw: (place) => gaps.raw(place), open };
}

/** Copies what stands before the next escape; returns where that is. */
function copyText(
  bytes: Uint8Array,
  from: number,
  { text, length }: { text: Uint8Array; length: number },
): number {
  const near = Math.min(bytes.length, from + NEAR);
  let at = from;
  for (let to = length; at < near && bytes[at] !== ESC; at++) text[to++] = bytes[at]!;
  if (at < near || at === bytes.length) return at;
  const next = bytes.indexOf(ESC, at);
  const end = next < 0 ? bytes.length : next;
  text.set(bytes.subarray(at, end), length + at - from);
  return end;
}

/** Behind the sequence that begins at `at`; null where its end is not here yet. */
export function endOfSequence(bytes: Uint8Array, at: number): number | null {
  const second = bytes[at + 1];
  if (second === undefined) return null;
  if (second === 0x5b) return endOf(bytes, at + 2, { from: 0x20, final: 0x40 });
  if (second >= 0x20 && second < 0x30) return endOf(bytes, at + 2, { from: 0x20, final: 0x30 });
  return second >= 0x30 && second <= 0x7e ? at + 2 : at + 1;
}

function endOf(
  bytes: Uint8Array,
  start: number,
  { from, final }: { from: number; final: number },
): number | null {
  for (let at = start; at < start + MAX_SEQUENCE; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    if (byte >= final && byte <= 0x7e) return at + 1;
    // It was broken off: what stands here begins anew.
    if (byte < from || byte >= final) return at;
  }
  return start;
}
