/**
 * The fields that payloads of frames are made of: integers big-endian, `bytes` with their length (4) in front, a `list`
 * with its count (4). What is read is hostile: no length is believed before it is there. Pure.
 */
import { ChaperoneError } from '../../recorder/errors.ts';

export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @throws ChaperoneError `USAGE` where so much is not there, as everything here does */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw malformed('a field is longer than its frame');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  u64(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  /** A place in a stream, in bytes. */
  offset(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('no stream is that long');
    return Number(value);
  }

  bytes(): Buffer {
    return this.take(this.u32());
  }

  list(): Buffer[] {
    const count = this.u32();
    if (count > (this.#bytes.length - this.#at) / 4) throw malformed('a list is longer than its frame');
    return Array.from({ length: count }, () => this.bytes());
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('a frame goes on behind its last field');
  }
}

export class FieldWriter {
  readonly #pieces: Uint8Array[] = [];

  #number(length: number, value: bigint | number): this {
    const piece = Buffer.alloc(8);
    piece.writeBigUInt64BE(BigInt(value));
    this.#pieces.push(piece.subarray(8 - length));
    return this;
  }

  u8(value: number): this {
    return this.#number(1, value);
  }

  u16(value: number): this {
    return this.#number(2, value);
  }

  u32(value: number): this {
    return this.#number(4, value);
  }

  u64(value: bigint | number): this {
    return this.#number(8, value);
  }

  raw(value: Uint8Array): this {
    this.#pieces.push(value);
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.u32(value.length).raw(value);
  }

  list(values: readonly Uint8Array[]): this {
    this.u32(values.length);
    for (const value of values) this.bytes(value);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

export function malformed(why: string): ChaperoneError {
  return new ChaperoneError('USAGE', `the launcher's socket was not spoken to as it wants to be: ${why}`);
}
