/**
 * What a body writes, and where, whatever its encoding: an object, a patch that looks like a part of it, or JSON patch.
 * Pure.
 *
 * https://www.rfc-editor.org/rfc/rfc6902 (JSON patch), https://www.rfc-editor.org/rfc/rfc7386 (merge patch)
 */
import type { Json, KubeAction } from '../../action.ts';

/** Stands for a value that only the server could tell: what an operation copies, or a body that nobody can read. */
export const OPAQUE = Symbol('opaque');

/** A place that is written, with all that lies below it written too. */
export interface Spot {
  /** Member's name, or place in a list; empty for the whole object. */
  key: string;
  parent: Spot | null;
  /** True for the place that an operation of a JSON patch names: what was there goes, and with it what is not said anew. */
  replaced: boolean;
  value: Json | typeof OPAQUE;
}

const remembered = new WeakMap<KubeAction, readonly Spot[]>();

/** Every place that the request writes, outermost first. */
export function spotsOf(action: KubeAction): readonly Spot[] {
  const known = remembered.get(action);
  if (known !== undefined) return known;
  const spots = rootsOf(action);
  // The list grows while it is walked.
  for (let at = 0; at < spots.length; at++) spread(spots[at]!, spots);
  remembered.set(action, spots);
  return spots;
}

function spread(spot: Spot, into: Spot[]): void {
  const { value } = spot;
  if (value === OPAQUE || value === null || typeof value !== 'object') return;
  for (const key of Object.keys(value)) {
    into.push({ key, parent: spot, replaced: false, value: (value as { [member: string]: Json })[key]! });
  }
}

function rootsOf({ body }: KubeAction): Spot[] {
  if (body === null) return [];
  if (body.object === null) return [at([], OPAQUE)];
  if (body.summary.type !== 'application/json-patch+json') return [at([], body.object, false)];
  return Array.isArray(body.object) ? body.object.flatMap(operation) : [at([], OPAQUE)];
}

/** One operation of a JSON patch. What it removes is written as null. */
function operation(json: Json): Spot[] {
  const { op, path, from, value } = membersOf(json);
  if (typeof path !== 'string') return [at([], OPAQUE)];
  const place = pointer(path);
  switch (op) {
    case 'test':
      return [];
    case 'add':
    case 'replace':
      return [at(place, value ?? null)];
    case 'remove':
      return [at(place, null)];
    case 'copy':
      return [at(place, OPAQUE)];
    case 'move':
      return typeof from === 'string' ? [at(place, OPAQUE), at(pointer(from), null)] : [at([], OPAQUE)];
    default:
      return [at([], OPAQUE)];
  }
}

/** What stands in front of the first slash counts for nothing on the server. */
function pointer(path: string): string[] {
  return path.split('/').slice(1).map(unescaped);
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function at(path: readonly string[], value: Spot['value'], replaced = true): Spot {
  let parent: Spot | null = null;
  // What lies above is not written: it stands there for the path alone.
  const names = ['', ...path];
  for (const key of names.slice(0, -1)) parent = { key, parent, value: null, replaced: false };
  return { key: names.at(-1)!, parent, value, replaced };
}

/** The members of an object; none for anything else. */
export function membersOf(value: Spot['value']): { readonly [member: string]: Json | undefined } {
  return value === OPAQUE || value === null || typeof value !== 'object' || Array.isArray(value) ? {} : value;
}

/** The names above it, nearest first. */
export function* above({ parent }: Spot): Generator<string> {
  for (let spot = parent; spot !== null; spot = spot.parent) yield spot.key;
}

/** True where it lies somewhere below a member of that name. */
export function isBelow(spot: Spot, name: string): boolean {
  for (const key of above(spot)) if (key === name) return true;
  return false;
}

/** `list[…].key`: the name of the list that the object around it is an item of. */
export function listAround({ parent }: Spot): string {
  return parent?.parent?.key ?? '';
}

/** What a boolean says when it is not set, or set to nothing. */
export function isOff(value: Spot['value']): boolean {
  return value === null || value === false || value === 'false' || value === '';
}
