/**
 * JSON in its canonical form (RFC 8785, JCS): what the leaves of the log are hashed over.
 *
 * Members sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes them. Input that
 * I-JSON (RFC 7493) does not admit is refused, because two readers could understand it differently.
 *
 * https://www.rfc-editor.org/rfc/rfc8785
 */
import { ChaperoneError } from '../errors.ts';

/** @throws ChaperoneError `EVENT_INVALID`: a lone surrogate, a number that is not finite, or no JSON value. */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      if (!Number.isFinite(value)) throw invalid(`${value} is not a JSON number`);
      return `${value}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? array(value) : object(value as Record<string, unknown>);
    default:
      throw invalid(`a value of type ${typeof value} has no JSON form`);
  }
}

/** The canonical bytes: UTF-8, without a byte order mark. */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalText(value), 'utf8');
}

/** Nothing in it needs an escape, or could be half of a pair. */
const PLAIN = /^[ !#-[\]-~]*$/;

function text(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw invalid('a string holds half of a surrogate pair');
  return JSON.stringify(value);
}

function array(values: readonly unknown[]): string {
  let out = '[';
  for (let i = 0; i < values.length; i++) out += (i === 0 ? '' : ',') + canonicalText(values[i]);
  return `${out}]`;
}

/** A member that is undefined is absent, as JSON.stringify has it. */
function object(value: Record<string, unknown>): string {
  let out = '';
  const keys = sorted(Object.keys(value));
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const member = value[key];
    if (member === undefined) continue;
    out += (out === '' ? nameOf(key) : `,${nameOf(key)}`) + canonicalText(member);
  }
  return `{${out}}`;
}

/** More than an event's objects have. */
const FEW = 24;

/** By UTF-16 code units, as `<` and Array.sort compare; a few are in order sooner than that is under way. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let at = i;
    for (; at > 0 && keys[at - 1]! > key; at--) keys[at] = keys[at - 1]!;
    keys[at] = key;
  }
  return keys;
}

/** Names of members as they are written. Events have few of them; what else comes is not worth remembering. */
const names = new Map<string, string>();
const MOST_NAMES = 512;

function nameOf(key: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = `${text(key)}:`;
  if (names.size < MOST_NAMES && key.length <= 32) names.set(key, name);
  return name;
}

function invalid(why: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', `cannot be recorded: ${why}`);
}
