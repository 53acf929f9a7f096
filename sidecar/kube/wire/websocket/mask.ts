/** A WebSocket's mask: the payload XOR the key, over and over. Pure. RFC 6455, 5.3. */

/**
 * Copies `source` to `target` at `offset`, XORed with the 4 bytes of `key`, of which the first used is
 * `phase` (0..3: payload bytes before this piece, modulo 4). Both ways are the same. Works on whole 32-bit
 * words: a loop over bytes would be the slowest part of a session.
 */
export function maskInto(target: Buffer, offset: number, source: Uint8Array, key: Buffer, phase = 0): void {
  target.set(source, offset);
  const end = offset + source.length;
  // the first byte that lies on a word of the memory below
  const at = Math.min(end, offset + ((4 - ((target.byteOffset + offset) & 3)) & 3));
  const turn = phase + at - offset;
  maskBytes(target, offset, at, key, phase);
  const words = (end - at) >>> 2;
  if (words > 0) maskWords(new Int32Array(target.buffer, target.byteOffset + at, words), rotated(key, turn));
  maskBytes(target, at + words * 4, end, key, turn);
}

function maskWords(words: Int32Array, key: number): void {
  for (let i = 0; i < words.length; i += 1) words[i]! ^= key;
}

function maskBytes(target: Buffer, start: number, end: number, key: Buffer, phase: number): void {
  for (let at = start; at < end; at += 1) target[at]! ^= key[(phase + at - start) & 3]!;
}

const SCRATCH = new Int32Array(1);
const SCRATCH_BYTES = new Uint8Array(SCRATCH.buffer);

/** The key as a word of this machine's byte order, beginning with byte `turn` of it. */
function rotated(key: Buffer, turn: number): number {
  for (let i = 0; i < 4; i += 1) SCRATCH_BYTES[i] = key[(turn + i) & 3]!;
  return SCRATCH[0]!;
}
