/** SPDY frames → bytes. Pure. The frames are in frame.ts. */
import { recycled } from '../../../recycled.ts';
import { FLAG_FIN, PAYLOAD_LIMIT, TYPE, VERSION } from './frame.ts';

const HEAD = 8;

/** @param block from `HeaderDeflater`, in the order in which the frames are sent */
export function encodeSynStream(stream: number, block: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt32BE(stream, 0);
  return control(TYPE.synStream, [fields, block]);
}

export function encodeSynReply(stream: number, block: Buffer): Buffer {
  return control(TYPE.synReply, [words(stream), block]);
}

export function encodeRstStream(stream: number, status: number): Buffer {
  return control(TYPE.rstStream, [words(stream, status)]);
}

export function encodePing(id: number): Buffer {
  return control(TYPE.ping, [words(id)]);
}

export function encodeGoAway(last: number, status: number): Buffer {
  return control(TYPE.goAway, [words(last, status)]);
}

export function encodeWindowUpdate(stream: number, delta: number): Buffer {
  return control(TYPE.windowUpdate, [words(stream, delta)]);
}

/** One copy. Data over 16 MiB becomes several frames. */
export function encodeData(stream: number, data: Uint8Array, fin: boolean): Buffer {
  const frames = Math.max(1, Math.ceil(data.length / PAYLOAD_LIMIT));
  const bytes = recycled(frames * HEAD + data.length);
  for (let turn = 0, at = 0; turn < frames; turn += 1) {
    const piece = data.subarray(turn * PAYLOAD_LIMIT, (turn + 1) * PAYLOAD_LIMIT);
    bytes.writeUInt32BE(stream, at);
    bytes[at + 4] = fin && turn === frames - 1 ? FLAG_FIN : 0;
    bytes.writeUIntBE(piece.length, at + 5, 3);
    bytes.set(piece, at + HEAD);
    at += HEAD + piece.length;
  }
  return bytes;
}

function control(type: number, parts: Buffer[]): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    4,
  );
  return Buffer.concat([head, ...parts]);
}

function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [turn, number] of numbers.entries()) bytes.writeUInt32BE(number, turn * 4);
  return bytes;
}
