/** Where two objects of the API differ, apart from what the server keeps for itself. Pure. */
import { isObject } from '../../../recorder/json.ts';
import type { Json } from '../../action.ts';

/** A place in the object that would be another; a side is left out where it has nothing there. */
export interface Difference {
  /** Names and indices on the way to it. */
  at: readonly string[];
  before?: Json;
  after?: Json;
}

/** Changes with every write, or is made anew for every object; the UID is looked at by itself. */
const OF_SERVER = new Set([
  ...['managedFields', 'resourceVersion', 'generation', 'selfLink'],
  ...['uid', 'creationTimestamp'],
]);
/** Writes to these are about nothing but the status. */
const STATUS_WRITES = new Set(['status', 'approval']);

/** The object without what changes by itself: nobody approves of that, and a busy object would void every approval. */
export function settled(object: Json, subresource: string): Json {
  if (!isObject(object)) return object;
  const { metadata, status, ...rest } = object;
  const kept = Object.entries(isObject(metadata) ? metadata : {}).filter(([name]) => !OF_SERVER.has(name));
  return {
    ...rest,
    ...(metadata !== undefined && { metadata: Object.fromEntries(kept) }),
    ...(status !== undefined && STATUS_WRITES.has(subresource) && { status }),
  };
}

/** In an order of its own. @throws RangeError for what is nested too deeply to be looked through */
export function differences(before: Json | undefined, after: Json | undefined): Difference[] {
  return [...between(before, after, [])];
}

function* between(
  before: Json | undefined,
  after: Json | undefined,
  at: readonly string[],
): Generator<Difference> {
  if (before === after) return;
  if (isObject(before) && isObject(after)) {
    for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort())
      yield* between(member(before, name), member(after, name), [...at, name]);
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, item] of before.entries()) yield* between(item, after[index], [...at, `${index}`]);
  } else if (JSON.stringify(before) !== JSON.stringify(after))
    yield { at, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

/** The object with `instead` at these places of it; what it does not have it does not get. */
export function replaced(object: Json, places: readonly (readonly string[])[], instead: Json): Json {
  return places.reduce((now, place) => replacedAt(now, place, instead), object);
}

function replacedAt(value: Json, [name, ...rest]: readonly string[], instead: Json): Json {
  if (name === undefined) return instead;
  if (Array.isArray(value))
    return value.map((item, index) => (`${index}` === name ? replacedAt(item, rest, instead) : item));
  if (!isObject(value) || !Object.hasOwn(value, name)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([own, item]) => [own, own === name ? replacedAt(item, rest, instead) : item]),
  );
}

function member(object: { [member: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
