/**
 * asciicast: one model for all versions. A file is a header and a stream of events, a line each.
 *
 * Spec: https://docs.asciinema.org/manual/asciicast/v2/ and https://docs.asciinema.org/manual/asciicast/v3/
 */
import type { TerminalSize } from '../audit/session.ts';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';

export type Version = 2 | 3;

/** Suggested by the spec, for every version. */
export const FILE_EXTENSION = 'cast';
export const MEDIA_TYPE = 'application/x-asciicast';

/** What both versions say of a terminal whose size is not known. */
export const DEFAULT_SIZE: TerminalSize = { cols: 80, rows: 24 };

/** Colours in the CSS form `#rrggbb`; the palette is 8 or 16 of them, separated by colons. */
export interface Theme {
  fg: string;
  bg: string;
  palette: string;
}

export interface Header extends TerminalSize {
  /** Terminal type, e.g. `xterm-256color`: v3 keeps it in `term.type`, v2 in `env.TERM`. */
  termType?: string;
  /** The terminal's answer to XTVERSION. v3 only. */
  termVersion?: string;
  theme?: Theme;
  /** Start of the recording, seconds since the Unix epoch, an integer. */
  timestamp?: number;
  /** Length of the recording. v2 only. */
  duration?: Micros;
  /** Players cut pauses down to this many seconds. */
  idleTimeLimit?: number;
  command?: string;
  title?: string;
  /** Captured variables, without TERM. */
  env?: Record<string, string>;
  /** v3 only. */
  tags?: string[];
}

/** `time` is in microseconds since the start of the recording, an integer that never decreases. */
export type Event = { time: Micros } & (
  | { code: 'o'; data: string }
  | { code: 'i'; data: string }
  | ({ code: 'r' } & TerminalSize)
  | { code: 'm'; label: string }
  | { code: 'x'; status: number }
  /** A code that the spec does not know (yet): passed through. */
  | { code: 'other'; name: string; data: string }
);

/** Writes one recording: the header first, then its events in order. Each result is one line with its end. */
export interface Encoder {
  header(header: Header): string;
  event(event: Event): string;
}

/** Reads one recording, line by line. */
export interface Decoder {
  /** @throws ChaperoneError `CAST_INVALID` */
  header(fields: Record<string, unknown>): Header;
  /**
   * Null for a line that says nothing: an empty one, a comment.
   * @throws ChaperoneError `CAST_INVALID`
   */
  event(line: string): Event | null;
}

export function invalid(message: string, cause?: unknown): ChaperoneError {
  return new ChaperoneError('CAST_INVALID', message, cause === undefined ? undefined : { cause });
}
