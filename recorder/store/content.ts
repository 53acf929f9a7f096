/**
 * How content is kept: beside the log, salted, compressed.
 *
 *     0       4        20     21
 *     ┌───────┬────────┬──────┬─────────────────────────────────────────────┐
 *     │ crc32 │ salt   │ 0    │ bytes as they were                          │
 *     │       │        ├──────┼─────────────────────────────────────────────┤
 *     │       │        │ 1    │ zstd frame without its magic number         │
 *     │       │        ├──────┼──────────┬──────────────────────────────────┤
 *     │       │        │ 2    │ back u16 │ the same, with a dictionary      │
 *     └───────┴────────┴──────┴──────────┴──────────────────────────────────┘
 *
 * The checksum is over all behind it: some bits of a zstd frame can change without changing what it inflates to.
 * The leaf commits to SHA-256(salt ‖ bytes): whoever holds only the log cannot try guesses against the hash.
 *
 * A terminal speaks in small pieces that repeat each other. So the output of a session is kept in groups: the first
 * piece stands alone, and those behind it are compressed with what the group said before (its last 64 KiB) as the
 * dictionary. `back` is how many events before this one the group began.
 *
 * https://www.rfc-editor.org/rfc/rfc8878
 */
import { hash, randomFillSync } from 'node:crypto';
import { constants, crc32, type ZstdOptions, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ContentRef } from '../audit/units.ts';

export const SALT_BYTES = 16;
const SUM_BYTES = 4;
const METHOD_AT = SUM_BYTES + SALT_BYTES;
const HEADER_BYTES = METHOD_AT + 1;
const BACK_BYTES = 2;
const METHODS = { stored: 0, alone: 1, grouped: 2 } as const;

/** Every zstd frame begins with it (RFC 8878 §3.1.1); four bytes that need not be kept. */
const MAGIC = Buffer.from('28b52ffd', 'hex');
/** A dictionary that begins with this would be taken for a trained one (RFC 8878 §5). */
const TRAINED = Buffer.from('37a430ec', 'hex');

/** How much of what was said before serves as the dictionary. */
const HISTORY_BYTES = 64 << 10;
/** A group ends behind so much: that bounds what must be read to show one piece of it. */
const GROUP_BYTES = 256 << 10;
const GROUP_EVENTS = 0xffff;
/** Larger pieces stand alone: they have context enough in themselves. */
const GROUPED_BYTES = 64 << 10;
/** Shorter than this, a frame's own header eats the gain. */
const WORTHWHILE = 24;

/** What a session's output said so far in the present group. Immutable. */
export interface Context {
  /** Seq of the group's first event. */
  start: number;
  /** Bytes of the whole group. */
  bytes: number;
  /** Its last bytes. */
  history: Buffer;
}

export interface Piece {
  salt: Uint8Array;
  bytes: Uint8Array;
  seq: number;
}

/** What the leaf says of the content. */
export function commit(salt: Uint8Array, bytes: Uint8Array): ContentRef {
  return { bytes: bytes.length, hash: hash('sha256', salted(salt, bytes), 'base64url') };
}

/** Reused, because hashing is synchronous and nothing keeps it: 64 KiB a piece would keep the collector busy. */
const scratch = Buffer.allocUnsafeSlow(SALT_BYTES + (64 << 10));

function salted(salt: Uint8Array, bytes: Uint8Array): Buffer {
  if (SALT_BYTES + bytes.length > scratch.length) return Buffer.concat([salt, bytes]);
  scratch.set(salt);
  scratch.set(bytes, SALT_BYTES);
  return scratch.subarray(0, SALT_BYTES + bytes.length);
}

/** How long a value with so many bytes of content can become. */
export function packedBytes(length: number): number {
  return HEADER_BYTES + length;
}

const pool = Buffer.alloc(256 * SALT_BYTES);
let used = pool.length;

/** Random bytes are cheaper by the pageful. */
export function newSalt(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += SALT_BYTES;
  return Buffer.from(pool.subarray(used - SALT_BYTES, used));
}

/** A piece that stands alone, not compressed: quickest. */
export function packAsIs({ salt, bytes }: Omit<Piece, 'seq'>): Buffer {
  return join(salt, METHODS.stored, bytes);
}

/** A piece that stands alone: quick. */
export function packAlone({ salt, bytes }: Omit<Piece, 'seq'>): Buffer {
  const frame = bytes.length < WORTHWHILE ? null : deflate(bytes, 1);
  if (frame === null || frame.length >= bytes.length) return join(salt, METHODS.stored, bytes);
  return join(salt, METHODS.alone, frame);
}

