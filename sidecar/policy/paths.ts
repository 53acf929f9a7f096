/** Path globs of rules against the paths that a command touches. */
import type { PathRole, SimpleCommand, Touch } from '../action.ts';
import { quoteGlob } from '../command/path.ts';
import { glob, overlap } from './glob.ts';
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
  segments: readonly string[];
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
 * @param certain true for a rule that allows: then a glob, which may become something else, only may match
 */
export function touches(
  command: SimpleCommand,
  condition: PathCondition,
  home: string | undefined,
  certain: boolean,
): Tri {
  let best: Tri = NO;
  for (const touch of command.touches) {
    if (touch.role !== condition.role || (condition.recursive && !touch.recursive)) continue;
    for (const pattern of condition.patterns) {
      const answer = touchMatches(touch, pattern, home, certain);
      if (answer === YES) return YES;
      if (answer > best) best = answer;
    }
  }
  return best;
}

function touchMatches(touch: Touch, pattern: PathPattern, home: string | undefined, certain: boolean): Tri {
  const path = touchedSegments(touch);
  if (pattern.fromHome && home === undefined) return touch.certain && !touch.recursive ? NO : MAYBE;
  const rule = pattern.fromHome ? [...homeSegments(home!), ...pattern.segments] : pattern.segments;
  // Most paths part from most rules at the first segment.
  const [first] = path;
  if (first !== undefined && isPlain(first) && rule.length > 0 && isPlain(rule[0]!) && first !== rule[0])
    return NO;
  // Above: deleting `/home` deletes `/home/ann`. For a rule that allows, only what it names.
  const hit = reaches(path, rule, touch.recursive && !certain);
  if (!hit) return NO;
  if (!touch.certain) return MAYBE;
  return certain && path.some((segment) => glob(segment).literal === null) ? MAYBE : YES;
}

function isPlain(segment: string): boolean {
  return !/[*?[\\]/.test(segment);
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

const touched = new WeakMap<Touch, readonly string[]>();

/** Each rule asks for the same path: split once. */
function touchedSegments(touch: Touch): readonly string[] {
  let known = touched.get(touch);
  if (known === undefined) {
    known = segmentsOf(touch.path);
    touched.set(touch, known);
  }
  return known;
}

/** The last home directory asked for: as a rule there is one. */
let lastHome: { path: string; segments: readonly string[] } = { path: '/', segments: [] };

function homeSegments(home: string): readonly string[] {
  if (lastHome.path !== home) {
    lastHome = { path: home, segments: segmentsOf(quoteGlob(home)) };
  }
  return lastHome.segments;
}

/**
 * True if some path matches both lists of segments; with `above`, also if one that matches `path` lies above
 * one that matches `rule`. `**` stands for any number of segments in either.
 */
function reaches(path: readonly string[], rule: readonly string[], above: boolean): boolean {
  // Row by row over `path`: which places in `rule` can be reached.
  let row = closure(rule, new Set([0]));
  for (const segment of path) {
    const next = new Set<number>();
    for (const at of row) {
      const other = rule[at];
      if (segment === '**') for (let to = at; to <= rule.length; to++) next.add(to);
      else if (other === '**') next.add(at);
      else if (other !== undefined && overlap(glob(segment), glob(other))) next.add(at + 1);
    }
    if (next.size === 0) return false;
    row = closure(rule, next);
  }
  return above || row.has(rule.length);
}

/** `**` may stand for no segment. */
function closure(rule: readonly string[], places: Set<number>): Set<number> {
  for (let at = 0; at < rule.length; at++) if (places.has(at) && rule[at] === '**') places.add(at + 1);
  return places;
}
