/** What is different between two texts, line by line, with a little around it. Pure. */
import { diffLines } from 'diff';

export interface Line {
  kind: 'added' | 'removed' | 'same' | 'gap';
  text: string;
}

/** Characters of both texts that are compared: what takes time is what they do not have in common. */
const MOST_COMPARED = 400_000;
/** Lines that may differ: the time it takes grows with their square. */
const MOST_EDITS = 4000;
/** Lines shown around what changed. */
const AROUND = 2;

export const SIGNS: Record<Line['kind'], string> = { added: '+', removed: '−', same: ' ', gap: '⋯' };

/** Null where they cannot be compared in reasonable time. */
export function lineDiff(before: string, after: string): Line[] | null {
  if (before.length + after.length > MOST_COMPARED) return null;
  const changes = diffLines(before, after, { maxEditLength: MOST_EDITS });
  if (changes === undefined) return null;
  const lines = changes.flatMap(({ added, removed, value }) => {
    const kind = added ? 'added' : removed ? 'removed' : 'same';
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): Line => ({ kind, text }));
  });
  return nearChanges(lines);
}

/** The same of two objects; null for one that is not there. */
export function objectDiff(before: unknown, after: unknown): Line[] | null {
  const text = (object: unknown) => (object === null ? '' : `${JSON.stringify(object, null, 2)}\n`);
  return lineDiff(text(before), text(after));
}

function nearChanges(lines: readonly Line[]): Line[] {
  const near = new Set<number>();
  for (const [at, { kind }] of lines.entries()) {
    if (kind === 'same') continue;
    for (let place = at - AROUND; place <= at + AROUND; place++) near.add(place);
  }
  const last = Math.max(-1, ...near);
  return lines.flatMap((line, at) => {
    if (near.has(at)) return [line];
    return near.has(at - 1) && at < last ? [{ kind: 'gap' as const, text: '' }] : [];
  });
}
