/**
 * The event line, which both versions write alike but for the meaning of its number.
 *
 *     [ 1.001376, "o", "Hello\r\n" ]
 *       │          │    └ data, a string whose form depends on the code
 *       │          └ code: o output, i input, r resize, m marker, x exit
 *       └ seconds: v2 since the start, v3 since the event before
 */
import type { TerminalSize } from '../audit/session.ts';
import type { Micros } from '../audit/units.ts';
import { type Event, invalid } from './cast.ts';
import { parseJson, quote } from './json.ts';

/** `micros` as seconds with six decimals, exactly. */
export function formatSeconds(micros: Micros): string {
  const whole = Math.floor(micros / 1_000_000);
  return `${whole}.${String(micros - whole * 1_000_000).padStart(6, '0')}`;
}

export function eventLine(micros: Micros, event: Event): string {
  const at = formatSeconds(micros);
  switch (event.code) {
    case 'o':
    case 'i':
      return `[${at}, "${event.code}", ${quote(event.data)}]\n`;
    case 'r':
      return `[${at}, "r", "${event.cols}x${event.rows}"]\n`;
    case 'm':
      return `[${at}, "m", ${quote(event.label)}]\n`;
    case 'x':
      return `[${at}, "x", "${event.status}"]\n`;
    case 'other':
      return `[${at}, ${quote(event.name)}, ${quote(event.data)}]\n`;
  }
}

/** The number and the rest of an event line. @throws ChaperoneError `CAST_INVALID` */
export function parseEventLine(line: string): { micros: Micros; at: (time: Micros) => Event | null } {
  const value = parseJson(line);
  if (!Array.isArray(value) || value.length !== 3) throw invalid('an event must be [time, code, data]');
  const [number, code, data] = value as unknown[];
  if (typeof number !== 'number' || !(number >= 0)) {
    throw invalid('the time of an event must be a number of seconds that is not negative');
  }
  if (typeof code !== 'string' || code === '') throw invalid('the code of an event must be a string');
  const micros = Math.round(number * 1e6);
  return { micros, at: (time) => eventOf(checkTime(time), code, data) };
}

function checkTime(time: Micros): Micros {
  if (!Number.isSafeInteger(time)) throw invalid('the time of an event is beyond what can be counted');
  return time;
}

function eventOf(time: Micros, code: string, data: unknown): Event | null {
  switch (code) {
    case 'o':
    case 'i':
      return { time, code, data: string(data, code) };
    case 'r':
      return { time, code, ...parseSize(string(data, code)) };
    case 'm':
      return { time, code, label: string(data, code) };
    case 'x':
      return { time, code, status: parseStatus(data) };
    default:
      // the spec: ignore or pass through. v2 lets unknown data be anything; what is not text is ignored
      return typeof data === 'string' ? { time, code: 'other', name: code, data } : null;
  }
}

function string(data: unknown, code: string): string {
  if (typeof data !== 'string') throw invalid(`the data of an event "${code}" must be a string`);
  return data;
}

function parseSize(data: string): TerminalSize {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(data);
  const cols = Number(match?.[1] ?? Number.NaN);
  const rows = Number(match?.[2] ?? Number.NaN);
  if (!(cols <= 65_535 && rows <= 65_535)) throw invalid('a resize must say COLSxROWS, e.g. "80x24"');
  return { cols, rows };
}

function parseStatus(data: unknown): number {
  const status = typeof data === 'string' && /^-?\d{1,10}$/.test(data) ? Number(data) : data;
  if (typeof status !== 'number' || !Number.isSafeInteger(status)) {
    throw invalid('an exit must say a status, e.g. "0"');
  }
  return status;
}
