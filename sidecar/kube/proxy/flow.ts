/** The body of an answer on its way through: gathered, its encoding undone for the record, stored, passed on. */
import type { ServerResponse } from 'node:http';
import type { BodySummary } from '../../../recorder/audit/event.ts';
import { Unpacker } from './gunzip.ts';
import { type BodyKind, Ledger } from './ledger.ts';

export interface FlowOptions {
  response: ServerResponse;
  kind: BodyKind;
  /** The most bytes that are kept. */
  keep: number;
  /** Resolves when the piece is stored. */
  store(piece: Buffer): Promise<void>;
  /** Called when there is room again after `push` said that there is none. */
  relieved(): void;
}

/** What is left to do when the body is over: `tail` is to be stored with the end, and `rest` passed on after that. */
export interface Last {
  summary: BodySummary | null;
  tail: Buffer;
  rest: Buffer;
  /** Why the server's answer broke off; null where it is whole. */
  broken: Error | null;
}

/** The most that is stored as one piece. */
const PIECE_BYTES = 256 * 1024;
/** What may have come and not gone on yet. */
const FULL_BYTES = 256 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

export class Flow {
  readonly #options: FlowOptions;
  readonly #ledger: Ledger;
  readonly #unpacker: Unpacker | null;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #paused = false;
  #stored = 0;
  #passed = false;
  #trailers: Record<string, string> | null = null;
  #broken: Error | null = null;
  #stopped = false;
  #wake: () => void = () => undefined;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.kind, options.keep);
    this.#unpacker = options.kind.encoding === 'gzip' ? new Unpacker() : null;
  }

  /** True where nothing has come yet that could go on. */
  get idle(): boolean {
    return this.#queued === 0 && this.#trailers === null;
  }

  /** False where there is no room for more, until `relieved` is called. */
  push(chunk: Buffer): boolean {
    this.#queue.push(chunk);
    this.#queued += chunk.length;
    this.#wake();
    this.#paused ||= this.#queued > FULL_BYTES;
    return !this.#paused;
  }

  end(trailers: Record<string, string>): void {
    this.#trailers = trailers;
    this.#wake();
  }

  /** The server's answer broke off: what has come still goes on. */
  break(error: Error): void {
    this.#broken = error;
    this.end({});
  }

  /** Ends it where it stands, and tells what was stored. */
  stop(): BodySummary | null {
    this.#stopped = true;
    this.#wake();
    this.#unpacker?.close();
    return this.#passed ? this.#ledger.summary(this.#stored) : null;
  }

  /** Passes the body on; resolves when only its last part is left, or it was stopped. */
  async run(): Promise<Last> {
    for (;;) {
      const batch = this.#take();
      const last = this.#trailers !== null && this.#queue.length === 0;
      if (this.#stopped) return { summary: null, tail: NOTHING, rest: NOTHING, broken: null };
      if (last) return this.#conclude(batch);
      if (batch.length === 0) await this.#more();
      else {
        await this.#keep(batch, false);
        if (!this.#stopped) await this.#pass(batch);
      }
    }
  }

  /** Passes on what was left, now that all is stored. */
  finish({ rest, broken }: Last): void {
    const { response } = this.#options;
    if (broken !== null) {
      // Neither the last chunk nor the promised length: the client sees that it is not whole.
      if (rest.length > 0) response.write(rest);
      response.socket?.destroySoon();
      return;
    }
    if (Object.keys(this.#trailers ?? {}).length > 0 && response.chunkedEncoding) {
      response.addTrailers(this.#trailers!);
    }
    response.end(rest);
  }

  async #conclude(batch: Buffer): Promise<Last> {
    const tail = batch.length === 0 ? NOTHING : await this.#keep(batch, true);
    // A HEAD, a 304: not even gzip's header has come.
    if (this.#passed && this.#broken === null) await this.#unpacker?.end();
    this.#unpacker?.close();
    const summary = this.#passed ? this.#ledger.summary(this.#stored) : null;
    return { summary, tail, rest: batch, broken: this.#broken };
  }

  /** Stores what a batch says; where it is the last one all but its last piece, which is returned. */
  async #keep(batch: Buffer, last: boolean): Promise<Buffer> {
    this.#passed = true;
    this.#ledger.sent(batch.length);
    let gathered: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.#unpacked(batch)) {
      const kept = this.#ledger.keep(piece);
      if (bytes + kept.length > PIECE_BYTES) {
        await this.#options.store(Buffer.concat(gathered, bytes));
        gathered = [];
        bytes = 0;
      }
      if (kept.length > 0) gathered.push(kept);
      bytes += kept.length;
      this.#stored += kept.length;
    }
    const rest = gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered, bytes);
    if (last || bytes === 0) return rest;
    await this.#options.store(rest);
    return NOTHING;
  }

  async *#unpacked(batch: Buffer): AsyncGenerator<Buffer> {
    if (this.#unpacker === null) yield batch;
    else yield* this.#unpacker.push(batch);
  }

  /** Writes what is stored; resolves when the client can take more. */
  async #pass(batch: Buffer): Promise<void> {
    const { response } = this.#options;
    if (response.write(batch)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    response.once('drain', resolve).once('close', resolve);
    await promise;
    response.off('drain', resolve).off('close', resolve);
  }

  /** What has gathered, up to one piece. */
  #take(): Buffer {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes + this.#queue[count]!.length <= PIECE_BYTES)) {
      bytes += this.#queue[count]!.length;
      count += 1;
    }
    if (count === 0) return NOTHING;
    const chunks = this.#queue.splice(0, count);
    this.#queued -= bytes;
    if (this.#paused && this.#queued < FULL_BYTES / 2) {
      this.#paused = false;
      this.#options.relieved();
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
