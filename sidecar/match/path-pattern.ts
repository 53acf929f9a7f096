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
  /** It starts with `~`. */
  fromHome: boolean;
  /** Its segments for who is at home there. */
  under(home: string | undefined): readonly Segment[];
  /** The same for whose home is not known, as in a container: where homes usually are. */
  usual: readonly (readonly Segment[])[];
}

const USUAL_HOMES = ['/root', '/home/*'];

/** @param pattern an absolute glob, or one that starts with `~` */
export function compilePath(pattern: string): PathPattern {
  if (!pattern.startsWith('~')) {
    const whole = segmentsOf(pattern);
    return { fromHome: false, under: () => whole, usual: [] };
  }
  // As a rule there is one home.
  let last: { home: string | undefined; segments: readonly Segment[] } | null = null;
  const under = (home: string | undefined) => {
    if (last === null || last.home !== home)
      last = { home, segments: segmentsOf(`${quoteGlob(home ?? '')}/${pattern.slice(1)}`) };
    return last.segments;
  };
  const usual = USUAL_HOMES.map((home) => segmentsOf(`${home}/${pattern.slice(1)}`));
  return { fromHome: true, under, usual };
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
  const paths = segmentsOfAll(touches);
  for (let at = 0; at < touches.length; at++) {
    const touch = touches[at]!;
    if (touch.role !== role) continue;
    const skipped = recursive && !touch.recursive;
    // What only may be touched adds nothing to what only may match.
    if (!allows && (skipped || (answer === MAYBE && !touch.certain))) continue;
    const one = skipped ? NO : touchesOne(touch, paths[at]!, patterns, { home, allows });
    if (answer === null || (allows ? one < answer : one > answer)) answer = one;
    // Nothing after it changes that.
    if (answer === (allows ? NO : YES)) break;
  }
  return answer ?? NO;
}

/** The strongest answer over the patterns. */
function touchesOne(
  touch: Touch,
  path: readonly Segment[],
  patterns: readonly PathPattern[],
  { home, allows }: { home: string | undefined; allows: boolean },
): Tri {
  let best: Tri = NO;
  for (const pattern of patterns) {
    const unplaced = pattern.fromHome && home === undefined;
    const answer = unplaced
      ? below(touch, path, pattern, allows)
      : touchMatches(touch, path, pattern.under(home), allows);
    if (answer === YES || (answer === MAYBE && !touch.certain)) return answer;
    if (answer > best) best = answer;
  }
  return best;
}

/** Below a home directory that is not known: what is no usual one is not taken for one, but nothing is allowed by that. */
function below(
  { certain, recursive }: Touch,
  path: readonly Segment[],
  { usual }: PathPattern,
  allows: boolean,
): Tri {
  if (allows) return certain && !recursive ? NO : MAYBE;
  return usual.some((rule) => reaches(path, rule, recursive)) ? MAYBE : NO;
}

/** @param certainly only what the rule names itself, and nothing else that it may become */
function touchMatches(
  touch: Touch,
  path: readonly Segment[],
  rule: readonly Segment[],
  certainly: boolean,
): Tri {
  // A rule about a name in whatever directory says nothing of names that nobody knows.
  if (touch.unnamed && rule[0]?.text === '**') return NO;
  if (apart(path[0], rule[0])) return NO;
  // What is not known may be anything that a rule names whole trees by.
  if (path.length === 1 && path[0]!.text === '**' && rule.length > 0) return MAYBE;
  // Above: deleting `/home` deletes `/home/agent`. For a rule that allows, only what it names.
  const hit = reaches(path, rule, touch.recursive && !certainly);
  if (!hit) return NO;
  if (!touch.certain) return MAYBE;
  return certainly && path.some(({ glob }) => glob !== null && glob.literal === null) ? MAYBE : YES;
}

/** Most rules are about another tree than most paths. */
function apart(here: Segment | undefined, there: Segment | undefined): boolean {
  if (here === undefined || there === undefined || here.text === there.text) return false;
  return here.plain && there.plain;
}

