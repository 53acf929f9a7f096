/**
 * A write that holds for one state of an object only: what was found out about it in a dry run stays true. Pure.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import type { Json } from '../../action.ts';
import type { MediaType } from '../media-type.ts';

export interface ObjectState {
  uid: string;
  resourceVersion: string;
}

/** Whether both are known, and the same. */
export function sameState(a: ObjectState | null, b: ObjectState | null): boolean {
  return a !== null && b !== null && a.uid === b.uid && a.resourceVersion === b.resourceVersion;
}

/** With which statuses the server refuses a write because the object is in another state than it was bound to. */
export function overtakenBy(type: MediaType): readonly number[] {
  // A failed test of a JSON patch is 422 there.
  return type === 'application/json-patch+json' ? [409, 422] : [409];
}

/** Null where the object does not say. */
export function stateOf(object: Json): ObjectState | null {
  const { uid, resourceVersion } = members(members(object).metadata);
  return typeof uid === 'string' && typeof resourceVersion === 'string' ? { uid, resourceVersion } : null;
}

/** Whether an object that is written says this state itself: the server refuses it in any other. */
export function saysState(object: Json, state: ObjectState): boolean {
  const { uid = state.uid, resourceVersion } = members(members(object).metadata);
  return resourceVersion === state.resourceVersion && uid === state.uid;
}

/**
 * The same write, refused by the server (see `overtakenBy`) where the object is in another state by then.
 *
 * @param body the decoded body
 * @returns null where none can be made: the body says another state, or is in an encoding that we do not write
 */
export function boundTo(state: ObjectState, type: MediaType, body: Json | null): Uint8Array | null {
  switch (type) {
    case 'application/json-patch+json':
      return Array.isArray(body) ? encoded([...tests(state), ...body]) : null;
    case 'application/json':
    case 'application/yaml':
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
    case 'application/apply-patch+yaml':
      return withState(state, body);
    case 'application/vnd.kubernetes.protobuf':
      return null;
  }
}

function tests({ uid, resourceVersion }: ObjectState): Json[] {
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
  ];
}

function withState(state: ObjectState, body: Json): Uint8Array | null {
  const object = members(body);
  const metadata = members(object.metadata);
  const differs = (name: keyof ObjectState) =>
    metadata[name] !== undefined && metadata[name] !== '' && metadata[name] !== state[name];
  if (object !== body || (object.metadata !== undefined && metadata !== object.metadata)) return null;
  if (differs('uid') || differs('resourceVersion')) return null;
  return encoded({ ...object, metadata: { ...metadata, ...state } });
}

function members(value: Json | undefined): { [member: string]: Json } {
  return value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)
    ? {}
    : value;
}

function encoded(body: Json): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}
