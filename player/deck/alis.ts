/**
 * Decodes asciinema's live stream, ALiS version 1, one WebSocket message a frame.
 *
 *   magic   "ALiS" 0x01
 *   reset   0x01 last-id time cols rows theme:u8 init-length init     all numbers unsigned LEB128
 *   output  'o' id interval length utf-8
 *   resize  'r' id interval cols rows
 *   marker  'm' id interval length utf-8
 *   exit    'x' id interval status
 *   end     0x04 interval
 *
 * Times are microseconds; an interval counts from the event before.
 */
import type { TerminalSize } from '../../recorder/audit/session.ts';
import { screenSize } from './tape.ts';

export type Frame =
  | { kind: 'magic' }
  | { kind: 'reset'; time: number; cols: number; rows: number; init: string }
  | { kind: 'output'; time: number; text: string }
  | { kind: 'resize'; time: number; cols: number; rows: number }
  | { kind: 'marker'; time: number; label: string }
  | { kind: 'exit'; time: number; status: number }
  | { kind: 'end' }
  | { kind: 'other' };

export const LIVE_PROTOCOL = 'v1.alis';

/** Thrown where the stream is not ALiS. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}

const MAGIC = 'ALiS\x01';
const MICRO = 1_000_000;

export class AlisDecoder {
  #started = false;
  #micros = 0;

  /** @throws StreamError */
  decode(message: ArrayBuffer): Frame {
    if (!this.#started) {
      if (new TextDecoder().decode(message) !== MAGIC) throw new StreamError('not an ALiS v1 stream');
      this.#started = true;
      return { kind: 'magic' };
    }
    const bytes = new Bytes(message);
    const type = bytes.u8();
    if (type === 0x01) return this.#reset(bytes);
    if (type === 0x04) return { kind: 'end' };
    return this.#event(String.fromCharCode(type), bytes);
  }

  #reset(bytes: Bytes): Frame {
    bytes.varint();
    this.#micros = bytes.varint();
    const { cols, rows } = bytes.size();
    const colours = bytes.u8();
    if (colours !== 0) bytes.skip((2 + colours) * 3);
    return { kind: 'reset', time: this.#micros / MICRO, cols, rows, init: bytes.text() };
  }

  #event(type: string, bytes: Bytes): Frame {
    bytes.varint();
    this.#micros += bytes.varint();
    const time = this.#micros / MICRO;
    if (type === 'o') return { kind: 'output', time, text: bytes.text() };
    if (type === 'm') return { kind: 'marker', time, label: bytes.text() };
    if (type === 'x') return { kind: 'exit', time, status: bytes.varint() };
    if (type !== 'r') return { kind: 'other' };
    return { kind: 'resize', time, ...bytes.size() };
  }
}

/** A cursor over a frame. Reading past the end is an error, never a guess. */
class Bytes {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
  }

  u8(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new StreamError('a frame is cut short');
    return byte;
  }

  /** Unsigned LEB128; up to 2^53, since microseconds pass 2^32 within 72 minutes. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new StreamError('a number is too large');
  }

  text(): string {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new StreamError('a frame is cut short');
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return text;
  }

  size(): TerminalSize {
    const cols = this.varint();
    return screenSize(cols, this.varint());
  }

  skip(count: number): void {
    this.#at += count;
  }
}
