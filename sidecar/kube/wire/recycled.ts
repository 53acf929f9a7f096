/**
 * Memory for large frames, used again and again: a flood in fresh memory would keep the collector busy. Whoever is
 * through with a frame may give it back; what nobody gives back is garbage like any other.
 */

/** Room for a piece of output (see remote/end.ts) and what a frame puts in front of it. */
const FRAME_BYTES = (1 << 18) + 64;
/** For smaller ones it would be a waste. */
const WORTHWHILE = FRAME_BYTES / 2;
/** Kept for later, over all connections. */
const MOST_SPARE = 8;

const spare: ArrayBuffer[] = [];

/** Like `Buffer.allocUnsafe`. */
export function frameBuffer(length: number): Buffer {
  if (length < WORTHWHILE || length > FRAME_BYTES) return Buffer.allocUnsafe(length);
  return Buffer.from(spare.pop() ?? Buffer.allocUnsafeSlow(FRAME_BYTES).buffer, 0, length);
}

/** Nobody looks at `frame` any more. Nothing happens where its memory is of another kind. */
export function giveBack(frame: Buffer): void {
  const memory = frame.buffer;
  if (memory.byteLength === FRAME_BYTES && spare.length < MOST_SPARE) spare.push(memory as ArrayBuffer);
}
