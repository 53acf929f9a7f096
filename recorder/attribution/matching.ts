/**
 * What a hook announced, matched with what a shell executed. Pure; the order in which they are handed in decides nothing.
 *
 *     announced ──same words, directory, conversation; soon──▶ executed        each is matched once
 *         └ left over: it ran nowhere that is recorded             └ left over: no hook told of it
 */
import type { Micros, SessionId } from '../audit/units.ts';

/** An event of the log. */
export interface Place {
  session: SessionId;
  seq: number;
  at: Micros;
}

/** A command that a hook asked about. */
export interface Announced extends Place {
  line: string;
  /** Empty where the hook did not tell. */
  cwd: string;
  conversation: string;
  allowed: boolean;
}

/** A command that a shell was about to run. */
export interface Executed extends Place {
  /** What it may be announced as: its line, or the words that a shell was started with. */
  lines: readonly string[];
  cwd: string;
  /** What the process claims; null where it claims nothing. */
  conversation: string | null;
  /** False where it was refused there. */
  allowed: boolean;
}

export interface Pair<A, E> {
  announced: A;
  executed: E;
}

export interface Matching<A, E> {
  pairs: Pair<A, E>[];
  /** Announced, and executed nowhere. */
  unexecuted: A[];
  /** Executed, and announced by no hook. */
  unannounced: E[];
}

export const WINDOW = {
  /** An execution follows its announcement within this: Cursor may ask its user in between. */
  after: 600_000_000,
  /** Clocks of two processes may differ by this. */
  skew: 2_000_000,
} as const satisfies Record<string, Micros>;

/**
 * The surest first: those that claim the announced conversation, then in the announced directory, then the others; the
 * earliest of each kind with the earliest. What an announcement was refused is matched only with what no other explains.
 */
export function match<A extends Announced, E extends Executed>(
  announced: readonly A[],
  executed: readonly E[],
): Matching<A, E> {
  const [open, left] = [inOrder(announced), inOrder(executed)];
  const pairs: Pair<A, E>[] = [];
  for (const fits of ROUNDS) {
    for (const one of [...open]) {
      const found = earliest(left, (other) => isLater(one, other) && isSame(one, other) && fits(one, other));
      if (found === null) continue;
      open.delete(one);
      left.delete(found);
      pairs.push({ announced: one, executed: found });
    }
  }
  return {
    pairs: pairs.sort((a, b) => compare(a.executed, b.executed)),
    unexecuted: [...open],
    unannounced: [...left],
  };
}

type Fits = (one: Announced, other: Executed) => boolean;

const claims: Fits = (one, other) => other.conversation === one.conversation && one.conversation !== '';
const isThere: Fits = (one, other) => one.cwd === other.cwd;
const isNotElsewhere: Fits = (one, other) => one.cwd === '' || other.cwd === '' || isThere(one, other);
const isAllowed: Fits = (one) => one.allowed;

const ROUNDS: readonly Fits[] = [
  (one, other) => isAllowed(one, other) && claims(one, other) && isThere(one, other),
  (one, other) => isAllowed(one, other) && claims(one, other),
  (one, other) => isAllowed(one, other) && isNotElsewhere(one, other),
  (one, other) => claims(one, other) || isNotElsewhere(one, other),
];

function isSame(one: Announced, other: Executed): boolean {
  const speaksOfAnother = other.conversation !== null && one.conversation !== '' && !claims(one, other);
  return !speaksOfAnother && other.lines.some((line) => line.trim() === one.line.trim());
}

function isLater(one: Place, other: Place): boolean {
  return other.at >= one.at - WINDOW.skew && other.at <= one.at + WINDOW.after;
}

function earliest<E>(items: Iterable<E>, holds: (item: E) => boolean): E | null {
  for (const item of items) if (holds(item)) return item;
  return null;
}

/** Without repetition of the same event. */
function inOrder<T extends Place>(items: readonly T[]): Set<T> {
  const known = new Map(items.map((item) => [`${item.session} ${item.seq}`, item]));
  return new Set([...known.values()].sort(compare));
}

export function compare(a: Place, b: Place): number {
  return a.at - b.at || (a.session < b.session ? -1 : a.session > b.session ? 1 : a.seq - b.seq);
}
