/**
 * What Kubernetes wraps around a message: `k8s` and a NUL, then runtime.Unknown. Pure.
 *
 *     6b 38 73 00 | 1 typeMeta {1 apiVersion, 2 kind} | 2 raw | 3 contentEncoding | 4 contentType
 *
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import type { Json } from '../../../action.ts';
import { Unfit } from '../../refusal.ts';
import { decodeText } from '../json.ts';
import { decodeMessage, UnknownField } from './message.ts';
import { messageOf } from './schema.ts';
import { broken, fieldsOf } from './wire.ts';

const MAGIC = Buffer.from('k8s\0');

export interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

/** @throws Unfit */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw broken('it does not begin with `k8s` and a NUL');
  const fields = single(bytes.subarray(MAGIC.length));
  for (const number of [3, 4]) {
    if ((fields.get(number)?.length ?? 0) > 0) throw broken('its content has an encoding of its own');
  }
  const type = single(fields.get(1) ?? new Uint8Array());
  const text = (number: number) => decodeText(type.get(number) ?? new Uint8Array());
  return { apiVersion: text(1), kind: text(2), raw: fields.get(2) ?? new Uint8Array() };
}

/** Fields of bytes, each once. */
function single(bytes: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  for (const { number, value } of fieldsOf(bytes)) {
    if (fields.has(number))
      throw new Unfit('body-duplicate', 'a field stands twice around the message of the body');
    if (typeof value === 'bigint') throw broken('a number where bytes belong');
    fields.set(number, value);
  }
  return fields;
}

/**
 * The object as it would be in JSON; null where the kind, or a field of it, is not known here.
 * @throws Unfit where it is broken
 */
export function decodeProtobuf(bytes: Uint8Array): Json | null {
  const { apiVersion, kind, raw } = openEnvelope(bytes);
  const name = messageOf(apiVersion, kind);
  if (name === null) return null;
  try {
    return { apiVersion, kind, ...decodeMessage(name, raw) };
  } catch (error) {
    if (error instanceof UnknownField) return null;
    throw error;
  }
}
