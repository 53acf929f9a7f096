/**
 * Reads an asciicast v3 as it arrives, onto a tape.
 *
 * https://docs.asciinema.org/manual/asciicast/v3/ : a header line, then `[interval, code, data]` lines.
 */
import type { TerminalSize } from '../../recorder/audit/session.ts';
import { wholeLines } from '../stream.ts';
import { screenSize, Tape } from './tape.ts';

/** Thrown where the recording is not one. */
export class CastError extends Error {
  override readonly name = 'CastError';
}

/** Turns lines into events on a tape. */
export class CastReader {
  #tape: Tape | null = null;
  /** Whole microseconds, as in the log: sums of fractions would drift away from the times of the events. */
  #micros = 0;

  /** The tape, once the header has come. */
  get tape(): Tape | null {
    return this.#tape;
  }

  /** Takes whole lines. @throws CastError */
  read(lines: string): void {
    for (const line of lines.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      if (this.#tape === null) this.#tape = new Tape(parseHeader(line));
      else this.#event(this.#tape, line);
    }
  }

  #event(tape: Tape, line: string): void {
    const event = parseJson(line);
    if (!Array.isArray(event)) throw new CastError('the recording has a line that is no event');
    const [interval, code, data] = event as unknown[];
    if (typeof interval !== 'number' || typeof data !== 'string')
      throw new CastError('the recording has a line that is no event');
    this.#micros += Math.round(interval * 1e6);
    const time = this.#micros / 1e6;
    if (code === 'o') tape.append(time, data);
    else if (code === 'r') tape.append(time, parseSize(data));
    else tape.reach(time);
  }
}

/**
 * Reads a response body to its end; `onProgress` after each part.
 * @throws CastError, BrokenOff
 */
export async function readCast(
  body: ReadableStream<Uint8Array>,
  onProgress: (tape: Tape) => void,
  signal?: AbortSignal,
): Promise<Tape> {
  const reader = new CastReader();
  try {
    for await (const lines of wholeLines(body)) {
      signal?.throwIfAborted();
      reader.read(lines);
      if (reader.tape !== null) onProgress(reader.tape);
    }
    if (reader.tape === null) throw new CastError('the recording is empty');
    return reader.tape;
  } finally {
    // What has come of a recording that broke off can be looked at to its end.
    reader.tape?.finish();
    if (reader.tape !== null && !signal?.aborted) onProgress(reader.tape);
  }
}

function parseHeader(line: string): TerminalSize {
  const header = parseJson(line) as { version?: unknown; term?: { cols?: unknown; rows?: unknown } } | null;
  if (header?.version !== 3) throw new CastError('the recording is not asciicast v3');
  return screenSize(header.term?.cols, header.term?.rows);
}

function parseSize(text: string): TerminalSize {
  const [cols, rows] = text.split('x').map(Number);
  return screenSize(cols, rows);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new CastError('the recording has a line that is not JSON');
  }
}
