/** Which object a request made, changed or deleted, as the API server's answer names it. Pure. */
import type { ChangedObject, RequestInfo } from '../../recorder/audit/request.ts';
import type { Json } from '../action.ts';
import { decodeProtobuf } from './body/protobuf/envelope.ts';
import { JSON_TYPE, PROTOBUF_TYPE } from './media-type.ts';

const WRITES = new Set(['create', 'update', 'patch', 'delete']);
/** Names are of 253 characters at most, UIDs of 36. */
const LONGEST = 256;

export interface Answered {
  status: number;
  /** Media type without parameters. */
  type: string;
  bytes: Uint8Array;
}

/** Null where nothing was changed, or the answer does not name one object. */
export function changedObject(
  { verb, group, resource, namespace, name }: RequestInfo,
  answer: Answered,
): ChangedObject | null {
  if (!WRITES.has(verb) || resource === '' || answer.status < 200 || answer.status > 299) return null;
  const object = decoded(answer);
  // A deletion is answered by the object, or by a Status that names it.
  const named =
    memberOf(object, 'kind') === 'Status' ? memberOf(object, 'details') : memberOf(object, 'metadata');
  const uid = textOf(memberOf(named, 'uid'));
  const said = textOf(memberOf(named, 'name')) || name;
  return uid === '' || said === '' ? null : { group, resource, namespace, name: said, uid };
}

function decoded({ type, bytes }: Answered): Json | null {
  try {
    if (type === JSON_TYPE) return JSON.parse(Buffer.from(bytes).toString('utf8'));
    return type === PROTOBUF_TYPE ? decodeProtobuf(bytes) : null;
  } catch {
    return null;
  }
}

function memberOf(value: Json | null | undefined, member: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, member) ? value[member] : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' && value.length <= LONGEST ? value : '';
}
