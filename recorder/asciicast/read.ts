/** Reads a recording of either version, as it comes. */
import { ChaperoneError } from '../errors.ts';
import { type Decoder, type Event, type Header, invalid, type Version } from './cast.ts';
import { parseObject } from './json.ts';
import { LineSplitter } from './lines.ts';
import { v2Decoder } from './v2.ts';
import { v3Decoder } from './v3.ts';

/** What a recording yields: its header once and first, its events, and what was torn off, last if at all. */
export type Item =
  | { kind: 'header'; version: Version; header: Header }
  | { kind: 'event'; event: Event }
  /** The last line was not written to its end, and is dropped. */
  | { kind: 'torn'; line: number; bytes: number };

export interface ReadOptions {
  /** The longest line in bytes that is let in; default 16 MiB. */
  maxLine?: number;
}

const MAX_LINE = 16 * 1024 * 1024;

/** The decoder as a machine: bytes go in as they come, items come out. After an error it is of no more use. */
export class CastReader {
  readonly #lines: LineSplitter;
  #decoder: Decoder | null = null;

  constructor(options: ReadOptions = {}) {
    this.#lines = new LineSplitter(options.maxLine ?? MAX_LINE);
  }

  /** @throws ChaperoneError `CAST_INVALID`, with the number of the line */
  *push(chunk: Uint8Array): Generator<Item, void, undefined> {
    for (const line of this.#lines.push(chunk)) {
      const item = this.#read(line);
      if (item !== null) yield item;
    }
  }

  /** @throws ChaperoneError `CAST_INVALID` where there was no header at all */
  *end(): Generator<Item, void, undefined> {
    const bytes = this.#lines.pending;
    const line = this.#lines.end();
    if (line !== null) {
      const item = this.#readLast(line, bytes);
      if (item !== null) yield item;
    }
    if (this.#decoder === null) throw invalid('not an asciicast: it is empty');
  }

  /** A line without its end is whole if it can be read, and torn if not. */
  #readLast(line: string, bytes: number): Item | null {
    if (this.#decoder === null) return this.#read(line);
    try {
      return this.#read(line);
    } catch (error) {
      if (!(error instanceof ChaperoneError)) throw error;
      return { kind: 'torn', line: this.#lines.number, bytes };
    }
  }

  #read(line: string): Item | null {
    try {
      if (this.#decoder === null) return this.#header(line);
      const event = this.#decoder.event(line);
      return event === null ? null : { kind: 'event', event };
    } catch (error) {
      if (!(error instanceof ChaperoneError)) throw error;
      throw invalid(`line ${this.#lines.number}: ${error.message}`, error.cause);
    }
  }

  #header(line: string): Item {
    const fields = parseObject(line.replace(/^\ufeff/, ''));
    const version = fields.version;
    if (version !== 2 && version !== 3) throw invalid('not an asciicast of version 2 or 3');
    this.#decoder = version === 2 ? v2Decoder() : v3Decoder();
    return { kind: 'header', version, header: this.#decoder.header(fields) };
  }
}

/** The same over a stream. @throws ChaperoneError `CAST_INVALID`, with the number of the line */
export async function* readCast(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<Item, void, undefined> {
  const reader = new CastReader(options);
  for await (const chunk of chunks) yield* reader.push(chunk);
  yield* reader.end();
}
