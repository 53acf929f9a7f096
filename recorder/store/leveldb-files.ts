/**
 * The files of a LevelDB, looked at without opening it: which of them make up the store, and whether a byte of them
 * was altered. LevelDB verifies no checksum of a table it reads and drops the damaged end of a log in silence; and
 * opening rewrites files, so what was wrong with them has to be found before.
 *
 *     CURRENT ──▶ MANIFEST-n ──▶ the tables that are live, and from which log on
 *                     │
 *                     ├── NNNNNN.ldb   tables (leveldb-table.ts)
 *                     └── NNNNNN.log   what is not in a table yet (leveldb-log.ts)
 *
 * https://github.com/google/leveldb/blob/main/doc/impl.md
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fault, fault, type LogFile, readLog } from './leveldb-log.ts';
import { checkTable, type KeyRange, userKey } from './leveldb-table.ts';
import { readRegularFile } from './regular-file.ts';
import { Cursor } from './varint.ts';

/** LevelDB makes files of about 8 MiB, and larger ones only of single values that are. */
const FILE_BYTES = 1 << 30;

export interface FileFault extends Fault {
  file: string;
}

export interface CheckOptions {
  /** The store is open in this process: logs grow while they are read, tables come and go. */
  running?: boolean;
  /**
   * Of the tables only the newest, up to so many bytes in total; a missing one is left to LevelDB, which notices.
   * Default: all.
   */
  newest?: number;
  signal?: AbortSignal | undefined;
}

interface Table {
  size: number;
  keys: KeyRange;
}

interface Version {
  tables: Map<number, Table>;
  /** Older logs are left over. */
  log: number;
}

/** Everything that is wrong with the files of the LevelDB in `directory`. One that does not exist has no faults. */
export async function* checkFiles(directory: string, options: CheckOptions = {}): AsyncGenerator<FileFault> {
  const names = await readdir(directory).catch(() => []);
  if (!names.some((name) => /^MANIFEST-|\.(log|ldb|sst)$/.test(name))) return;
  const version = await readVersion(directory);
  if ('file' in version) return yield version;
  yield* checkLogs(directory, liveLogs(names, version), options);
  for (const [number, table] of tablesToCheck(version, options)) {
    options.signal?.throwIfAborted();
    const found = await checkTableFile(directory, number, table, options);
    if (found !== null) yield found;
  }
}

export interface LiveFiles {
  tables: string[];
  logs: string[];
}

/** The files that hold the records of the LevelDB in `directory`; null where it cannot be told. */
export async function liveFiles(directory: string): Promise<LiveFiles | null> {
  const version = await readVersion(directory);
  if ('file' in version) return null;
  const tables = [...version.tables.keys()].sort((a, b) => a - b).map((number) => `${stemOf(number)}.ldb`);
  return { tables, logs: liveLogs(await readdir(directory), version) };
}

function liveLogs(names: string[], version: Version): string[] {
  return names.filter((name) => name.endsWith('.log') && Number.parseInt(name, 10) >= version.log).sort();
}

/** Oldest first. */
function tablesToCheck({ tables }: Version, { newest = Number.POSITIVE_INFINITY }: CheckOptions) {
  const chosen: [number, Table][] = [];
  let bytes = 0;
  for (const table of [...tables].sort(([a], [b]) => b - a)) {
    bytes += table[1].size;
    if (bytes > newest) break;
    chosen.unshift(table);
  }
  return chosen;
}

async function* checkLogs(
  directory: string,
  names: string[],
  { running }: CheckOptions,
): AsyncGenerator<FileFault> {
  for (const name of names) {
    const bytes = await readFileOf(directory, name);
    if (bytes === null) continue;
    const log = readLog(bytes);
    const last = name === names.at(-1);
    const wrong =
      log.fault ?? tornBeforeTheEnd(log, last, bytes.length) ?? (running ? null : checkBatches(log));
    if (wrong !== null) yield { file: name, ...wrong };
  }
}

/** Only the log that was written to last can end in half a record. */
function tornBeforeTheEnd({ torn }: LogFile, last: boolean, size: number): Fault | null {
  return torn === null || last ? null : fault(torn, size, 'a record is cut off');
}

