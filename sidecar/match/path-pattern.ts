/** Path globs of rules against the paths that a command touches. */

import { type Glob, glob, overlap } from '../../recorder/glob.ts';
import type { PathRole, SimpleCommand, Touch } from '../action.ts';
import { quoteGlob } from './path.ts';
import { MAYBE, NO, type Tri, YES } from './tri.ts';

export interface PathCondition {
  role: PathRole;
  patterns: readonly PathPattern[];
  /** Only what is touched with everything below it. */
  recursive: boolean;
}

/** A path glob of a rule, ready to be asked often. */
export interface PathPattern {
  /** Its segments; below the home directory where it starts with `~`. */
  segments: readonly Segment[];
  fromHome: boolean;
}

/** @param pattern an absolute glob, or one that starts with `~` */
export function compilePath(pattern: string): PathPattern {
  const fromHome = pattern.startsWith('~');
  return { segments: segmentsOf(fromHome ? pattern.slice(1) : pattern), fromHome };
}

/**
 * Whether the command touches one of the paths in this role. Touching a directory with everything below it
 * touches what a pattern names below it. An unquoted glob counts as all that it could become.
 *
 * @param allows true for a rule that allows: then nothing else may be touched in this role, and a glob, which may
 *   become something else, only may match
 */
export function touches(
  { touches }: Pick<SimpleCommand, 'touches'>,
  { role, patterns, recursive }: PathCondition,
  home: string | undefined,
  allows: boolean,
): Tri {
  let answer: Tri | null = null;
  for (const touch of touches) {
    if (touch.role !== role) continue;
    const skipped = recursive && !touch.recursive;
    if (skipped && !allows) continue;
    const one = skipped ? NO : touchesOne(touch, patterns, home, allows);
    if (answer === null || (allows ? one < answer : one > answer)) answer = one;
    // Nothing after it changes that.
    if (answer === (allows ? NO : YES)) break;
  }
  return answer ?? NO;
}

/** The strongest answer over the patterns. */
function touchesOne(
  touch: Touch,
  patterns: readonly PathPattern[],
  home: string | undefined,
  allows: boolean,
): Tri {
  const path = touchedSegments(touch);
  const by = { home, allows };
  let best: Tri = NO;
  for (const pattern of patterns) {
    const answer = touchMatches(touch, path, pattern, by);
    if (answer === YES) return YES;
    if (answer > best) best = answer;
  }
  return best;
}

function touchMatches(
  touch: Touch,
  path: readonly Segment[],
  pattern: PathPattern,
  { home, allows: certain }: { home: string | undefined; allows: boolean },
): Tri {
  if (pattern.fromHome && home === undefined) return touch.certain && !touch.recursive ? NO : MAYBE;
  const rule = pattern.fromHome ? [...homeSegments(home!), ...pattern.segments] : pattern.segments;
  // Most paths part from most rules at the first segment.
  const [first] = path;
  if (first?.plain && rule[0]?.plain && first.text !== rule[0].text) return NO;
  // What is not known may be anything that a rule names whole trees by.
  if (first?.text === '**' && path.length === 1 && rule.length > 0) return MAYBE;
  // Above: deleting `/home` deletes `/home/agent`. For a rule that allows, only what it names.
  const hit = reaches(path, rule, touch.recursive && !certain);
  if (!hit) return NO;
  if (!touch.certain) return MAYBE;
  return certain && path.some((segment) => segment.glob.literal === null) ? MAYBE : YES;
}

/** What stands between two slashes, ready to be compared. */
interface Segment {
  text: string;
  /** Matches itself alone, as it is written. */
  plain: boolean;
  glob: Glob;
}

function segmentsOf(path: string): readonly Segment[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((text) => ({ text, plain: !/[*?[\\]/.test(text), glob: glob(text) }));
}

const touched = new WeakMap<Touch, readonly Segment[]>();

/** Each rule asks for the same path: split once. */
function touchedSegments(touch: Touch): readonly Segment[] {
  let known = touched.get(touch);
  if (known === undefined) {
    known = segmentsOf(touch.path);
    touched.set(touch, known);
  }
  return known;
}

/** The last home directory asked for: as a rule there is one. */
let lastHome: { path: string; segments: readonly Segment[] } = { path: '/', segments: [] };

function homeSegments(home: string): readonly Segment[] {
  if (lastHome.path !== home) {
    lastHome = { path: home, segments: segmentsOf(quoteGlob(home)) };
  }
  return lastHome.segments;
}

/**
 * True if some path matches both lists of segments; with `above`, also if one that matches `path` lies above
 * one that matches `rule`. `**` stands for any number of segments in either.
 */
function reaches(path: readonly Segment[], rule: readonly Segment[], above: boolean): boolean {
  const known = atOnce(path, rule, above);
  if (known !== null) return known;
  // Row by row over `path`: which places in `rule` can be reached.
  let row = new Uint8Array(rule.length + 1);
  row[0] = 1;
  closure(rule, row);
  for (const segment of path) {
    const next = new Uint8Array(rule.length + 1);
    if (segment.text === '**') next.fill(1, row.indexOf(1));
    else for (const [at, other] of rule.entries()) if (row[at]) step(segment, other, at, next);
    if (!next.includes(1)) return false;
    closure(rule, next);
    row = next;
  }
  return above || row[rule.length] === 1;
}

/** Most pairs are told apart, or known to meet, by their ends. Null where they are not. */
function atOnce(path: readonly Segment[], rule: readonly Segment[], above: boolean): boolean | null {
  for (let at = 0; at < path.length && at < rule.length; at++) {
    if (!path[at]!.plain || !rule[at]!.plain) break;
    if (path[at]!.text !== rule[at]!.text) return false;
  }
  const last = path.at(-1);
  const end = rule.at(-1);
  // Any beginning, then the rule's; and the rule's tail of any end: what stands between fits one way or the other.
  if (path[0]?.text === '**' && end?.text === '**') return true;
  return !above && last?.plain && end?.plain && last.text !== end.text ? false : null;
}

/** One segment of the path against the rule's at `at`. */
function step(segment: Segment, other: Segment, at: number, next: Uint8Array): void {
  if (other.text === '**') next[at] = 1;
  else if (segment.plain && other.plain ? segment.text === other.text : overlap(segment.glob, other.glob))
    next[at + 1] = 1;
}

/** `**` may stand for no segment. */
function closure(rule: readonly Segment[], places: Uint8Array): void {
  rule.forEach(({ text }, at) => {
    if (places[at] && text === '**') places[at + 1] = 1;
  });
}
