/**
 * Memory for output on its way, used again and again: a flood in fresh memory would keep the collector busy, and a hundred of
 * them would fill the process with what nobody has collected yet. Whoever is through with a piece may give it back; what
 * nobody gives back is garbage like any other.
 */

/** What a frame puts in front of its payload. */
const HEAD_ROOM = 64;

interface Class {
  readonly bytes: number;
  /** Kept for later, over all sessions. */
  readonly most: number;
  readonly spare: ArrayBuffer[];
}

/** An event's content, and a whole chunk of it (see session/output-recorder.ts). */
const CLASSES: readonly Class[] = [
  { bytes: (1 << 16) + HEAD_ROOM, most: 64, spare: [] },
  { bytes: (1 << 18) + HEAD_ROOM, most: 16, spare: [] },
];

/** Like `Buffer.allocUnsafe`. What is less than half of a class is not worth its memory. */
export function recycled(length: number): Buffer {
  const found = CLASSES.find(({ bytes }) => length <= bytes);
  if (found === undefined || length < found.bytes / 2) return Buffer.allocUnsafe(length);
  return Buffer.from(found.spare.pop() ?? Buffer.allocUnsafeSlow(found.bytes).buffer, 0, length);
}

/** Nobody looks at `piece`, or any other part of its memory, any more. Nothing happens where that is of another kind. */
export function giveBack(piece: Buffer): void {
  const memory = piece.buffer;
  const found = CLASSES.find(({ bytes }) => bytes === memory.byteLength);
  if (found !== undefined && found.spare.length < found.most) found.spare.push(memory as ArrayBuffer);
}