/**
 * Every record of a log is a batch: u64 LE number of its first entry, u32 LE how many; the next goes on from there.
 * https://github.com/google/leveldb/blob/main/db/write_batch.cc
 */
function checkBatches({ records }: LogFile): Fault | null {
  let expected: bigint | null = null;
  for (const { from, bytes } of records) {
    if (bytes.length < 12) return fault(from, from + bytes.length, 'a batch is too short');
    const first = bytes.readBigUInt64LE(0);
    if (expected !== null && first !== expected)
      return fault(from, from + 12, 'a batch is missing before this one');
    expected = first + BigInt(bytes.readUInt32LE(8));
  }
  return null;
}

async function checkTableFile(
  directory: string,
  number: number,
  { size, keys }: Table,
  { running, newest }: CheckOptions,
): Promise<FileFault | null> {
  const stem = stemOf(number);
  const file = `${stem}.ldb`;
  const bytes = (await readFileOf(directory, file)) ?? (await readFileOf(directory, `${stem}.sst`));
  if (bytes === null)
    return running || newest !== undefined ? null : { file, ...fault(0, size, 'the file is missing'), keys };
  if (bytes.length !== size) {
    return {
      file,
      ...fault(Math.min(size, bytes.length), Math.max(size, bytes.length), `it should have ${size} bytes`),
      keys,
    };
  }
  const found = checkTable(bytes, keys);
  return found === null ? null : { file, ...found };
}

function stemOf(number: number): string {
  return String(number).padStart(6, '0');
}

async function readVersion(directory: string): Promise<Version | FileFault> {
  const current = await readFileOf(directory, 'CURRENT');
  if (current === null) return { file: 'CURRENT', ...fault(0, 0, 'the file is missing') };
  const file = /^(MANIFEST-[0-9]{6,})\n$/.exec(current.toString('latin1'))?.[1];
  if (file === undefined) return { file: 'CURRENT', ...fault(0, current.length, 'it names no MANIFEST') };
  const bytes = await readFileOf(directory, file);
  if (bytes === null) return { file, ...fault(0, 0, 'the file is missing') };
  const log = readLog(bytes);
  if (log.fault !== null) return { file, ...log.fault };
  try {
    return applyEdits(log.records.map((record) => record.bytes));
  } catch (error) {
    return { file, ...fault(0, bytes.length, (error as Error).message) };
  }
}

/**
 * The MANIFEST's records are edits of the list of files. Tags: 1 comparator, 2 log number, 3 next file, 4 last entry,
 * 5 compaction pointer, 6 table deleted, 7 table added, 9 log before.
 * https://github.com/google/leveldb/blob/main/db/version_edit.cc
 */
function applyEdits(records: readonly Uint8Array[]): Version {
  const version: Version = { tables: new Map(), log: 0 };
  for (const record of records) {
    const cursor = new Cursor(record);
    while (!cursor.ended) applyTag(version, cursor);
  }
  return version;
}

function applyTag(version: Version, cursor: Cursor): void {
  const tag = cursor.varint();
  switch (tag) {
    case 1:
      cursor.slice();
      return;
    case 2:
      version.log = cursor.varint();
      return;
    case 3:
    case 4:
    case 9:
      cursor.varint();
      return;
    case 5:
      cursor.varint();
      cursor.slice();
      return;
    case 6:
      cursor.varint();
      version.tables.delete(cursor.varint());
      return;
    case 7: {
      cursor.varint();
      const number = cursor.varint();
      const size = cursor.varint();
      const [from, to] = [userKey(cursor.slice()), userKey(cursor.slice())];
      version.tables.set(number, { size, keys: { from, to } });
      return;
    }
    default:
      throw new RangeError(`it holds an edit of unknown kind ${tag}`);
  }
}

/** Null where it is not there. */
export async function readFileOf(directory: string, name: string): Promise<Buffer | null> {
  return (await readRegularFile(join(directory, name), { limit: FILE_BYTES, links: true }))?.bytes ?? null;
}
