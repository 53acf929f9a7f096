/**
 * Snappy's block format, decompression only: LevelDB's index blocks may be in it.
 *
 *     varint length, then elements:  ……00 literal   ……01, ……10, ……11 copy with 1, 2, 4 bytes of offset
 *
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
import { Cursor } from './varint.ts';

/** No block of an index comes near this. */
const LIMIT = 64 << 20;

/** @throws RangeError */
export function snappyUncompress(bytes: Uint8Array): Uint8Array {
  const cursor = new Cursor(bytes);
  const length = cursor.varint();
  if (length > LIMIT) throw new RangeError('a block claims to be too large');
  const out = Buffer.alloc(length);
  let at = 0;
  while (!cursor.ended) {
    const tag = cursor.take(1)[0]!;
    if ((tag & 3) === 0) {
      const literal = cursor.take(literalLength(tag, cursor));
      if (at + literal.length > length) throw new RangeError('a block is longer than it claims');
      out.set(literal, at);
      at += literal.length;
    } else {
      const copy = copyOf(tag, cursor);
      if (copy.offset === 0 || copy.offset > at || at + copy.length > length)
        throw new RangeError('a copy points nowhere');
      // Byte by byte: a copy may overlap what it writes.
      for (let i = 0; i < copy.length; i++) out[at + i] = out[at + i - copy.offset]!;
      at += copy.length;
    }
  }
  if (at !== length) throw new RangeError('a block is shorter than it claims');
  return out;
}

function literalLength(tag: number, cursor: Cursor): number {
  const length = tag >>> 2;
  return length < 60 ? length + 1 : littleEndian(cursor.take(length - 59)) + 1;
}

function copyOf(tag: number, cursor: Cursor): { offset: number; length: number } {
  if ((tag & 3) === 1) {
    return { length: ((tag >>> 2) & 7) + 4, offset: ((tag >>> 5) << 8) + cursor.take(1)[0]! };
  }
  return { length: (tag >>> 2) + 1, offset: littleEndian(cursor.take((tag & 3) === 2 ? 2 : 4)) };
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
