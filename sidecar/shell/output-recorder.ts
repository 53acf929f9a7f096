/**
 * Record, then forward: bytes of output wait here until the journal has stored them, and only then go on.
 *
 *   terminal ──push──▶ collecting ──append──▶ in flight ──stored──▶ forward ──▶ the user's screen
 *
 * The first bytes after a pause go at once, so that typing feels direct; in a flood they are collected into
 * chunks, because an event costs the same whether it holds 1 byte or 64 KB.
 */
import type { Draft, Micros, SessionId } from '../../recorder/audit/event.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import type { Clock } from '../clock.ts';

/** Longest time that bytes wait for company. */
const COLLECT_MS = 15;
/** A chunk this large goes without waiting; what piles up behind a slow journal is stored in pieces of this size. */
const CHUNK_BYTES = 1 << 16;
/** Chunks of which the journal has not yet said that they are stored; more would only queue up there. */
const IN_FLIGHT = 4;
/** Source stops above, and goes on below half of it. */
const HIGH_WATER = 1 << 20;

export interface OutputRecorderOptions {
  journal: Journal;
  session: SessionId;
  clock: Clock;
  /** Shows what has been stored. Resolves when the receiver can take more. */
  forward: (bytes: Uint8Array) => Promise<void> | void;
  /** Told when to stop and to go on producing. */
  throttle: (stop: boolean) => void;
  /** Told once, when the journal failed or the receiver did: nothing more is forwarded. */
  failed: (error: unknown) => void;
}

export class OutputRecorder {
  readonly #options: OutputRecorderOptions;
  /** What is collected: full pieces, and the one that is being filled. */
  #pieces: Buffer[] = [];
  #piece = Buffer.alloc(0);
  #filled = 0;
  #since: Micros = 0;
  #collected = 0;
  /** Collected and in flight, in bytes. */
  #held = 0;
  #inFlight = 0;
  #lastFlush = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #broken = false;
  /** The end of the chain of chunks: settles when all so far have been stored and forwarded. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: OutputRecorderOptions) {
    this.#options = options;
  }

  /** Takes a copy: a reader can use one buffer again and again. */
  push(bytes: Uint8Array): void {
    if (this.#broken || bytes.length === 0) return;
    if (this.#collected === 0) this.#since = this.#options.clock.now();
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(this.#fill(rest));
    this.#collected += bytes.length;
    this.#held += bytes.length;
    this.#throttle();
    this.#schedule();
  }

  /**
   * Hands what is collected to the journal now, so that an event appended next stands behind it. Everything
   * of a session that is not output must call this first: times in a session never go backwards.
   */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#collected === 0 || this.#broken) return;
    const pieces = [...this.#pieces, this.#piece.subarray(0, this.#filled)];
    const at = this.#since;
    const drafts = pieces.map((content): Draft => ({ at, body: { type: 'session.output', content } }));
    this.#forget();
    this.#lastFlush = performance.now();
    this.#inFlight += 1;
    const stored = this.#options.journal.append(this.#options.session, drafts);
    stored.catch(() => undefined); // reported by the chain, in order
    this.#tail = this.#tail.then(() => this.#deliver(stored, pieces)).catch((error) => this.#fail(error));
  }

  /** Resolves when everything pushed so far is stored and forwarded (or the recorder has failed). */
  async settled(): Promise<void> {
    this.flush();
    await this.#tail;
  }

  async #deliver(stored: Promise<void>, pieces: readonly Uint8Array[]): Promise<void> {
    await stored;
    for (const bytes of pieces) {
      if (this.#broken) return;
      await this.#options.forward(bytes);
      this.#held -= bytes.length;
    }
    this.#inFlight -= 1;
    this.#throttle();
    this.#schedule();
  }

  /** Copies what fits into the present piece; returns how much. */
  #fill(bytes: Uint8Array): number {
    if (this.#filled === this.#piece.length) this.#grow(bytes.length);
    const length = Math.min(bytes.length, this.#piece.length - this.#filled);
    this.#piece.set(bytes.subarray(0, length), this.#filled);
    this.#filled += length;
    return length;
  }

  /** A keystroke's echo gets a small piece, a flood full ones, which go to the journal as they are. */
  #grow(wanted: number): void {
    if (this.#filled === CHUNK_BYTES) {
      this.#pieces.push(this.#piece);
      this.#filled = 0;
      this.#piece = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      return;
    }
    const larger = Buffer.allocUnsafe(this.#filled === 0 ? Math.min(wanted, CHUNK_BYTES) : CHUNK_BYTES);
    this.#piece.copy(larger, 0, 0, this.#filled);
    this.#piece = larger;
  }

  #forget(): void {
    this.#pieces = [];
    this.#piece = Buffer.alloc(0);
    this.#filled = 0;
    this.#collected = 0;
  }

  #schedule(): void {
    if (this.#collected === 0 || this.#broken) return;
    const quiet = performance.now() - this.#lastFlush;
    const now = this.#inFlight === 0 ? quiet >= COLLECT_MS : false;
    if (now || (this.#collected >= CHUNK_BYTES && this.#inFlight < IN_FLIGHT)) {
      this.flush();
    } else if (this.#timer === undefined && this.#inFlight === 0) {
      this.#timer = setTimeout(() => this.flush(), Math.max(1, COLLECT_MS - quiet));
    }
  }

  #throttle(): void {
    if (!this.#stopped && this.#held > HIGH_WATER) {
      this.#stopped = true;
      this.#options.throttle(true);
    } else if (this.#stopped && this.#held < HIGH_WATER / 2) {
      this.#stopped = false;
      this.#options.throttle(false);
    }
  }

  #fail(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    clearTimeout(this.#timer);
    this.#forget();
    // A source that stays stopped would never reach its end.
    if (this.#stopped) this.#options.throttle(false);
    this.#options.failed(error);
  }
}
