/**
 * Record, then forward: bytes of output wait here until the journal has stored them, and only then go on.
 *
 *   terminal ──push──▶ collecting ──append──▶ in flight ──stored──▶ forward ──▶ the user's screen
 *
 * The first bytes after a pause go at once, so that typing feels direct; in a flood they are collected into
 * chunks, because an event costs the same whether it holds 1 byte or 64 KB.
 */
import type { Draft } from '../../recorder/audit/event.ts';
import type { Micros, SessionId } from '../../recorder/audit/units.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import type { Clock } from '../clock.ts';
import { patience } from '../mask/stream.ts';
import { giveBack, recycled } from '../recycled.ts';
import { EVENT_BYTES, enter, leave, share } from './output-share.ts';

/** Longest time that bytes wait for company. */
const COLLECT_MS = 15;
/** Chunks of which the journal has not yet said that they are stored; more would only queue up there. */
const IN_FLIGHT = 4;

const EMPTY = Buffer.alloc(0);

/** Bytes as they are stored and as they are shown: one object where both are the same. */
interface Shown {
  record: Uint8Array;
  agent: Uint8Array;
}

/** See sidecar/mask/stream.ts. */
export interface OutputMask {
  push(bytes: Uint8Array): Shown;
  /** Lets go of what is held back. */
  release(): Shown;
  /** Bytes that are held back until more has come. */
  readonly held: number;
}

/** What is in one event, or a few, and what is shown once it is stored. */
interface Chunk {
  stored: Buffer;
  shown: Uint8Array;
  /** Bytes of the stream that it stands for. */
  covers: number;
  /** Memory that is ours to use again. */
  own?: Buffer;
}

export interface OutputRecorderOptions {
  journal: Journal;
  session: SessionId;
  clock: Clock;
  /** Which stream it is, where there is no terminal to join the two. */
  stream?: 'stderr';
  /** Masks what is stored, and what is shown; each as it is where there is none. */
  mask?: OutputMask;
  /** What has to be shown before that which is stored next: output of another stream. */
  after?: () => Promise<void>;
  /**
   * Shows what has been stored. Resolves when the receiver can take more, and has no more use for `bytes`.
   * @param covers how many bytes of the stream it stands for: masking changes lengths
   */
  forward: (bytes: Uint8Array, covers: number) => Promise<void> | void;
  /** Told when to stop and to go on producing. */
  throttle: (stop: boolean) => void;
  /** Told once, when the journal failed or the receiver did: nothing more is forwarded. */
  failed: (error: unknown) => void;
}

