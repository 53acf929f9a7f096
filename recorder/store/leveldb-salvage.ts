/**
 * What can still be read of a damaged LevelDB, without LevelDB, which could abort on it: the records in the blocks whose
 * checksums match, and in the logs up to where they are damaged. Older versions of a record come too, in no order.
 *
 *     a log's record: u64 LE number of the first entry, u32 LE how many, then  1 key value  or  0 key
 *
 * https://github.com/google/leveldb/blob/main/db/write_batch.cc
 */
import { liveFiles, readFileOf } from './leveldb-files.ts';
import { readLog } from './leveldb-log.ts';
import { tableEntries } from './leveldb-table.ts';
import type { Entry } from './store.ts';
import { Cursor } from './varint.ts';

const BATCH_HEADER_BYTES = 12;

export interface SalvageOptions {
  /** Whether to read a block whose keys are behind `from`, up to `to`. */
  wants: (from: Uint8Array, to: Uint8Array) => boolean;
  signal?: AbortSignal | undefined;
}

/** @throws RangeError where the files cannot be understood, or were rewritten meanwhile */
export async function* readableEntries(
  directory: string,
  { wants, signal }: SalvageOptions,
): AsyncGenerator<Entry> {
  const files = await liveFiles(directory);
  if (files === null) throw new RangeError('which files make up the store is not known');
  for (const name of files.tables) {
    signal?.throwIfAborted();
    yield* tableEntries((await readFileOf(directory, name)) ?? Buffer.alloc(0), wants);
  }
  for (const name of files.logs) {
    for (const { bytes } of readLog((await readFileOf(directory, name)) ?? Buffer.alloc(0)).records)
      yield* batchEntries(bytes);
  }
  // A store in use may have merged its files meanwhile, and what was in them was read twice, or not at all.
  const { tables } = (await liveFiles(directory)) ?? { tables: [] };
  if (tables.join() !== files.tables.join()) throw new RangeError('the store was rewritten meanwhile');
}

function* batchEntries(batch: Uint8Array): Generator<Entry> {
  const cursor = new Cursor(batch, BATCH_HEADER_BYTES);
  while (!cursor.ended) {
    const put = cursor.take(1)[0] === 1;
    const key = cursor.slice();
    if (put) yield { key, value: cursor.slice() };
  }
}
