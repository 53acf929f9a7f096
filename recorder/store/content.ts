/**
 * How content is kept: beside the log, salted, compressed.
 *
 *     0        16     17
 *     ┌────────┬──────┬──────────────────────────┐
 *     │ salt   │method│ bytes as they were, or    │
 *     │ 16     │ 0, 1 │ a zstd frame without magic│
 *     └────────┴──────┴──────────────────────────┘
 *
 * The leaf commits to SHA-256(salt ‖ bytes): whoever holds only the log cannot try guesses against the hash.
 */
import { hash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ContentRef } from '../audit/event.ts';
import { ChaperoneError } from '../errors.ts';

export const SALT_BYTES = 16;
const HEADER_BYTES = SALT_BYTES + 1;
const STORED = 0;
const ZSTD = 1;

/** Every zstd frame begins with it (RFC 8878 §3.1.1); four bytes that need not be kept. */
const MAGIC = Buffer.from('28b52ffd', 'hex');

/** Measured on build logs: level 1 keeps up with a terminal, and higher ones gain little on 64 KiB. */
const PARAMS = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_contentSizeFlag]: 0,
};

/** Shorter than this, a frame's own header eats the gain. */
const WORTHWHILE = 48;

/** What the leaf says of the content. */
export function commit(salt: Uint8Array, bytes: Uint8Array): ContentRef {
  return {
    bytes: bytes.length,
    hash: hash('sha256', Buffer.concat([salt, bytes]), 'buffer').toString('base64url'),
  };
}

export function encodeContent(salt: Uint8Array, bytes: Uint8Array): Buffer {
  if (bytes.length >= WORTHWHILE) {
    const frame = zstdCompressSync(bytes, { params: PARAMS, chunkSize: bytes.length + 1024 });
    if (frame.length < bytes.length) return join(salt, ZSTD, frame.subarray(MAGIC.length));
  }
  return join(salt, STORED, bytes);
}

/**
 * The bytes that `ref` commits to.
 * @throws ChaperoneError `STORE_CORRUPT` where the stored value is not what was committed to
 */
export function decodeContent(value: Uint8Array, ref: ContentRef): Buffer {
  const salt = value.subarray(0, SALT_BYTES);
  const bytes = unpack(value, ref.bytes);
  if (bytes === null || bytes.length !== ref.bytes || commit(salt, bytes).hash !== ref.hash) {
    throw new ChaperoneError('STORE_CORRUPT', 'stored content is not what its event commits to: run verify');
  }
  return bytes;
}

function unpack(value: Uint8Array, expected: number): Buffer | null {
  const payload = value.subarray(HEADER_BYTES);
  switch (value[SALT_BYTES]) {
    case STORED:
      return Buffer.from(payload);
    case ZSTD:
      return inflate(Buffer.concat([MAGIC, payload]), expected);
    default:
      return null;
  }
}

/** Never inflates to more than was promised. */
function inflate(frame: Buffer, expected: number): Buffer | null {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: expected || 1, chunkSize: expected + 1024 });
  } catch {
    return null;
  }
}

function join(salt: Uint8Array, method: number, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  out.set(salt, 0);
  out[SALT_BYTES] = method;
  out.set(payload, HEADER_BYTES);
  return out;
}
