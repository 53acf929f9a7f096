/**
 * The wire format of protocol buffers, read strictly: what Go's decoders truncate or let pass twice is refused. Pure.
 *
 *     message = { tag value }      tag = varint(field number << 3 | wire type)
 *     wire type 0: varint    1: 8 bytes    2: varint length, then that many bytes    5: 4 bytes
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
import { Unfit } from '../../refusal.ts';

export interface Field {
  number: number;
  /** Of wire types 0, 1 and 5, as it stands there; of wire type 2 the bytes. */
  value: bigint | Uint8Array;
}

const MAX_FIELD = 2 ** 29 - 1;

export function broken(what: string): Unfit {
  return new Unfit('body-syntax', `the protocol buffer in the body is broken: ${what}`);
}

/** @throws Unfit */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(cursor);
    const number = Number(tag >> 3n);
    if (number < 1 || number > MAX_FIELD) throw broken('a field number is out of range');
    yield { number, value: readValue(cursor, Number(tag & 7n)) };
  }
}

interface Cursor {
  bytes: Uint8Array;
  at: number;
}

function readValue(cursor: Cursor, wireType: number): bigint | Uint8Array {
  switch (wireType) {
    case 0:
      return varint(cursor);
    case 1:
      return fixed(cursor, 8);
    case 2:
      return take(cursor, Number(varint(cursor)));
    case 5:
      return fixed(cursor, 4);
    default:
      throw broken('a wire type that is none, or a group');
  }
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw broken('it ends early');
  const taken = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return taken;
}

function fixed(cursor: Cursor, size: number): bigint {
  return take(cursor, size).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Seven bits a byte, the lowest first; at most 64 bits. */
function varint(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw broken('it ends early');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (value >> 64n !== 0n) break;
      return value;
    }
  }
  throw broken('a number is longer than 64 bits');
}

/** All numbers of a packed field. @throws Unfit */
export function* packed(bytes: Uint8Array): Generator<bigint> {
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) yield varint(cursor);
}
