/** When a message that did not arrive is tried again. Pure. */

export interface Patience {
  /** Milliseconds to the second attempt; each time three times as long, */
  first: number;
  /** but no longer than this. */
  longest: number;
  /** Attempts at one message. */
  attempts: number;
  /** Milliseconds after which nobody cares for it any more. */
  age: number;
}

/** About an hour, at most six of them where the recorder was away meanwhile. */
export const PATIENCE: Patience = { first: 1000, longest: 600_000, attempts: 12, age: 6 * 3_600_000 };

/**
 * Milliseconds to wait after so many attempts; null where it is given up.
 * @param chance from 0 to 1: half of the time is left to it, so that not all come back at once
 * @param asked what the receiver asked for
 */
export function delayAfter(
  attempts: number,
  { first, longest, attempts: most }: Patience,
  { chance, asked }: { chance: number; asked: number },
): number | null {
  if (attempts >= most) return null;
  const full = Math.min(longest, first * 3 ** (attempts - 1));
  return Math.max(full * (0.5 + chance / 2), Math.min(asked, longest));
}
