/**
 * A thread beside that of the log, which takes over what costs most where a lot comes at once: committing to content and
 * compressing it. Reading goes on meanwhile.
 *
 * It only saves time. Where it is not there (not yet, or no more), or has enough to do, the caller does the same by itself.
 */
import { Worker } from 'node:worker_threads';
import type { ContentRef } from '../audit/units.ts';
import { newSalt, packedBytes, SALT_BYTES } from './content.ts';
import type { PackAnswer, PackTask } from './pack-worker.ts';

/** Content that is ready to be stored: what the leaf says of it, and the value. */
export interface Packed {
  ref: ContentRef;
  value: Buffer;
}

/** Less than this at once is done sooner than handed over. */
const WORTHWHILE = 128 << 10;
/** One message: 384 KiB of content (what is read at once goes on top of what a writer collects), and behind it what it becomes. */
const BUFFER_BYTES = (768 << 10) + (4 << 10);
/** How many are under way; together they are all the memory that this takes. */
const BUFFERS = 8;

/** All that it makes is garbage a moment later: it should not wait for more of it than that. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

const SCRIPT = import.meta.url.endsWith('.ts') ? './pack-worker.ts' : './pack-worker.js';

export class Packer {
  #worker: Worker | null = null;
  #state: 'idle' | 'starting' | 'ready' | 'gone' = 'idle';
  readonly #spare: ArrayBuffer[] = [];
  #made = 0;
  readonly #waiting: ((packed: Packed[] | null) => void)[] = [];

  /**
   * Takes copies of the contents. Null where the caller has to do it; the promise is for null where it has to
   * after all. Nothing is ever lost with the thread but time.
   */
  offer(contents: readonly Uint8Array[]): Promise<Packed[] | null> | null {
    const bytes = contents.reduce((sum, { length }) => sum + length, 0);
    const room = contents.reduce((sum, { length }) => sum + SALT_BYTES + length + packedBytes(length), 0);
    if (bytes < WORTHWHILE || room > BUFFER_BYTES) return null;
    if (this.#state === 'idle') this.#start();
    const worker = this.#worker;
    if (this.#state !== 'ready' || worker === null) return null;
    const buffer = this.#buffer();
    if (buffer === null) return null;
    fill(buffer, contents);
    const task: PackTask = { buffer, lengths: contents.map(({ length }) => length) };
    worker.postMessage(task, [buffer]);
    // A thread without work keeps no process alive; one that somebody waits for does.
    worker.ref();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stop();
    await worker?.terminate();
  }

  #start(): void {
    this.#state = 'starting';
    const worker = newWorker();
    if (worker === null) {
      this.#stop();
      return;
    }
    worker.unref();
    worker.once('online', () => {
      if (this.#state === 'starting') this.#state = 'ready';
    });
    worker.on('message', (answer: PackAnswer) => this.#answered(answer));
    worker.on('error', () => this.#stop());
    worker.on('exit', () => this.#stop());
    this.#worker = worker;
  }

  #answered({ buffer, packed }: PackAnswer): void {
    this.#waiting.shift()?.(collect(buffer, packed));
    this.#spare.push(buffer);
    if (this.#waiting.length === 0) this.#worker?.unref();
  }

  /** Who still waits does it without us. */
  #stop(): void {
    this.#state = 'gone';
    this.#worker = null;
    this.#spare.length = 0;
    for (const resolve of this.#waiting.splice(0)) resolve(null);
  }

  #buffer(): ArrayBuffer | null {
    const spare = this.#spare.pop();
    if (spare !== undefined || this.#made === BUFFERS) return spare ?? null;
    this.#made += 1;
    return new ArrayBuffer(BUFFER_BYTES);
  }
}

/** Null where no further thread is allowed. Nothing of how this process was started is for the thread. */
function newWorker(): Worker | null {
  try {
    return new Worker(new URL(SCRIPT, import.meta.url), { execArgv: [], env: {}, resourceLimits: LIMITS });
  } catch {
    return null;
  }
}

function fill(buffer: ArrayBuffer, contents: readonly Uint8Array[]): void {
  const all = new Uint8Array(buffer);
  let at = 0;
  for (const bytes of contents) {
    all.set(newSalt(), at);
    all.set(bytes, at + SALT_BYTES);
    at += SALT_BYTES + bytes.length;
  }
}

/** Copies the values out, for the buffer is used again. */
function collect(buffer: ArrayBuffer, packed: PackAnswer['packed']): Packed[] {
  let at = packed.reduce((sum, { ref }) => sum + SALT_BYTES + ref.bytes, 0);
  return packed.map(({ ref, length }) => {
    const value = Buffer.from(Buffer.from(buffer, at, length));
    at += length;
    return { ref, value };
  });
}
