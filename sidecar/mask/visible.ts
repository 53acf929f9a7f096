/**
 * What a reader sees of terminal output: its text without the escape sequences and line ends between, so that a value
 * is found though colours or a break stand within it. Pure.
 *
 *     raw      p a ESC [ 3 1 m s s CR LF w o r d
 *     visible  p a             s s       w o r d
 *
 * Sequences: CSI and the short ones (ECMA-48 §5.4; https://ecma-international.org/publications-and-standards/standards/ecma-48/).
 * Of the strings (OSC, DCS) only what opens them is left out: what is in them may hold a value as well.
 */

export interface Visible {
  text: Uint8Array;
  /** Where a visible byte stands in the raw ones. `at` may be the text's length. */
  raw(at: number): number;
  /** Where an escape sequence begins that is not over at the end; the raw length where there is none. */
  open: number;
}

const ESC = 0x1b;
const LF = 0x0a;
const CR = 0x0d;
/** Longer ones are no sequences. */
const MAX_SEQUENCE = 64;

export function visible(bytes: Uint8Array): Visible {
  const text = new Uint8Array(bytes.length);
  /** From this visible place on … */
  const ats: number[] = [];
  /** … the raw place is that much further. */
  const shifts: number[] = [];
  let length = 0;
  let open = bytes.length;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!;
    if (byte !== LF && byte !== CR && byte !== ESC) {
      text[length++] = byte;
      at++;
      continue;
    }
    const end = byte === ESC ? endOfSequence(bytes, at) : at + 1;
    if (end === null) open = at;
    at = end ?? bytes.length;
    if (ats.at(-1) === length) shifts[shifts.length - 1] = at - length;
    else {
      ats.push(length);
      shifts.push(at - length);
    }
  }
  return { text: text.subarray(0, length), raw: (at) => at + shiftAt(ats, shifts, at), open };
}

function shiftAt(ats: readonly number[], shifts: readonly number[], at: number): number {
  let low = 0;
  for (let high = ats.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (ats[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : shifts[low - 1]!;
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
