/** Pieces as one, without a copy where only one has anything in it. Pure. */
export function joined(pieces: readonly Uint8Array[]): Buffer {
  const [first, ...others] = pieces.filter((piece) => piece.length > 0);
  if (first === undefined || others.length > 0) return Buffer.concat(pieces);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}
