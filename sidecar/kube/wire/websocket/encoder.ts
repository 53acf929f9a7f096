/** What we say to a WebSocket peer → bytes. Pure. The frames are in frame.ts. */
import { recycled } from '../../../recycled.ts';
import { CONTROL_LIMIT, FIN, MASKED, OPCODE } from './frame.ts';
import { maskInto } from './mask.ts';

/**
 * Four bytes, fresh for every frame, that the peer cannot foretell: `() => randomBytes(4)` at the edge.
 * https://www.rfc-editor.org/rfc/rfc6455#section-5.3
 */
export type MaskKeys = () => Buffer;

/** Each method returns one whole frame, in one copy of the payload: we never fragment. */
export class WebSocketEncoder {
  readonly #keys: MaskKeys | null;

  /** @param keys of a client, which masks; null for a server, which must not */
  constructor(keys: MaskKeys | null) {
    this.#keys = keys;
  }

  /** A message of `parts`, end to end: a channel's number and its bytes need no copy of their own. */
  binary(...parts: readonly Uint8Array[]): Buffer {
    return this.#frame(OPCODE.binary, parts);
  }

  text(text: string): Buffer {
    return this.#frame(OPCODE.text, [Buffer.from(text)]);
  }

  /** @throws RangeError over 125 bytes, which no peer can have sent */
  ping(data: Uint8Array): Buffer {
    return this.#control(OPCODE.ping, data);
  }

  /** @throws RangeError over 125 bytes */
  pong(data: Uint8Array): Buffer {
    return this.#control(OPCODE.pong, data);
  }

  /** A reason that does not fit (123 bytes of UTF-8) is cut at a character. */
  close(code: number | null, reason = ''): Buffer {
    if (code === null) return this.#control(OPCODE.close, Buffer.alloc(0));
    const payload = Buffer.allocUnsafe(CONTROL_LIMIT);
    payload.writeUInt16BE(code, 0);
    const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
    return this.#control(OPCODE.close, payload.subarray(0, 2 + written));
  }

  #control(opcode: number, data: Uint8Array): Buffer {
    if (data.length > CONTROL_LIMIT) throw new RangeError(`${data.length} bytes in a control frame`);
    return this.#frame(opcode, [data]);
  }

  #frame(opcode: number, parts: readonly Uint8Array[]): Buffer {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const key = this.#keys?.() ?? null;
    const extended = length > 0xffff ? 8 : length > CONTROL_LIMIT ? 2 : 0;
    const start = 2 + extended + (key === null ? 0 : 4);
    const frame = recycled(start + length);
    frame[0] = FIN | opcode;
    frame[1] = (key === null ? 0 : MASKED) | (extended === 8 ? 127 : extended === 2 ? 126 : length);
    if (extended === 2) frame.writeUInt16BE(length, 2);
    if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
    key?.copy(frame, start - 4);
    let at = start;
    for (const part of parts) {
      if (key === null) frame.set(part, at);
      else maskInto(frame, at, part, key, (at - start) & 3);
      at += part.length;
    }
    return frame;
  }
}