/** What stands between two slashes, ready to be compared. */
interface Segment {
  text: string;
  /** Null where it matches itself alone, as it is written. */
  glob: Glob | null;
  /** Neither a glob nor any number of segments. */
  plain: boolean;
}

const SIGN = /[*?[\\]/;

function segmentsOf(path: string): readonly Segment[] {
  const plain = !SIGN.test(path);
  const segments: Segment[] = [];
  for (const text of path.split('/')) {
    if (text === '') continue;
    const isPlain = plain || !SIGN.test(text);
    segments.push({ text, glob: isPlain ? null : glob(text), plain: isPlain });
  }
  return segments;
}

/** Each rule asks for the paths of the same command: split once. */
function segmentsOfAll(touches: readonly Touch[]): readonly (readonly Segment[])[] {
  if (last.touches !== touches) last = { touches, paths: touches.map(({ path }) => segmentsOf(path)) };
  return last.paths;
}

let last: { touches: readonly Touch[]; paths: readonly (readonly Segment[])[] } = { touches: [], paths: [] };

/**
 * True if some path matches both lists of segments; with `above`, also if one that matches `path` lies above
 * one that matches `rule`. `**` stands for any number of segments in either.
 */
function reaches(path: readonly Segment[], rule: readonly Segment[], above: boolean): boolean {
  const known = sideBySide(path, rule, above);
  if (known !== null) return known;
  // Row by row over `path`: which places in `rule` can be reached.
  let row = new Uint8Array(rule.length + 1);
  let next = new Uint8Array(rule.length + 1);
  row[0] = 1;
  closure(rule, row);
  for (const segment of path) {
    next.fill(0);
    if (segment.text === '**') next.fill(1, row.indexOf(1));
    else for (let at = 0; at < rule.length; at++) if (row[at]) step(segment, rule[at]!, at, next);
    if (!next.includes(1)) return false;
    closure(rule, next);
    [row, next] = [next, row];
  }
  return above || row[rule.length] === 1;
}

/** Most pairs are told apart, or known to meet, before a `**` leaves open what stands beside what. Null where they are not. */
function sideBySide(path: readonly Segment[], rule: readonly Segment[], above: boolean): boolean | null {
  for (let at = 0; ; at++) {
    const here = path[at];
    const there = rule[at];
    // What is left of the path lies below.
    if (there?.text === '**' && (above || at === rule.length - 1)) return true;
    if (here === undefined) return above || there === undefined ? true : there.text === '**' ? null : false;
    if (here.text === '**' || there?.text === '**') break;
    if (there === undefined || !sameSegment(here, there)) return false;
  }
  // Any beginning, then the rule's; and the rule's tail of any end: what stands between fits one way or the other.
  if (path[0]?.text === '**' && rule.at(-1)?.text === '**') return true;
  return above || endsAlike(path, rule) ? null : false;
}

function endsAlike(path: readonly Segment[], rule: readonly Segment[]): boolean {
  for (let back = 1; ; back++) {
    const here = path.at(-back);
    const there = rule.at(-back);
    if (here === undefined || there === undefined || here.text === '**' || there.text === '**') return true;
    if (!sameSegment(here, there)) return false;
  }
}

function sameSegment(a: Segment, b: Segment): boolean {
  if (a.glob === null && b.glob === null) return a.text === b.text;
  return overlap(a.glob ?? glob(a.text), b.glob ?? glob(b.text));
}

/** One segment of the path against the rule's at `at`. */
function step(segment: Segment, other: Segment, at: number, next: Uint8Array): void {
  if (other.text === '**') next[at] = 1;
  else if (sameSegment(segment, other)) next[at + 1] = 1;
}

/** `**` may stand for no segment. */
function closure(rule: readonly Segment[], places: Uint8Array): void {
  for (let at = 0; at < rule.length; at++) if (places[at] && rule[at]!.text === '**') places[at + 1] = 1;
}
