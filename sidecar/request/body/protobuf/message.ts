/**
 * A message of a built-in kind → the JSON that the same object would be. Pure.
 * https://protobuf.dev/programming-guides/json/ does not hold here: Kubernetes has JSON of its own for some messages.
 */
import type { Json } from '../../../action.ts';
import { Unfit } from '../../refusal.ts';
import { decodeText, parseJson } from '../json.ts';
import { type FieldType, fieldsIn } from './schema.ts';
import { broken, type Field, fieldsOf, packed } from './wire.ts';

/** How deep messages may be nested. */
const MAX_NESTING = 60;

type Fields = { [member: string]: Json };

/** A field that the table does not have: what it means cannot be told. */
export class UnknownField extends Error {}

/**
 * @param name the message's, as `messageOf` gives it
 * @throws Unfit where it is broken, UnknownField
 */
export function decodeMessage(name: string, bytes: Uint8Array, depth = 0): Fields {
  if (depth > MAX_NESTING) throw new Unfit('body-depth', `the body is nested deeper than ${MAX_NESTING}`);
  const known = fieldsIn(name);
  const into: Fields = {};
  const seen = new Set<number>();
  for (const field of fieldsOf(bytes)) {
    const type = known.get(field.number);
    if (type === undefined) throw new UnknownField(`${name} field ${field.number}`);
    if (type.shape === 'one' && seen.has(field.number)) throw twice(`${name}.${type.name}`);
    seen.add(field.number);
    add(into, type, field, depth + 1);
  }
  return into;
}

function twice(what: string): Unfit {
  return new Unfit('body-duplicate', `${what.slice(0, 128)} stands twice in one message of the body`);
}

function add(into: Fields, type: FieldType, { value }: Field, depth: number): void {
  switch (type.shape) {
    case 'one':
      if (type.inline) merge(into, decodeMessage(type.type, bytesIn(value), depth));
      else set(into, type.name, valueAs(type.type, value, depth));
      break;
    case 'list': {
      const list = own(into, type.name, () => []) as Json[];
      // Numbers may stand one by one, or packed.
      const items = isNumeric(type.type) && typeof value !== 'bigint' ? packed(value) : [value];
      for (const item of items) list.push(valueAs(type.type, item, depth));
      break;
    }
    case 'map': {
      const { key, item } = entryOf(type, bytesIn(value), depth);
      set(own(into, type.name, () => ({})) as Fields, key, item);
      break;
    }
  }
}

/** As a parser of JSON does: `__proto__` is a name like others. */
function set(into: Fields, name: string, value: Json): void {
  if (Object.hasOwn(into, name)) throw twice(name);
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}

function own(into: Fields, name: string, make: () => Json): Json {
  if (!Object.hasOwn(into, name)) into[name] = make();
  return into[name]!;
}

function merge(into: Fields, members: Fields): void {
  for (const [name, value] of Object.entries(members)) set(into, name, value);
}

/** An entry of a map is a message of its own: 1 is the key, 2 the value. */
function entryOf(type: FieldType, bytes: Uint8Array, depth: number): { key: string; item: Json } {
  let key: string | null = null;
  let item: Json | undefined;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1 && key === null) key = decodeText(bytesIn(value));
    else if (number === 2 && item === undefined) item = valueAs(type.type, value, depth);
    else throw twice(`an entry of ${type.name}`);
  }
  return { key: key ?? '', item: item ?? valueAs(type.type, new Uint8Array(), depth) };
}

function isNumeric(type: string): boolean {
  return type === 'int32' || type === 'int64' || type === 'bool';
}

function bytesIn(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') throw broken('a number where bytes belong');
  return value;
}

function valueAs(type: string, value: bigint | Uint8Array, depth: number): Json {
  if (isNumeric(type)) {
    if (typeof value !== 'bigint') throw broken('bytes where a number belongs');
    return type === 'bool' ? value !== 0n : Number(BigInt.asIntN(type === 'int32' ? 32 : 64, value));
  }
  const bytes = bytesIn(value);
  switch (type) {
    case 'string':
      return decodeText(bytes);
    case 'bytes':
      return Buffer.from(bytes).toString('base64');
    case 'raw':
      return rawValue(bytes);
    case 'strings':
      return small(bytes).map(({ value: text }) => decodeText(bytesIn(text)));
    case 'quantity':
      return decodeText(bytesIn(one(bytes, 1) ?? new Uint8Array()));
    case 'duration':
      return `${signed(one(bytes, 1))}ns`;
    case 'time':
      return timeOf(bytes);
    case 'intOrString':
      return signed(one(bytes, 1)) === 0
        ? signed(one(bytes, 2))
        : decodeText(bytesIn(one(bytes, 3) ?? new Uint8Array()));
    default:
      return decodeMessage(type, bytes, depth);
  }
}

/** The fields of a small message, none of them twice but in a list. */
function small(bytes: Uint8Array): Field[] {
  return [...fieldsOf(bytes)];
}

function one(bytes: Uint8Array, number: number): bigint | Uint8Array | undefined {
  const found = small(bytes).filter((field) => field.number === number);
  if (found.length > 1) throw twice('a field');
  return found[0]?.value;
}

function signed(value: bigint | Uint8Array | undefined): number {
  if (value instanceof Uint8Array) throw broken('bytes where a number belongs');
  return Number(BigInt.asIntN(64, value ?? 0n));
}

/** JSON in bytes, in field 1. */
function rawValue(bytes: Uint8Array): Json {
  const raw = bytesIn(one(bytes, 1) ?? new Uint8Array());
  return raw.length === 0 ? null : parseJson(raw);
}

/** Seconds in field 1, nanoseconds in field 2, shown as microseconds where there are any; nothing at all is no time. */
function timeOf(bytes: Uint8Array): Json {
  if (bytes.length === 0) return null;
  const date = new Date(signed(one(bytes, 1)) * 1000);
  if (Number.isNaN(date.getTime())) throw broken('a time is out of range');
  const micros = Math.floor(signed(one(bytes, 2)) / 1000);
  return date.toISOString().replace('.000Z', micros > 0 ? `.${String(micros).padStart(6, '0')}Z` : 'Z');
}
