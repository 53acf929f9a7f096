/** Path globs of rules against the paths that a command touches. */
import type { PathRole, SimpleCommand, Touch } from '../action.ts';
import { glob, overlap } from './glob.ts';
import { MAYBE, NO, type Tri, YES } from './tri.ts';

export interface PathCondition {
  role: PathRole;
  /** Absolute globs, or such as start with `~`. */
  patterns: readonly string[];
  /** Only what is touched with everything below it. */
  recursive: boolean;
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

function touchMatches(touch: Touch, pattern: string, home: string | undefined, certain: boolean): Tri {
  const named = fromHome(pattern, home);
  const path = segments(touch.path);
  if (named === null) return touch.certain && !touch.recursive ? NO : MAYBE;
  const rule = segments(named);
  // Above: deleting `/home` deletes `/home/ann`. For a rule that allows, only what it names.
  const hit = reaches(path, rule, touch.recursive && !certain);
  if (!hit) return NO;
  if (!touch.certain) return MAYBE;
  return certain && path.some((segment) => glob(segment).literal === null) ? MAYBE : YES;
}

/** `~` in a rule is the home of who runs the command; null where that is not known. */
function fromHome(pattern: string, home: string | undefined): string | null {
  if (!pattern.startsWith('~')) return pattern;
  return home === undefined ? null : home.replace(/[*?[\]\\]/g, '\\$&') + pattern.slice(1);
}

const SPLIT_LIMIT = 4096;
const split = new Map<string, readonly string[]>();

function segments(path: string): readonly string[] {
  const known = split.get(path);
  if (known !== undefined) return known;
  const parts = path.split('/').filter((part) => part !== '');
  if (split.size >= SPLIT_LIMIT) split.clear();
  split.set(path, parts);
  return parts;
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
