/** How values look in a terminal. Pure. */
import { styleText } from 'node:util';
import { escapeUnprintable } from '../../recorder/asciicast/json.ts';
import type { SessionSummary } from '../../recorder/log/ports.ts';
import { UNPRINTABLE } from '../../recorder/unprintable.ts';

/** `2026-11-22 08:15:30`, in the reader's own time zone. */
export function formatTime(micros: number): string {
  const at = new Date(micros / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `3s`, `1m02s`, `2h05m`. */
export function formatDuration(micros: number): string {
  const seconds = Math.max(0, Math.round(micros / 1_000_000));
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
}

/** `512 B`, `1.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`;
}

const UNSAFE = new RegExp(`[\\u0000-\\u001f${UNPRINTABLE}]`, 'g');

/**
 * Makes text from a recording safe to print: every control and directional character shows as an escape, so
 * that a recorded command line cannot play tricks on the terminal of who reviews it.
 */
export function visible(text: string): string {
  return text.replace(
    UNSAFE,
    (char) => ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\u001b': '\\e' };

/** A value as one line of JSON that a terminal can be shown as well. */
export function jsonLine(value: unknown): string {
  return `${escapeUnprintable(JSON.stringify(value))}\n`;
}

/** `1 session`, `3 sessions`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** Cuts `text` to `width` columns, with an ellipsis where something was cut. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Rows with their columns aligned; the last column is left as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** How a session stands: `live`, `cut off`, `refused 126`, `exit 0`. */
export function formatOutcome(session: SessionSummary): string {
  switch (session.state) {
    case 'live':
      return 'live';
    case 'cut-off':
      return 'cut off';
    case 'ended':
      return `exit ${session.status ?? '?'}`;
  }
}

/** Coloured where standard output is a terminal and NO_COLOR is not set (https://no-color.org). */
export function paint(colour: 'red' | 'yellow' | 'green', text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}

/** A line on standard error for an error that nobody raised on purpose. @param what failed, in words that begin the line */
export function complainOf(what: string): (error: unknown) => void {
  return (error) => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`chaperone: ${what}: ${visible(message)}\n`);
  };
}
