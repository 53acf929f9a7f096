/**
 * The port on LevelDB.
 *
 * `write` hands a batch to the kernel (LevelDB's log is written through at each batch). `sync` flushes the
 * log files itself instead of asking for a synced write: LevelDB's own sync covers only the newest log file,
 * although an older one may still wait to become a table, and it would hold up every writer meanwhile.
 */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { ChaperoneError } from '../errors.ts';
import { storeFault } from './fault.ts';
import type { Entry, Range, Reader, Snapshot, Store, Write } from './store.ts';

type Database = Level<Uint8Array, Uint8Array>;

/** Content comes compressed already; Snappy still halves the events and gives up quickly on the rest. */
const OPTIONS = {
  keyEncoding: 'view',
  valueEncoding: 'view',
  writeBufferSize: 8 << 20,
  blockSize: 16 << 10,
  maxFileSize: 8 << 20,
} as const;

/** How much an iterator reads ahead. */
const READ_AHEAD = 1 << 20;

export class LevelStore implements Store {
  readonly #directory: string;
  #database: Database;
  #state: 'open' | 'failed' | 'closed' = 'open';
  readonly #now: View;
  /** Log files whose directory entry is known to be on disk. */
  #known = new Set<string>();

  private constructor(directory: string, database: Database) {
    this.#directory = directory;
    this.#database = database;
    this.#now = new View(() => this.#readable(), directory, {});
  }

  /** @throws ChaperoneError `STORE_LOCKED` where another process has it open, `STORE_CORRUPT`, `STORE_FULL` */
  static async open(directory: string): Promise<LevelStore> {
    return new LevelStore(directory, await connect(directory));
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#now.get(key);
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#now.getMany(keys);
  }

  entries(range: Range): AsyncIterable<Entry> {
    return this.#now.entries(range);
  }

  snapshot(): Snapshot {
    const snapshot = this.#database.snapshot();
    const view = new View(() => this.#readable(), this.#directory, { snapshot });
    return Object.assign(view, { close: () => snapshot.close() });
  }

  async write(batch: readonly Write[]): Promise<void> {
    if (this.#state !== 'open') throw this.#refusal();
    // Entry by entry: for our small batches this takes half the time that a list of operations does.
    const writing = this.#database.batch();
    try {
      for (const { key, value } of batch) {
        if (value === null) writing.del(key);
        else writing.put(key, value);
      }
      await writing.write();
    } catch (error) {
      // The log may end in half a record, behind which nothing would be found again: no more until `recover`.
      if (this.#state === 'open') this.#state = 'failed';
      throw storeFault(error, this.#directory);
    }
  }

  async sync(): Promise<void> {
    if (this.#state !== 'open') throw this.#refusal();
    try {
      const logs = (await readdir(this.#directory)).filter((name) => name.endsWith('.log'));
      await Promise.all(logs.map((name) => syncFile(join(this.#directory, name))));
      if (logs.some((name) => !this.#known.has(name))) {
        await syncFile(this.#directory);
        this.#known = new Set(logs);
      }
    } catch (error) {
      this.#state = 'failed';
      throw storeFault(error, this.#directory);
    }
  }

  async recover(): Promise<void> {
    if (this.#state === 'closed') throw this.#refusal();
    this.#state = 'failed';
    await this.#database.close().catch(() => undefined);
    this.#database = await connect(this.#directory);
    this.#known = new Set();
    this.#state = 'open';
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#database.close();
  }

  #readable(): Database {
    if (this.#state === 'closed') throw this.#refusal();
    return this.#database;
  }

  #refusal(): ChaperoneError {
    return this.#state === 'closed'
      ? new ChaperoneError('STORE_CLOSED', `${this.#directory} is closed`)
      : new ChaperoneError('STORE_FAILED', `${this.#directory} failed before and has not recovered yet`);
  }
}

/** Reading, from a snapshot or from what is there now. */
class View implements Reader {
  readonly #database: () => Database;
  readonly #directory: string;
  readonly #from: { snapshot?: ReturnType<Database['snapshot']> };

  constructor(
    database: () => Database,
    directory: string,
    from: { snapshot?: ReturnType<Database['snapshot']> },
  ) {
    this.#database = database;
    this.#directory = directory;
    this.#from = from;
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#read((database) => database.get(key, this.#from));
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#read((database) => database.getMany(keys as Uint8Array[], this.#from));
  }

  async *entries({ from, to, reverse = false, limit = -1 }: Range): AsyncIterable<Entry> {
    const options = { gte: from, lt: to, reverse, limit, highWaterMarkBytes: READ_AHEAD, ...this.#from };
    const iterator = await this.#read((database) => database.iterator(options));
    try {
      for (;;) {
        const entries = await this.#read(() => iterator.nextv(1000));
        if (entries.length === 0) return;
        for (const [key, value] of entries) yield { key, value };
      }
    } finally {
      await iterator.close();
    }
  }

  async #read<T>(action: (database: Database) => T | Promise<T>): Promise<T> {
    try {
      return await action(this.#database());
    } catch (error) {
      throw storeFault(error, this.#directory);
    }
  }
}

async function connect(directory: string): Promise<Database> {
  const database: Database = new Level(directory, OPTIONS);
  try {
    await database.open();
    return database;
  } catch (error) {
    throw explain(error as Error & { cause?: Error & { code?: string } }, directory);
  }
}

function explain(error: Error & { cause?: Error & { code?: string } }, directory: string): ChaperoneError {
  const cause = error.cause;
  if (cause?.code === 'LEVEL_LOCKED') {
    return new ChaperoneError('STORE_LOCKED', `${directory} is in use by another process`, { cause });
  }
  if (cause?.code === 'LEVEL_CORRUPTION' || /orruption/.test(cause?.message ?? '')) {
    const message = `${directory} is damaged (${cause?.message}): put back a backup of the whole directory`;
    return new ChaperoneError('STORE_CORRUPT', message, { cause });
  }
  return storeFault(error, directory);
}

/** A log file that is gone meanwhile has become a table, which LevelDB itself synced first. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
