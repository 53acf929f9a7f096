/**
 * Reads an asciicast v3 as it arrives, onto a tape.
 *
 * https://docs.asciinema.org/manual/asciicast/v3/ : a header line, then `[interval, code, data]` lines.
 */
import type { TerminalSize } from '../../recorder/audit/event.ts';
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
    const [interval, code, data] = event as [number, string, string];
    this.#micros += Math.round(interval * 1e6);
    const time = this.#micros / 1e6;
    if (code === 'o') tape.append(time, data);
    else if (code === 'r') tape.append(time, parseSize(data));
    else tape.reach(time);
  }
}

/**
 * Reads a response body to its end; `onProgress` after each part.
 * @throws CastError
 */
export async function readCast(
  body: ReadableStream<Uint8Array>,
  onProgress: (tape: Tape) => void,
  signal?: AbortSignal,
): Promise<Tape> {
  const reader = new CastReader();
  let rest = '';
  for await (const text of decoded(body)) {
    signal?.throwIfAborted();
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) {
      rest += text;
      continue;
    }
    reader.read(rest + text.slice(0, end));
    rest = text.slice(end);
    if (reader.tape !== null) onProgress(reader.tape);
  }
  // A last line without its newline is torn: the recording stopped there.
  if (reader.tape === null) throw new CastError('the recording is empty');
  reader.tape.finish();
  onProgress(reader.tape);
  return reader.tape;
}

async function* decoded(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parseHeader(line: string): TerminalSize {
  const header = parseJson(line) as { version?: unknown; term?: { cols?: unknown; rows?: unknown } } | null;
  if (header?.version !== 3) throw new CastError('the recording is not asciicast v3');
  return screenSize(header.term?.cols, header.term?.rows);
}

function parseSize(text: string): TerminalSize {
  const [cols, rows] = String(text).split('x').map(Number);
  return screenSize(cols, rows);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new CastError('the recording has a line that is not JSON');
  }
}