export class OutputRecorder {
  readonly #options: OutputRecorderOptions;
  /** What is collected: full chunks, and the one that is being filled. */
  #full: Buffer[] = [];
  #chunk: Buffer = EMPTY;
  #filled = 0;
  #since: Micros = 0;
  /** Bytes that were pushed and let go of, and for which no event stands yet. */
  #uncovered = 0;
  #collected = 0;
  /** Collected and in flight, in bytes. */
  #held = 0;
  #inFlight = 0;
  #lastFlush = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  /** How often something came. */
  #pushed = 0;
  #stopped = false;
  #broken = false;
  /** The end of the chain of chunks: settles when all so far have been stored and forwarded. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: OutputRecorderOptions) {
    this.#options = options;
  }

  /** Takes a copy: a reader can use one buffer again and again. */
  push(bytes: Uint8Array): void {
    const { mask } = this.#options;
    if (this.#broken || bytes.length === 0) return;
    clearTimeout(this.#quiet);
    this.#pushed += 1;
    if (mask === undefined) this.#collect(bytes, bytes.length);
    else this.#turn(mask, bytes);
    if (mask !== undefined && mask.held > 0) this.#awaitQuiet(mask);
  }

  /** A source that was told to stop is not quiet; nor is one that has something to be read. */
  #awaitQuiet(mask: OutputMask): void {
    const { held } = mask;
    const pushed = this.#pushed;
    const release = () => {
      if (this.#pushed !== pushed || mask.held === 0) return;
      if (this.#stopped) this.#awaitQuiet(mask);
      else this.#turn(mask, null);
    };
    this.#quiet = setTimeout(() => setImmediate(release), patience(held));
  }

  /** @param bytes null to let go of what is held back */
  #turn(mask: OutputMask, bytes: Uint8Array | null): void {
    const held = mask.held + (bytes?.length ?? 0);
    const { record, agent } = bytes === null ? mask.release() : mask.push(bytes);
    const covers = held - mask.held;
    if (record === agent) this.#collect(record, covers);
    else if (!this.#broken) this.#collectBoth(record, agent, covers);
  }

  #collectBoth(record: Uint8Array, agent: Uint8Array, covers: number): void {
    this.flush();
    this.#uncovered += covers;
    const chunk = { stored: Buffer.from(record), shown: Buffer.from(agent), covers: this.#uncovered };
    this.#hold(chunk.stored.length);
    this.#send([chunk], this.#options.clock.now());
    this.#throttle();
  }

  #collect(bytes: Uint8Array, covers: number): void {
    this.#uncovered += covers;
    if (this.#broken || bytes.length === 0) return;
    if (this.#collected === 0) this.#since = this.#options.clock.now();
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(this.#fill(rest));
    this.#collected += bytes.length;
    this.#hold(bytes.length);
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
    const at = this.#since;
    const asTheyAre = this.#uncovered === this.#collected;
    const covers = (bytes: Buffer, place: number) =>
      asTheyAre ? bytes.length : place === 0 ? this.#uncovered : 0;
    const chunk = (bytes: Buffer, own: Buffer, place: number): Chunk => ({
      ...{ stored: bytes, shown: bytes, own },
      covers: covers(bytes, place),
    });
    const whole = this.#full.map((bytes, place) => chunk(bytes, bytes, place));
    const last = chunk(this.#chunk.subarray(0, this.#filled), this.#chunk, whole.length);
    this.#forget();
    this.#send([...whole, last], at);
  }

  #send(chunks: readonly Chunk[], at: Micros): void {
    const drafts = chunks.flatMap((chunk) => this.#drafts(chunk, at));
    if (drafts.length > 0) this.#uncovered = 0;
    this.#lastFlush = performance.now();
    this.#inFlight += 1;
    const stored = this.#options.journal.append(this.#options.session, drafts);
    stored.catch(() => undefined); // reported by the chain, in order
    const before = this.#options.after?.();
    const shown = before === undefined ? this.#tail : this.#tail.then(() => before);
    this.#tail = shown.then(() => this.#deliver(stored, chunks)).catch((error) => this.#fail(error));
  }

  /** Stored at once or not at all, so that it does not matter which of them says how much they stand for. */
  #drafts({ stored, covers }: Chunk, at: Micros): Draft[] {
    const { stream } = this.#options;
    return events(stored).map((content, place) => {
      const covered = covers === stored.length ? {} : { covers: place === 0 ? covers : 0 };
      const named = stream === undefined ? {} : { stream };
      return { at, body: { type: 'session.output', content, ...named, ...covered } };
    });
  }

  /** Resolves when everything pushed so far is stored and forwarded (or the recorder has failed). */
  async settled(): Promise<void> {
    clearTimeout(this.#quiet);
    const { mask } = this.#options;
    if (mask !== undefined) this.#turn(mask, null);
    await this.passed();
  }

  /** The same, but for what is held back because it may be the beginning of a secret. */
  async passed(): Promise<void> {
    this.flush();
    await this.#tail;
  }

  async #deliver(stored: Promise<void>, chunks: readonly Chunk[]): Promise<void> {
    await stored;
    for (const { stored: bytes, shown, covers, own } of chunks) {
      if (this.#broken) return;
      await this.#options.forward(shown, covers);
      this.#hold(-bytes.length);
      if (own !== undefined) giveBack(own);
    }
    this.#inFlight -= 1;
    this.#throttle();
    this.#schedule();
  }

  /** Copies what fits into the present chunk; returns how much. */
  #fill(bytes: Uint8Array): number {
    if (this.#filled === this.#chunk.length) this.#grow(bytes.length);
    const length = Math.min(bytes.length, this.#chunk.length - this.#filled);
    this.#chunk.set(bytes.subarray(0, length), this.#filled);
    this.#filled += length;
    return length;
  }

  /** A keystroke's echo gets a small buffer, a flood large ones again and again. */
  #grow(wanted: number): void {
    const { chunk } = share();
    if (this.#filled >= chunk) {
      this.#full.push(this.#chunk);
      this.#chunk = EMPTY;
      this.#filled = 0;
    }
    const size =
      this.#filled === 0 ? Math.min(wanted, chunk) : this.#filled < EVENT_BYTES ? EVENT_BYTES : chunk;
    const larger = recycled(size);
    this.#chunk.copy(larger, 0, 0, this.#filled);
    giveBack(this.#chunk);
    this.#chunk = larger;
  }

  #hold(bytes: number): void {
    if (this.#broken) return;
    const before = this.#held;
    this.#held += bytes;
    if (before === 0) enter();
    if (this.#held === 0) leave();
  }

  #forget(): void {
    this.#full = [];
    this.#chunk = EMPTY;
    this.#filled = 0;
    this.#collected = 0;
  }

  #schedule(): void {
    if (this.#collected === 0 || this.#broken) return;
    const quiet = performance.now() - this.#lastFlush;
    const now = this.#inFlight === 0 ? quiet >= COLLECT_MS : false;
    if (now || (this.#collected >= share().chunk && this.#inFlight < IN_FLIGHT)) {
      this.flush();
    } else if (this.#timer === undefined && this.#inFlight === 0) {
      this.#timer = setTimeout(() => this.flush(), Math.max(1, COLLECT_MS - quiet));
    }
  }

  #throttle(): void {
    const { most } = share();
    if (!this.#stopped && this.#held > most) {
      this.#stopped = true;
      this.#options.throttle(true);
    } else if (this.#stopped && this.#held < most / 2) {
      this.#stopped = false;
      this.#options.throttle(false);
    }
  }

  #fail(error: unknown): void {
    if (this.#broken) return;
    this.#hold(-this.#held);
    this.#broken = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
    this.#forget();
    // A source that stays stopped would never reach its end.
    if (this.#stopped) this.#options.throttle(false);
    this.#options.failed(error);
  }
}

/** A chunk, cut into what is stored as one event each. */
function events(chunk: Buffer): Buffer[] {
  const count = Math.ceil(chunk.length / EVENT_BYTES);
  return Array.from({ length: count }, (_, i) => chunk.subarray(i * EVENT_BYTES, (i + 1) * EVENT_BYTES));
}