/**
 * A piece as part of a group, or the first of a new one: small, and takes a fraction of a millisecond for a few
 * kilobytes, two milliseconds for 64 KiB.
 */
export function packGrouped(piece: Piece, before: Context | null): { value: Buffer; context: Context } {
  const { salt, bytes, seq } = piece;
  if (before === null || !belongs(piece, before))
    return { value: packAlone(piece), context: extend(null, piece) };
  const back = Buffer.alloc(BACK_BYTES);
  back.writeUInt16BE(seq - before.start);
  const frame = deflate(bytes, 6, dictionaryOf(before));
  return { value: join(salt, METHODS.grouped, Buffer.concat([back, frame])), context: extend(before, piece) };
}

function belongs({ bytes, seq }: Piece, { start, bytes: sofar }: Context): boolean {
  if (sofar > GROUP_BYTES || seq - start > GROUP_EVENTS) return false;
  return bytes.length >= WORTHWHILE && bytes.length <= GROUPED_BYTES;
}

/** The context behind a piece; null for `before` where the piece stood alone and begins a group. */
export function extend(before: Context | null, { bytes, seq }: { bytes: Uint8Array; seq: number }): Context {
  const all = before === null ? Buffer.from(bytes) : Buffer.concat([before.history, bytes]);
  return {
    start: before?.start ?? seq,
    bytes: (before?.bytes ?? 0) + bytes.length,
    history: all.length > HISTORY_BYTES ? Buffer.from(all.subarray(-HISTORY_BYTES)) : all,
  };
}

/** How many events before its own a stored piece's group began; 0 where it stands alone. */
export function groupedBack(value: Uint8Array): number {
  if (value[METHOD_AT] !== METHODS.grouped || value.length < HEADER_BYTES + BACK_BYTES) return 0;
  return (value[HEADER_BYTES]! << 8) | value[HEADER_BYTES + 1]!;
}

/** The bytes that `ref` commits to, or null where the stored value is not they. */
export function unpack(value: Uint8Array, ref: ContentRef, context: Context | null): Buffer | null {
  if (value.length < HEADER_BYTES || checksum(value) !== crc32(value.subarray(SUM_BYTES))) return null;
  const bytes = inflate(value, ref.bytes, context);
  if (bytes === null || bytes.length !== ref.bytes) return null;
  return commit(value.subarray(SUM_BYTES, METHOD_AT), bytes).hash === ref.hash ? bytes : null;
}

function inflate(value: Uint8Array, expected: number, context: Context | null): Buffer | null {
  const payload = value.subarray(HEADER_BYTES);
  switch (value[METHOD_AT]) {
    case METHODS.stored:
      return Buffer.from(payload);
    case METHODS.alone:
      return inflateFrame(payload, expected);
    case METHODS.grouped:
      return context === null
        ? null
        : inflateFrame(payload.subarray(BACK_BYTES), expected, dictionaryOf(context));
    default:
      return null;
  }
}

/** Never inflates to more than was promised. */
function inflateFrame(frame: Uint8Array, expected: number, dictionary?: Buffer): Buffer | null {
  const options: ZstdOptions = { maxOutputLength: Math.max(expected, 1), chunkSize: expected + 1024 };
  try {
    return zstdDecompressSync(
      Buffer.concat([MAGIC, frame]),
      dictionary ? { ...options, dictionary } : options,
    );
  } catch {
    return null;
  }
}

function deflate(bytes: Uint8Array, level: number, dictionary?: Buffer): Buffer {
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_contentSizeFlag]: 0,
    // A piece and its dictionary; the default would make zstd allocate, and clear, four times as much.
    [constants.ZSTD_c_windowLog]: 17,
  };
  // The output grows by chunks of this size; text seldom needs a second.
  const options: ZstdOptions = { params, chunkSize: 1024 + (bytes.length >> 2) };
  return zstdCompressSync(bytes, dictionary ? { ...options, dictionary } : options).subarray(MAGIC.length);
}

function dictionaryOf({ history }: Context): Buffer {
  return history.subarray(0, TRAINED.length).equals(TRAINED) ? history.subarray(1) : history;
}

function join(salt: Uint8Array, method: number, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  out.set(salt, SUM_BYTES);
  out[METHOD_AT] = method;
  out.set(payload, HEADER_BYTES);
  out.writeUInt32BE(crc32(out.subarray(SUM_BYTES)));
  return out;
}

function checksum(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}
