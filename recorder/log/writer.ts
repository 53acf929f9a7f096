/**
 * The one writer of a log: appends of many sessions queue up while a batch is being stored, and go together into
 * the next. Fails closed: after a failure of the medium every append is refused until the store has recovered, which
 * each new append tries first.
 */
import type { Draft } from '../audit/event.ts';
import { equal, type Frontier } from '../audit/merkle.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { KEYS } from '../store/keys.ts';
import { type Packed, Packer } from '../store/packer.ts';
import type { Store } from '../store/store.ts';
import { Batch, type Place } from './batch.ts';
import type { Bell } from './bell.ts';
import { Durability, type DurabilityOptions } from './durability.ts';
import { Effort } from './effort.ts';
import { frontierAt, storedSize } from './stored-tree.ts';
import { decodeTail } from './tail.ts';

/** A batch takes what has queued up, up to about this much. */
const BATCH_BYTES = 2 << 20;
const BATCH_APPENDS = 512;

interface Append {
  session: SessionId;
  drafts: readonly Draft[];
  /** The contents of a flood, which are made ready while earlier batches are stored. */
  packed: Promise<Packed[] | null> | null;
  resolve: () => void;
  reject: (error: Error) => void;
}

export interface WriterOptions {
  store: Store;
  bell: Bell;
  /** Whether an append resolves when it is stored, or only when it is durable. */
  sync: 'grouped' | 'always';
  checkpoint: Pick<DurabilityOptions, 'signer' | 'path'> & { size: number; note: string };
}

export class Writer {
  /** Sessions whose writer is in this process. */
  readonly live = new Set<SessionId>();
  readonly #options: WriterOptions;
  readonly #durability: Durability;
  readonly #places = new Map<SessionId, Place>();
  readonly #effort = new Effort();
  readonly #packer = new Packer();
  readonly #queue: Append[] = [];
  #frontier: Frontier;
  #running: Promise<void> | null = null;
  /** The last batch had several appends in it. */
  #crowded = false;
  #failure: ChaperoneError | null = null;
  #closed = false;

