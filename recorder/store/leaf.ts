/**
 * How an event is kept: four bytes of its leaf hash, then its canonical bytes.
 *
 *     0              4
 *     ┌──────────────┬───────────────────────────────┐
 *     │ leaf hash…   │ {"at":…,"body":{…},"seq":…,…}  │
 *     └──────────────┴───────────────────────────────┘
 *
 * The four bytes prove nothing to anyone; they let `verify` name the one event that was damaged, where the tree alone
 * could only say that something among 256 leaves was.
 */
import { type Hash, leafHash } from '../audit/merkle.ts';

const MARK_BYTES = 4;

export function encodeLeaf(canonical: Uint8Array, leaf: Hash): Buffer {
  return Buffer.concat([leaf.subarray(0, MARK_BYTES), canonical]);
}

/** The canonical bytes in a stored value. */
export function canonicalOf(value: Uint8Array): Uint8Array {
  return value.subarray(MARK_BYTES);
}

/** The leaf hash of a stored value, and whether the value is still what it was made of. */
export function leafOf(value: Uint8Array): { leaf: Hash; intact: boolean } {
  const leaf = leafHash(canonicalOf(value));
  const mark = Buffer.from(value.buffer, value.byteOffset, Math.min(MARK_BYTES, value.length));
  return { leaf, intact: mark.equals(leaf.subarray(0, MARK_BYTES)) };
}
