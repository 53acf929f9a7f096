/** The values at a path in an object. Pure; bounded, for the object comes from outside. */
import type { Json } from '../action.ts';
import type { Segment } from '../mask/path.ts';

/** Values that are looked at for one path. */
const MOST = 10_000;

/** Texts, numbers, booleans and null as text; null where there are more than can be looked at. */
export function valuesAt(object: Json, path: readonly Segment[]): string[] | null {
  let found: Json[] = [object];
  for (const segment of path) {
    found = found.flatMap((value) => step(value, segment));
    if (found.length > MOST) return null;
  }
  return leaves(found);
}

function step(value: Json, segment: Segment): Json[] {
  if (value === null || typeof value !== 'object') return [];
  switch (segment.kind) {
    case 'member':
      return Object.hasOwn(value, segment.name) ? [(value as Record<string, Json>)[segment.name]!] : [];
    case 'members':
      return Array.isArray(value) ? [] : Object.values(value);
    case 'elements':
      return Array.isArray(value) ? value : [];
    case 'matching':
      return Array.isArray(value) ? value.filter((one) => isMatched(one, segment)) : [];
  }
}

function isMatched(element: Json, { name, matches }: Extract<Segment, { kind: 'matching' }>): boolean {
  if (element === null || typeof element !== 'object' || !Object.hasOwn(element, name)) return true;
  const member = (element as Record<string, Json>)[name];
  return typeof member !== 'string' || matches(member);
}

/** A path to an object or a list stands for every value below it. */
function leaves(roots: readonly Json[]): string[] | null {
  const texts: string[] = [];
  const rest = [...roots];
  for (let seen = 0; rest.length > 0; seen++) {
    if (seen > MOST || rest.length > MOST) return null;
    const value = rest.pop()!;
    if (value !== null && typeof value === 'object') rest.push(...Object.values(value));
    else texts.push(typeof value === 'string' ? value : JSON.stringify(value));
  }
  return texts;
}
