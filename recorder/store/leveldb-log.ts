/**
 * LevelDB's log format, read for what is wrong with it. LevelDB itself opens a damaged log without a word and drops
 * what it cannot read; so a `.log` and the MANIFEST (the same format) are looked at before it opens them.
 *
 *     a file is blocks of 32 KiB, a block is records, and zeros where fewer than 7 bytes are left
 *
 *     0        4        6      7
 *     ┌────────┬────────┬──────┬───────────────┐      type: 1 full, 2 first, 3 middle, 4 last
 *     │ crc32c │ length │ type │ length bytes  │      crc32c: masked, over type and bytes
 *     │ u32 LE │ u16 LE │ u8   │               │
 *     └────────┴────────┴──────┴───────────────┘
 *
 * https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
import { maskedCrc32c } from './crc32c.ts';

const BLOCK_BYTES = 32 << 10;
const HEADER_BYTES = 7;
const TYPES = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** What is wrong with bytes [from, to) of a file. */
export interface Fault {
  from: number;
  to: number;
  message: string;
  /** In a table: the keys behind `from`, up to `to`, may be affected. */
  keys?: { from: Uint8Array; to: Uint8Array };
}

export interface LogFile {
  /** The records, put together again, up to the first fault. */
  records: { from: number; bytes: Buffer }[];
  /** The first fault, if there is one. */
  fault: Fault | null;
  /**
   * Where a record begins that the file ends in the middle of: what a process leaves that was killed while it
   * wrote. Nothing of it was acknowledged.
   */
  torn: number | null;
}

/** @param file a whole log file; LevelDB keeps them to about the size of its write buffer */
export function readLog(file: Buffer): LogFile {
  const records: LogFile['records'] = [];
  let parts: Buffer[] = [];
  let begin = 0;
  let at = 0;
  const done = (fault: Fault | null, torn: number | null): LogFile => ({ records, fault, torn });
  while (at < file.length) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) {
      const trailer = file.subarray(at, at + left);
      if (trailer.some((byte) => byte !== 0))
        return done(fault(at, at + left, 'a block ends in other than zeros'), null);
      at += left;
      continue;
    }
    const fragment = readFragment(file, at, left);
    if (fragment === 'torn') return done(null, parts.length > 0 ? begin : at);
    if ('message' in fragment) return done(fragment, null);
    const { type, bytes } = fragment;
    const begins = type === TYPES.full || type === TYPES.first;
    if (begins === parts.length > 0) return done(fault(at, at + HEADER_BYTES, 'a record lacks a part'), null);
    if (begins) begin = at;
    parts.push(bytes);
    if (type === TYPES.full || type === TYPES.last) {
      records.push({ from: begin, bytes: parts.length === 1 ? bytes : Buffer.concat(parts) });
      parts = [];
    }
    at += HEADER_BYTES + bytes.length;
  }
  return done(null, parts.length > 0 ? begin : null);
}

/** One record or part of one, of which at most `left` bytes fit into the block. */
function readFragment(
  file: Buffer,
  at: number,
  left: number,
): { type: number; bytes: Buffer } | Fault | 'torn' {
  if (at + HEADER_BYTES > file.length) return 'torn';
  const length = file.readUInt16LE(at + 4);
  const type = file[at + 6]!;
  const start = at + HEADER_BYTES;
  const end = start + length;
  if (HEADER_BYTES + length > left || type < TYPES.full || type > TYPES.last) {
    return fault(at, Math.min(at + left, file.length), 'a record has an impossible header');
  }
  if (end > file.length) {
    // Cut short by a kill, or a length that was altered: then the bytes that are there still have their checksum.
    const whole = maskedCrc32c(file, at + 6, file.length) === file.readUInt32LE(at);
    return whole ? fault(at, file.length, "a record's length is wrong") : 'torn';
  }
  if (maskedCrc32c(file, at + 6, end) !== file.readUInt32LE(at)) {
    return fault(at, end, "a record's checksum does not match");
  }
  return { type, bytes: file.subarray(start, end) };
}

export function fault(from: number, to: number, message: string): Fault {
  return { from, to, message };
}
