/**
 * LevelDB's table format, read for what is wrong with it: every byte of a table belongs to a block with a checksum, or
 * to the footer, which is compared whole. LevelDB reads blocks without looking at their checksums.
 *
 *     ┌──────────────┬─────┬────────┬───────────┬───────┬────────┐
 *     │ data block   │  …  │ filter │ metaindex │ index │ footer │   each block: bytes, type u8, crc32c u32
 *     └──────────────┴─────┴────────┴───────────┴───────┴────────┘   footer: two handles, zeros, 8 magic bytes
 *
 * The index names the data blocks, the metaindex the filter, the footer these two: (offset, size) as varints.
 *
 * https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
import { maskedCrc32c } from './crc32c.ts';
import { type Fault, fault } from './leveldb-log.ts';
import { snappyUncompress } from './snappy.ts';
import type { Entry } from './store.ts';
import { Cursor, encodeVarint } from './varint.ts';

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
const PLAIN = 0;
const SNAPPY = 1;

interface Handle {
  offset: number;
  size: number;
  /** In the index: no key of the block is behind it, and every key of the next one is. */
  key?: Uint8Array;
}

/** LevelDB's own keys end with eight bytes of sequence number and kind. */
const KEY_TRAILER_BYTES = 8;

/** Of a table: no key of it is before `from`, or behind `to`. */
export interface KeyRange {
  from: Uint8Array;
  to: Uint8Array;
}

const ANY: KeyRange = { from: new Uint8Array(0), to: new Uint8Array(0) };

/** The first thing that is wrong with a table, or null. */
export function checkTable(file: Buffer, keys: KeyRange = ANY): Fault | null {
  const footer = readFooter(file);
  const lost = keys === ANY ? {} : { keys };
  if (footer === null)
    return {
      ...fault(Math.max(0, file.length - FOOTER_BYTES), file.length, 'the footer is damaged'),
      ...lost,
    };
  try {
    const broken = checkBlock(file, footer.index);
    return broken === null ? checkBlocks(file, footer, keys.from) : { ...broken, ...lost };
  } catch (error) {
    const what = `its index cannot be read: ${(error as Error).message}`;
    return { ...fault(0, file.length, what), ...lost };
  }
}

/** The records of a table that can be read, of the blocks that are wanted by what keys they hold. */
export function* tableEntries(
  file: Buffer,
  wants: (from: Uint8Array, to: Uint8Array) => boolean,
): Generator<Entry> {
  const footer = readFooter(file);
  if (footer === null || checkBlock(file, footer.index) !== null) return;
  let behind: Uint8Array = ANY.from;
  for (const block of handlesIn(file, footer.index)) {
    const to = block.key ?? behind;
    if (wants(behind, to) && checkBlock(file, block) === null) yield* entriesIn(file, block);
    behind = to;
  }
}

function checkBlocks(
  file: Buffer,
  { index, metaindex }: { index: Handle; metaindex: Handle },
  first: Uint8Array,
): Fault | null {
  const broken = checkBlock(file, metaindex);
  if (broken !== null) return broken;
  const blocks = [...handlesIn(file, index), ...handlesIn(file, metaindex), metaindex, index];
  let at = 0;
  let behind = first;
  for (const block of blocks) {
    if (block.offset !== at) return fault(at, Math.max(at, block.offset), 'bytes belong to no block');
    const damaged = checkBlock(file, block);
    if (damaged !== null)
      return block.key === undefined ? damaged : { ...damaged, keys: { from: behind, to: block.key } };
    at += block.size + TRAILER_BYTES;
    behind = block.key ?? behind;
  }
  return at === file.length - FOOTER_BYTES ? null : fault(at, file.length, 'bytes belong to no block');
}

function checkBlock(file: Buffer, { offset, size }: Handle): Fault | null {
  const end = offset + size;
  if (end + TRAILER_BYTES > file.length - FOOTER_BYTES)
    return fault(offset, file.length, 'a block is cut off');
  if (maskedCrc32c(file, offset, end + 1) === file.readUInt32LE(end + 1)) return null;
  return fault(offset, end + TRAILER_BYTES, "a block's checksum does not match");
}

/** The handles that a block of an index holds as its values. */
function handlesIn(file: Buffer, handle: Handle): Handle[] {
  return [...entriesIn(file, handle)].map(({ key, value }) => ({ ...readHandle(new Cursor(value)), key }));
}

/** The entries of a block; each key lacks what it shares with the one before. */
function* entriesIn(file: Buffer, handle: Handle): Generator<Entry> {
  const block = blockBytes(file, handle);
  const restarts = new DataView(block.buffer, block.byteOffset).getUint32(block.length - 4, true);
  const cursor = new Cursor(block.subarray(0, block.length - 4 * (restarts + 1)));
  let key = new Uint8Array(0);
  while (!cursor.ended) {
    const shared = cursor.varint();
    const fresh = cursor.varint();
    const length = cursor.varint();
    key = Buffer.concat([key.subarray(0, shared), cursor.take(fresh)]);
    yield { key: userKey(key), value: cursor.take(length) };
  }
}

export function userKey(key: Uint8Array): Uint8Array {
  return key.subarray(0, -KEY_TRAILER_BYTES);
}

function blockBytes(file: Buffer, { offset, size }: Handle): Uint8Array {
  const bytes = file.subarray(offset, offset + size);
  switch (file[offset + size]) {
    case PLAIN:
      return bytes;
    case SNAPPY:
      return snappyUncompress(bytes);
    default:
      throw new RangeError('a block has an unknown type');
  }
}

function readFooter(file: Buffer): { index: Handle; metaindex: Handle } | null {
  if (file.length < FOOTER_BYTES) return null;
  const footer = file.subarray(-FOOTER_BYTES);
  try {
    const cursor = new Cursor(footer);
    const metaindex = readHandle(cursor);
    const index = readHandle(cursor);
    const handles = [metaindex, index].flatMap(({ offset, size }) => [
      ...encodeVarint(offset),
      ...encodeVarint(size),
    ]);
    const expected = Buffer.alloc(FOOTER_BYTES);
    expected.set(handles);
    expected.set(MAGIC, FOOTER_BYTES - MAGIC.length);
    return expected.equals(footer) ? { metaindex, index } : null;
  } catch {
    return null;
  }
}

function readHandle(cursor: Cursor): Handle {
  return { offset: cursor.varint(), size: cursor.varint() };
}
