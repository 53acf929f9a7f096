/**
 * Makes of an answer's body what is stored of it and what goes on: its encoding undone for the record, values masked in
 * both. Where the encoding stays for the client, a piece of it goes on once all that is in it was let go for the record.
 */
import type { BodyMask } from '../../mask/body.ts';
import { Unpacker } from './gunzip.ts';
import { joined } from './joined.ts';

/** A piece in its encoding, and how much there was once it was undone. */
interface Owed {
  bytes: Buffer;
  end: number;
}

export class Veil {
  readonly #mask: BodyMask;
  readonly #unpacker: Unpacker | null;
  #ready: Uint8Array[] = [];
  #owed: Owed[] = [];
  #unpacked = 0;

  constructor(mask: BodyMask, encoding: 'gzip' | undefined) {
    this.#mask = mask;
    this.#unpacker = encoding === undefined ? null : new Unpacker();
  }

  /** Bytes that are kept back until more has come, or it is quiet. */
  get held(): number {
    return this.#mask.held;
  }

  get masked(): boolean {
    return this.#mask.masked;
  }

  /** What is to be stored, now that `batch` has come. */
  async *push(batch: Buffer): AsyncGenerator<Uint8Array> {
    if (this.#unpacker === null) {
      yield this.#shown(this.#mask.push(batch));
      return;
    }
    for await (const piece of this.#unpacker.push(batch)) {
      this.#unpacked += piece.length;
      yield this.#mask.push(piece).record;
    }
    this.#owed.push({ bytes: batch, end: this.#unpacked });
  }

  /** The same of what was kept back. */
  async *release(): AsyncGenerator<Uint8Array> {
    yield this.#shown(this.#mask.release());
  }

  /**
   * The same at the end.
   * @param whole false where it broke off: then what could not be masked for that does not go on
   */
  async *end(whole: boolean): AsyncGenerator<Uint8Array> {
    if (whole && this.#unpacked > 0) await this.#unpacker?.end();
    yield this.#shown(whole ? this.#mask.end() : this.#mask.release());
  }

  /** What may go on once everything so far is stored. */
  take(): Buffer {
    if (this.#unpacker === null) return joined(this.#ready.splice(0));
    const free = this.#unpacked - this.#mask.held;
    const count = this.#owed.findIndex(({ end }) => end > free);
    return joined(this.#owed.splice(0, count < 0 ? this.#owed.length : count).map(({ bytes }) => bytes));
  }

  close(): void {
    this.#unpacker?.close();
  }

  /** Nothing more goes on: what of what was kept back is to be stored. */
  abandon(): Uint8Array {
    this.close();
    return this.#mask.release().record;
  }

  #shown({ record, agent }: { record: Uint8Array; agent: Uint8Array }): Uint8Array {
    if (this.#unpacker === null) this.#ready.push(agent);
    return record;
  }
}
