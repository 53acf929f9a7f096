/**
 * How much output may wait for the journal and for its receiver, over all sessions of this process: a flood that is alone gets
 * much, for each hop costs the same whatever it carries; many at once get little each, so that a hundred need not much
 * more than a few do.
 */

/** The content of one event: small enough to be found and shown alone. */
export const EVENT_BYTES = 1 << 16;

export interface Share {
  /** What goes to the journal without waiting for more. */
  chunk: number;
  /** What may wait; the source stops above. */
  most: number;
}

export const LARGE: Share = { chunk: 4 * EVENT_BYTES, most: 16 * EVENT_BYTES };
export const SMALL: Share = { chunk: EVENT_BYTES, most: 3 * EVENT_BYTES };
/** So many have much. */
const FEW = 12;

let waiting = 0;

/** Output begins to wait. */
export function enter(): void {
  waiting += 1;
}

/** None of it waits any more. */
export function leave(): void {
  waiting -= 1;
}

/** What each of them has now. */
export function share(): Share {
  return waiting > FEW ? SMALL : LARGE;
}