  constructor(frontier: Frontier, options: WriterOptions) {
    this.#frontier = frontier;
    this.#options = options;
    const { checkpoint, store } = options;
    this.#durability = new Durability(
      {
        store,
        signer: checkpoint.signer,
        path: checkpoint.path,
        head: () => this.#frontier,
        failed: (error) => this.#fail(error),
      },
      checkpoint.size,
      checkpoint.note,
    );
  }

  get size(): number {
    return this.#frontier.size;
  }

  get note(): string {
    return this.#durability.note;
  }

  append(session: SessionId, drafts: readonly Draft[]): Promise<void> {
    if (this.#closed) return Promise.reject(new ChaperoneError('STORE_CLOSED', 'the audit log is closed'));
    return this.#enqueue(session, drafts);
  }

  /** Everything appended so far survives a power cut. */
  async durable(): Promise<void> {
    // An append of nothing takes its turn behind all others, and recovers a store that has failed.
    await this.#enqueue(SYSTEM, []);
    await this.#durability.reach(this.size, true);
  }

  /** The writer of this session is gone; without its end it counts as cut off. */
  release(session: SessionId): void {
    this.live.delete(session);
    this.#places.delete(session);
    this.#options.bell.ring(session);
  }

  /** Stores and makes durable what was appended; appends nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.durable();
    } finally {
      await this.#packer.close();
    }
    this.#options.bell.ringAll();
  }

  #enqueue(session: SessionId, drafts: readonly Draft[]): Promise<void> {
    const packed = this.#prepack(drafts);
    return new Promise((resolve, reject) => {
      this.#queue.push({ session, drafts, packed, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** In a flood: so much at once, or more than there is time for anything but the least. */
  #prepack(drafts: readonly Draft[]): Append['packed'] {
    const contents = outputOf(drafts);
    if (contents === null || !(contents.length > 1 || this.#effort.spent)) return null;
    const packed = this.#packer.offer(contents);
    if (packed !== null) this.#effort.hold();
    return packed;
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        // What comes alone, as a rule, does not wait for company that will not come.
        await (this.#crowded ? roundOver() : null);
        const appends = this.#take();
        this.#crowded = appends.length > 1;
        await this.#storeOne(appends);
      }
    } finally {
      this.#running = null;
    }
  }

  /** What goes into the next batch, the appends of one session side by side: that makes long runs. */
  #take(): Append[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && count < BATCH_APPENDS && bytes < BATCH_BYTES) {
      for (const { body } of this.#queue[count]!.drafts)
        bytes += 'content' in body ? body.content.length : 512;
      count += 1;
    }
    const taken = this.#queue.splice(0, count);
    return taken.sort((a, b) => (a.session < b.session ? -1 : a.session > b.session ? 1 : 0));
  }

  async #storeOne(appends: Append[]): Promise<void> {
    let accepted = appends;
    try {
      if (this.#failure !== null) await this.#recover();
      if (appends.some(({ session }) => !this.#places.has(session))) await this.#loadPlaces(appends);
      const batch = new Batch(this.#frontier.copy(), this.#places, this.#effort);
      const flood = appends.some(({ packed }) => packed !== null);
      const packed = flood ? await Promise.all(appends.map((append) => append.packed)) : [];
      accepted = appends.filter((append, i) => accept(batch, append, packed[i]));
      const writes = batch.writes();
      if (writes.length > 0) {
        await this.#options.store.write(writes);
        this.#adopt(batch);
      }
    } catch (cause) {
      const error = cause as ChaperoneError;
      if (error.code !== 'STORE_CLOSED') this.#fail(error);
      for (const append of accepted) append.reject(error);
      return;
    } finally {
      for (const { session } of appends) if (!this.live.has(session)) this.#places.delete(session);
    }
    this.#acknowledge(accepted);
  }

  #adopt(batch: Batch): void {
    this.#frontier = batch.frontier;
    for (const [session, place] of batch.places) {
      if (place.tail.ended === undefined) {
        this.#places.set(session, place);
        this.live.add(session);
      } else {
        this.#places.delete(session);
        this.live.delete(session);
      }
      this.#options.bell.ring(session);
    }
    this.#durability.stored();
  }

  #acknowledge(appends: readonly Append[]): void {
    if (this.#options.sync === 'grouped') {
      for (const { resolve } of appends) resolve();
      return;
    }
    const durable = this.#durability.reach(this.size, true);
    for (const { resolve, reject } of appends) durable.then(resolve, reject);
  }

  async #loadPlaces(appends: readonly Append[]): Promise<void> {
    const unknown = [...new Set(appends.map(({ session }) => session))].filter((id) => !this.#places.has(id));
    const values = await this.#options.store.getMany(unknown.map(KEYS.session));
    unknown.forEach((id, i) => {
      const value = values[i];
      if (value !== undefined) this.#places.set(id, { tail: decodeTail(value), context: null });
    });
  }

  #fail(error: ChaperoneError): void {
    this.#failure ??= error;
  }

  /** Reopens the store, checks that nothing acknowledged is missing, and makes it durable before going on. */
  async #recover(): Promise<void> {
    const { store } = this.#options;
    await store.recover();
    const acknowledged = this.#frontier;
    const size = await storedSize(store);
    if (
      size < acknowledged.size ||
      !equal((await frontierAt(store, acknowledged.size)).root(), acknowledged.root())
    ) {
      throw new ChaperoneError(
        'STORE_CORRUPT',
        'the store came back without events that it had acknowledged',
      );
    }
    this.#frontier = await frontierAt(store, size);
    this.#places.clear();
    await this.#durability.recover();
    this.#failure = null;
  }
}

/**
 * Resolves behind all that is ready now: what many connections have brought in one round of the event loop goes into
 * one batch, which costs about as much as one event does. It takes microseconds where nothing else is ready.
 */
function roundOver(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The contents of drafts that are output and nothing else. */
function outputOf(drafts: readonly Draft[]): Uint8Array[] | null {
  const contents: Uint8Array[] = [];
  for (const { body } of drafts) {
    if (body.type !== 'session.output' || !(body.content instanceof Uint8Array)) return null;
    contents.push(body.content);
  }
  return contents;
}

/** Refuses one append without touching its neighbours. */
function accept(batch: Batch, append: Append, packed: Packed[] | null | undefined): boolean {
  try {
    batch.add(append.session, append.drafts, packed);
    return true;
  } catch (error) {
    append.reject(error as Error);
    return false;
  }
}
