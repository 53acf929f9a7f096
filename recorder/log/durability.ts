/**
 * From *stored* (survives `kill -9`) to *durable* (survives a power cut): one fsync for all that was appended in
 * the last 50 ms, and then, before any of it counts as durable, a signed checkpoint over it, synced to a file outside
 * the store. Does nothing while nothing is appended.
 */
import { type Signer, signCheckpoint } from '../audit/checkpoint.ts';
import type { Frontier } from '../audit/merkle.ts';
import type { ChaperoneError } from '../errors.ts';
import { replaceFile } from '../store/atomic-file.ts';
import { storeFault } from '../store/fault.ts';
import type { Store } from '../store/store.ts';

/** A little under the promise, so that the fsync itself has some of the time. */
const GROUP_MS = 40;

export interface DurabilityOptions {
  store: Store;
  signer: Signer;
  /** Path of DATA/checkpoint. */
  path: string;
  /** What is stored now. Immutable once handed out. */
  head: () => Frontier;
  /** Called when an fsync or the checkpoint failed: the log must accept nothing more until it recovered. */
  failed: (error: ChaperoneError) => void;
}

export class Durability {
  readonly #options: DurabilityOptions;
  readonly #waiting: { size: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  #size: number;
  #note: string;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;

  /** @param note the checkpoint that is in the file now, over `size` leaves */
  constructor(options: DurabilityOptions, size: number, note: string) {
    this.#options = options;
    this.#size = size;
    this.#note = note;
  }

  /** The latest checkpoint that is on disk. */
  get note(): string {
    return this.#note;
  }

  /** To be called after each batch. */
  stored(): void {
    if (this.#running === null) this.#timer ??= setTimeout(() => this.#start(), GROUP_MS);
  }

  /** Resolves once the first `size` leaves are durable. */
  reach(size: number, now: boolean): Promise<void> {
    if (size <= this.#size) return Promise.resolve();
    const reached = new Promise<void>((resolve, reject) => this.#waiting.push({ size, resolve, reject }));
    if (now && this.#running === null) this.#start();
    else this.stored();
    return reached;
  }

  /** After a failure: makes what is stored durable, or says why not. */
  async recover(): Promise<void> {
    while (this.#running !== null) await this.#running;
    await this.#run();
  }

  #start(): void {
    this.#run().catch((cause) => {
      const error = storeFault(cause, this.#options.path);
      for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
      this.#options.failed(error);
    });
  }

  /** One round at a time; another follows where more was stored meanwhile. */
  #run(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const round = this.#advance();
    this.#running = round
      .then(
        () => true,
        () => false,
      )
      .then((succeeded) => {
        this.#running = null;
        if (this.#waiting.length > 0) this.#start();
        else if (succeeded && this.#options.head().size > this.#size) this.stored();
      });
    return round;
  }

  async #advance(): Promise<void> {
    const { store, signer, path, head } = this.#options;
    const frontier = head();
    const { size } = frontier;
    await store.sync();
    const note = size === this.#size ? this.#note : signCheckpoint({ size, root: frontier.root() }, signer);
    await replaceFile(path, note);
    this.#size = size;
    this.#note = note;
    for (const waiter of this.#waiting.filter((one) => one.size <= size)) waiter.resolve();
    const later = this.#waiting.filter((one) => one.size > size);
    this.#waiting.splice(0, this.#waiting.length, ...later);
  }
}
