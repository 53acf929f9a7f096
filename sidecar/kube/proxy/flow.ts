/** The body of an answer on its way through: gathered, its encoding undone for the record, stored, passed on. */
import type { ServerResponse } from 'node:http';
import type { BodySummary } from '../../../recorder/audit/request.ts';
import type { BodyMask } from '../../mask/body.ts';
import { patience } from '../../mask/stream.ts';
import { joined } from './joined.ts';
import { type BodyKind, Ledger } from './ledger.ts';
import { Veil } from './veil.ts';

export interface FlowOptions {
  response: ServerResponse;
  kind: BodyKind;
  mask: BodyMask;
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
  tail: Uint8Array;
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
  readonly #veil: Veil;
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
    this.#veil = new Veil(options.mask, options.kind.encoding);
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

  /** Ends it where it stands, and tells what was stored; `tail` came, and is still to be. */
  stop(): Pick<Last, 'summary' | 'tail'> {
    this.#stopped = true;
    this.#wake();
    const tail = this.#passed ? this.#ledger.keep(this.#veil.abandon()) : NOTHING;
    this.#stored += tail.length;
    return { summary: this.#summary(), tail };
  }

  /** Passes the body on; resolves when only its last part is left, or it was stopped. */
  async run(): Promise<Last> {
    for (;;) {
      const batch = this.#take();
      const last = this.#trailers !== null && this.#queue.length === 0;
      if (this.#stopped) return { summary: null, tail: NOTHING, rest: NOTHING, broken: null };
      if (last) return this.#conclude(batch);
      if (batch.length > 0) await this.#turn(this.#arrived(batch));
      else if (this.#veil.held === 0) await this.#more();
      else if (await this.#quiet()) await this.#turn(this.#veil.release());
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
    const pieces = [await this.#keep(this.#arrived(batch), true)];
    // A HEAD, a 304: not even gzip's header has come.
    if (this.#passed) pieces.push(await this.#keep(this.#veil.end(this.#broken === null), true));
    this.#veil.close();
    const [first, second] = pieces as [Buffer, Buffer?];
    if (second !== undefined && second.length > 0 && first.length > 0) await this.#options.store(first);
    const tail = second === undefined || second.length === 0 ? first : second;
    return { summary: this.#summary(), tail, rest: this.#veil.take(), broken: this.#broken };
  }

  #summary(): BodySummary | null {
    return this.#passed ? this.#ledger.summary(this.#stored, this.#veil.masked) : null;
  }

  /** Stores what is to be, and passes on what may go on then. */
  async #turn(pieces: AsyncGenerator<Uint8Array>): Promise<void> {
    await this.#keep(pieces, false);
    if (!this.#stopped) await this.#pass(this.#veil.take());
  }

  #arrived(batch: Buffer): AsyncGenerator<Uint8Array> {
    if (batch.length > 0) this.#passed = true;
    this.#ledger.sent(batch.length);
    return this.#veil.push(batch);
  }

  /** Stores what a batch says; where it is the last one all but its last piece, which is returned. */
  async #keep(pieces: AsyncGenerator<Uint8Array>, last: boolean): Promise<Buffer> {
    let gathered: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of pieces) {
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
    const rest = Buffer.concat(gathered, bytes);
    if (last || bytes === 0) return rest;
    await this.#options.store(rest);
    return NOTHING;
  }

  /** Writes what is stored; resolves when the client can take more. */
  async #pass(batch: Buffer): Promise<void> {
    const { response } = this.#options;
    if (batch.length === 0 || response.write(batch)) return;
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
    return joined(chunks);
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** True where nothing more has come in a while. */
  #quiet(): Promise<boolean> {
    return new Promise((resolve) => {
      // What is there to be read already comes before.
      const timer = setTimeout(() => setImmediate(() => resolve(true)), patience(this.#veil.held));
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }
}
