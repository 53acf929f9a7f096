/** Undoes the gzip of a body as it flows by, a bounded piece at a time. https://www.rfc-editor.org/rfc/rfc1952 */
import { createGunzip, type Gunzip } from 'node:zlib';
import { ChaperoneError } from '../../../recorder/errors.ts';

const PIECE_BYTES = 64 * 1024;
/** A body that unpacks to more than this is no answer but a bomb. */
const MAX_BYTES = 16 * 2 ** 30;

export class Unpacker {
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  #in = 0;
  #out = 0;
  #error: Error | null = null;
  #wake: () => void = () => undefined;

  constructor() {
    this.#gunzip.on('readable', () => this.#wake());
    this.#gunzip.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /**
   * All that can be unpacked once `chunk` is known. Only one call at a time.
   * @throws ChaperoneError `EVENT_INVALID` where it is not gzip, or has something behind it
   */
  async *push(chunk: Uint8Array): AsyncGenerator<Buffer> {
    let consumed = false;
    this.#in += chunk.length;
    this.#gunzip.write(chunk, () => {
      consumed = true;
      this.#wake();
    });
    for (;;) {
      const piece = this.#error === null ? (this.#gunzip.read() as Buffer | null) : null;
      if (piece !== null) yield this.#counted(piece);
      else if (this.#error !== null) throw invalid(this.#error.message);
      else if (consumed) break;
      else await this.#more();
    }
    // Behind the end of a stream zlib stops to read: what stands there would pass unseen.
    if (this.#gunzip.bytesWritten !== this.#in) throw invalid('there are bytes behind its end');
  }

  /** The body is over. @throws ChaperoneError `EVENT_INVALID` where it was cut off within */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gunzip.on('end', resolve);
    this.#wake = () => {
      // Nothing is left to read; asking is what makes the stream say that it ends.
      if (this.#error !== null || this.#gunzip.read() !== null) resolve();
    };
    this.#gunzip.end();
    this.#gunzip.read();
    await promise;
    if (this.#error !== null) throw invalid(this.#error.message);
  }

  close(): void {
    this.#gunzip.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #counted(piece: Buffer): Buffer {
    this.#out += piece.length;
    if (this.#out > MAX_BYTES) throw invalid(`it unpacks to more than ${MAX_BYTES} bytes`);
    return piece;
  }
}

function invalid(why: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', `the answer cannot be recorded, for its gzip is broken: ${why}`);
}
