/** JSON as asciicast wants it, written and read. */
import { isObject } from '../json.ts';
import { UNPRINTABLE } from '../unprintable.ts';
import { DEFAULT_SIZE, type Header, invalid, type Theme } from './cast.ts';

// JSON.stringify leaves these as they are. A reader that splits lines by Unicode's rules would break at some.
const ANY_UNPRINTABLE = new RegExp(`[${UNPRINTABLE}]`);
const ALL_UNPRINTABLE = new RegExp(ANY_UNPRINTABLE, 'g');

/** A JSON string in which, as the spec asks, all that cannot be printed is `\uXXXX`; lone surrogates too. */
export function quote(text: string): string {
  return escapeUnprintable(JSON.stringify(text));
}

/** The same for any JSON text on one line: in JSON what cannot be printed stands in strings alone. */
export function escapeUnprintable(json: string): string {
  return ANY_UNPRINTABLE.test(json) ? json.replace(ALL_UNPRINTABLE, escapeUnit) : json;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One line from the attributes that are there. */
export function headerLine(fields: Record<string, unknown>): string {
  return `${escapeUnprintable(JSON.stringify(fields))}\n`;
}

/** @throws ChaperoneError `CAST_INVALID` */
export function parseObject(line: string): Record<string, unknown> {
  const value = parseJson(line);
  if (!isObject(value)) throw invalid('the header must be a JSON object');
  return value;
}

/** @throws ChaperoneError `CAST_INVALID` */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    // V8's message quotes the line, which may hold what nobody wants in a log
    throw invalid('not JSON', error instanceof SyntaxError ? undefined : error);
  }
}

/** Absent attributes and those that say null are the same. */
function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Columns or rows. Recorders without a terminal write 0, which players take for the default. */
export function dimension(fields: Record<string, unknown>, name: string, unit: 'cols' | 'rows'): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_535) {
    throw invalid(`${name} must be an integer from 0 to 65535`);
  }
  return value === 0 ? DEFAULT_SIZE[unit] : value;
}

export function text(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  if (absent(value)) return undefined;
  if (typeof value !== 'string') throw invalid(`${name} must be a string`);
  return value;
}

/** A number that is neither negative nor beyond what an integer of microseconds can say. */
export function seconds(fields: Record<string, unknown>, name: string): number | undefined {
  const value = fields[name];
  if (absent(value)) return undefined;
  if (typeof value !== 'number' || !(value >= 0) || !Number.isSafeInteger(Math.round(value * 1e6))) {
    throw invalid(`${name} must be a number of seconds`);
  }
  return value;
}

export function tags(fields: Record<string, unknown>): string[] | undefined {
  const value = fields.tags;
  if (absent(value)) return undefined;
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string')) {
    throw invalid('tags must be a list of strings');
  }
  return value;
}

/** The map without what is not set (asciinema 2 writes null there). */
export function environment(fields: Record<string, unknown>): Map<string, string> {
  const value = fields.env;
  if (absent(value)) return new Map();
  if (!isObject(value)) throw invalid('env must be an object');
  const entries = Object.entries(value).filter(([, entry]) => !absent(entry));
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw invalid('env must map names to strings');
  }
  return new Map(entries);
}

const COLOUR = '#[0-9a-fA-F]{6}';
const ONE_COLOUR = new RegExp(`^${COLOUR}$`);
const PALETTE = new RegExp(`^${COLOUR}(?::${COLOUR}){7}(?:(?::${COLOUR}){8})?$`);

/** A theme is decoration: one that makes no sense is left out. */
export function theme(value: unknown): Theme | undefined {
  if (!isObject(value)) return undefined;
  const { fg, bg, palette } = value;
  if (typeof fg !== 'string' || typeof bg !== 'string' || typeof palette !== 'string') return undefined;
  const sound = ONE_COLOUR.test(fg) && ONE_COLOUR.test(bg) && PALETTE.test(palette);
  return sound ? { fg, bg, palette } : undefined;
}

/** What the headers of both versions hold under the same name. */
export function commonAttributes(fields: Record<string, unknown>): Partial<Header> {
  const timestamp = seconds(fields, 'timestamp');
  const env = environment(fields);
  env.delete('TERM');
  return present({
    timestamp: timestamp === undefined ? undefined : Math.floor(timestamp),
    idleTimeLimit: seconds(fields, 'idle_time_limit'),
    command: text(fields, 'command'),
    title: text(fields, 'title'),
    env: env.size > 0 ? Object.fromEntries(env) : undefined,
  });
}

/** The object without its undefined members. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
