/** Writes an object of a built-in kind as a client would that speaks protobuf. What it writes is compared with a real kubectl's. */
import type { Json } from '../../../../sidecar/action.ts';
import { fieldsIn, messageOf } from '../../../../sidecar/request/body/protobuf/schema.ts';

type Fields = { [member: string]: Json };

export function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A field of bytes. */
export function field(number: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

export function numeric(number: number, value: number | bigint | boolean): Buffer {
  return Buffer.concat([varint(number << 3), varint(typeof value === 'boolean' ? Number(value) : value)]);
}

export function envelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const type = Buffer.concat([field(1, apiVersion), field(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw), field(3, ''), field(4, '')]);
}

export function encodeProtobuf(object: Fields): Buffer {
  const { apiVersion, kind, ...rest } = object;
  const name = messageOf(String(apiVersion), String(kind));
  if (name === null) throw new Error(`no message for ${apiVersion} ${kind}`);
  return envelope(String(apiVersion), String(kind), message(name, rest));
}

function message(name: string, object: Fields): Buffer {
  const parts: Buffer[] = [];
  for (const [number, { name: member, type, shape, inline }] of fieldsIn(name)) {
    if (inline) {
      const members = new Set([...fieldsIn(type).values()].map((one) => one.name));
      const own = Object.fromEntries(Object.entries(object).filter(([key]) => members.has(key)));
      if (Object.keys(own).length > 0) parts.push(field(number, message(type, own)));
      continue;
    }
    const value = object[member];
    if (value === undefined) continue;
    if (shape === 'list') for (const item of value as Json[]) parts.push(single(number, type, item));
    else if (shape === 'map')
      for (const [key, item] of Object.entries(value as Fields))
        parts.push(field(number, Buffer.concat([field(1, key), single(2, type, item)])));
    else parts.push(single(number, type, value));
  }
  return Buffer.concat(parts);
}

function single(number: number, type: string, value: Json): Buffer {
  switch (type) {
    case 'string':
      return field(number, value as string);
    case 'int32':
    case 'int64':
    case 'bool':
      return numeric(number, value as number | boolean);
    case 'bytes':
      return field(number, Buffer.from(value as string, 'base64'));
    case 'time': {
      if (value === null) return field(number, '');
      return field(number, numeric(1, Date.parse(value as string) / 1000));
    }
    case 'quantity':
      return field(number, field(1, value as string));
    case 'raw':
      return field(number, field(1, JSON.stringify(value)));
    case 'strings':
      return field(number, Buffer.concat((value as string[]).map((item) => field(1, item))));
    case 'intOrString': {
      const parts =
        typeof value === 'number'
          ? [numeric(1, 0), numeric(2, value), field(3, '')]
          : [numeric(1, 1), numeric(2, 0), field(3, value as string)];
      return field(number, Buffer.concat(parts));
    }
    default:
      return field(number, message(type, value as Fields));
  }
}
