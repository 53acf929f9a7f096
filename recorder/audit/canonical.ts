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

/** A member that is undefined is absent, as JSON.stringify has it. Array.sort compares UTF-16 code units. */
function object(value: Record<string, unknown>): string {
  let out = '{';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    out += `${out.length === 1 ? '' : ','}${text(key)}:${canonicalText(member)}`;
  }
  return `${out}}`;
}

function invalid(why: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', `cannot be recorded: ${why}`);
}
