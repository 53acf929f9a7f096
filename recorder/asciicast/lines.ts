/** Chunks of bytes to lines, in bounded memory. Lines end with a line feed, as newline-delimited JSON does. */
import { invalid } from './cast.ts';

const LINE_FEED = 0x0a;

export class LineSplitter {
  readonly #limit: number;
  /** The beginning of a line whose end has not come yet. */
  #buffer = Buffer.alloc(0);
  #length = 0;
  #number = 0;

  /** `limit`: the longest line in bytes that is let in. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of the line that was completed last, from 1. */
  get number(): number {
    return this.#number;
  }

  /** Bytes that wait for the end of their line. */
  get pending(): number {
    return this.#length;
  }

  /** Yields each line that `chunk` completes. @throws ChaperoneError `CAST_INVALID` for one beyond the limit */
  *push(chunk: Uint8Array): Generator<string, void, undefined> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, from)) {
      yield this.#complete(bytes.subarray(from, end));
      from = end + 1;
    }
    this.#keep(bytes.subarray(from));
  }

  /** The last line, if it has no end. */
  end(): string | null {
    return this.#length === 0 ? null : this.#complete(Buffer.alloc(0));
  }

  #complete(rest: Buffer): string {
    if (this.#length > 0) this.#keep(rest);
    else this.#check(rest.length);
    const line = this.#length > 0 ? this.#buffer.toString('utf8', 0, this.#length) : rest.toString('utf8');
    this.#length = 0;
    this.#number += 1;
    return line;
  }

  /** Copies, as the caller may reuse its memory; doubles, so that many small parts cost no more than one. */
  #keep(part: Buffer): void {
    const length = this.#length + part.length;
    this.#check(length);
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.min(this.#limit, Math.max(length, 2 * this.#buffer.length)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    part.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  #check(length: number): void {
    if (length > this.#limit) throw invalid(`line ${this.#number + 1}: longer than ${this.#limit} bytes`);
  }
}
