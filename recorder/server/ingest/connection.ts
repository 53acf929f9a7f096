/**
 * One writer's connection: frames in, appends in their order, answers once stored.
 *
 * A connection writes only sessions that it began, and when it breaks, those that have not ended are marked
 * cut off: who is gone cannot come back under the same name.
 */
import type { WebSocket } from 'ws';
import type { Identity } from '../../audit/identity.ts';
import { type SessionId, SYSTEM } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Endable } from '../../log/endings.ts';
import type { Journal } from '../../log/ports.ts';
import { asChaperoneError } from '../reply.ts';
import { isOf } from '../workload-logins.ts';
import { type Append, decodeDrafts } from './draft.ts';
import { type Answer, decodeAppend, encodeAnswer } from './frame.ts';

export interface IngestOptions {
  journal: Journal;
  /** The writer of this session is gone: it counts as cut off unless it has ended. */
  release(session: SessionId): void;
  /** Where it is said that a session is to end. */
  endings: Endable;
  /** How long a session may take that was told to end, in milliseconds. */
  endWithin: number;
  /** Told of errors that were not raised on purpose. */
  report(error: unknown): void;
  /** The workload that writes: it says nothing of others. Who holds the bearer token may write for all. */
  of?: Identity | undefined;
}

/** Bytes taken in and not yet stored at which the socket is no longer read. */
const MAX_IN_FLIGHT = 16 * 1024 * 1024;
const MAX_CALLS_IN_FLIGHT = 4096;
const MAX_SESSIONS = 256;
/** Bytes of answers that a writer may leave unread. */
const MAX_UNREAD = 1024 * 1024;
/** A complaint may quote what it complains of. */
const MAX_MESSAGE = 500;

type Outcome = 'pending' | 'stored' | ChaperoneError;

/** Stops to listen for its end. */
interface Watched {
  unwatch(): void;
}

interface Call {
  call: number;
  outcome: Outcome;
}

export class IngestConnection {
  readonly #socket: WebSocket;
  readonly #options: IngestOptions;
  /** Sessions begun here whose end is not stored. */
  readonly #own = new Map<SessionId, Watched>();
  /** Calls not yet answered, oldest first. */
  readonly #calls: Call[] = [];
  #lastCall = 0;
  #bytes = 0;
  /** Ends when the last frame taken in has been handed to the journal; keeps the order of the calls. */
  #turn: Promise<void> = Promise.resolve();
  readonly #appends = new Set<Promise<void>>();
  #closing = false;
  /** Resolves when the connection is gone and its open sessions are marked. */
  readonly ended: Promise<void>;

  constructor(socket: WebSocket, options: IngestOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    this.ended = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() =>
      this.#abandon(),
    );
    // ws closes with the code that fits (1009 for what is too large); `close` follows in every case.
    socket.on('error', () => {});
  }

  /** Takes no more, answers what was taken, and closes. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#settled();
    this.#socket.close(1001, 'the recorder is closing');
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#closing || this.#socket.readyState !== this.#socket.OPEN) return;
    try {
      if (!isBinary) throw new ChaperoneError('EVENT_INVALID', 'an ingest frame is not binary');
      const frame = decodeAppend(data);
      if (frame.call !== this.#lastCall + 1) {
        throw new ChaperoneError('EVENT_INVALID', 'ingest calls are not numbered one after the other');
      }
      this.#lastCall = frame.call;
      const call: Call = { call: frame.call, outcome: 'pending' };
      this.#calls.push(call);
      this.#grow(data.length);
      this.#turn = this.#turn.then(() => this.#begin(call, data.length, () => decodeDrafts(frame)));
    } catch (error) {
      // Not a peer that speaks our protocol: nothing it says after this can be trusted to mean what we read.
      this.#closing = true;
      this.#socket.close(1002, asChaperoneError(error).message);
    }
  }

  /** Hands one append to the journal; resolves when the next may follow it. */
  async #begin(call: Call, size: number, decode: () => Append): Promise<void> {
    try {
      const append = decode();
      if (append.session === SYSTEM && this.#options.of !== undefined)
        throw new ChaperoneError('FORBIDDEN', 'a workload may record its own sessions only');
      const begins = append.session !== SYSTEM && this.#admit(append);
      const finished = this.#finish(call, size, append);
      this.#track(finished);
      // Ours only once the log has taken its start: until then what follows could reach another's session.
      if (begins) await finished;
    } catch (error) {
      this.#refuse(call, size, error);
    }
  }

  /** Calls the journal before it first waits, so that the journal sees the order of the calls. */
  async #finish(call: Call, size: number, { session, drafts }: Append): Promise<void> {
    try {
      await this.#options.journal.append(session, drafts);
      if (session !== SYSTEM && !this.#own.has(session)) this.#watch(session);
      if (drafts.at(-1)?.body.type === 'session.end') this.#leave(session);
      this.#answer(call, size, 'stored');
    } catch (error) {
      this.#refuse(call, size, error);
    }
  }

  /**
   * True if the append begins a session, which the log refuses if it has begun before.
   * @throws ChaperoneError `FORBIDDEN` for a session that is not this connection's to write
   */
  #admit({ session, drafts }: Append): boolean {
    if (this.#own.has(session)) return false;
    const [first] = drafts;
    if (first?.body.type !== 'session.start') {
      throw new ChaperoneError('FORBIDDEN', `session ${session} was not begun by this connection`);
    }
    const { of } = this.#options;
    if (of !== undefined && !isOf(first.body.identity, of))
      throw new ChaperoneError('FORBIDDEN', 'a workload may record its own sessions only');
    if (this.#own.size >= MAX_SESSIONS) {
      throw new ChaperoneError('FORBIDDEN', `a connection may hold ${MAX_SESSIONS} sessions open`);
    }
    return true;
  }

  #watch(session: SessionId): void {
    const unwatch = this.#options.endings.watch(session, (reason) => {
      this.#send({ kind: 'end', session, reason: reason.slice(0, MAX_MESSAGE).toWellFormed() });
      const late = setTimeout(() => this.#cutOff(session), this.#options.endWithin).unref();
      this.#own.set(session, { unwatch: () => clearTimeout(late) });
    });
    this.#own.set(session, { unwatch });
  }

  #leave(session: SessionId): void {
    this.#own.get(session)?.unwatch();
    this.#own.delete(session);
  }

  /** Nothing more of it is taken. */
  #cutOff(session: SessionId): void {
    this.#leave(session);
    this.#options.release(session);
  }

  #grow(size: number): void {
    this.#bytes += size;
    if (this.#bytes > MAX_IN_FLIGHT || this.#calls.length > MAX_CALLS_IN_FLIGHT) this.#socket.pause();
  }

  #refuse(call: Call, size: number, error: unknown): void {
    if (!(error instanceof ChaperoneError)) this.#options.report(error);
    this.#answer(call, size, asChaperoneError(error));
  }

  #answer(call: Call, size: number, outcome: Outcome): void {
    call.outcome = outcome;
    this.#bytes -= size;
    this.#report();
    if (this.#bytes <= MAX_IN_FLIGHT / 2 && this.#calls.length <= MAX_CALLS_IN_FLIGHT / 2)
      this.#socket.resume();
  }

  /** Answers every call at the head of the queue whose outcome is known; runs of stored ones in one frame. */
  #report(): void {
    let stored = 0;
    const settled = this.#calls.findIndex(({ outcome }) => outcome === 'pending');
    for (const { call, outcome } of this.#calls.splice(0, settled === -1 ? this.#calls.length : settled)) {
      if (outcome instanceof ChaperoneError) {
        if (stored > 0) this.#send({ kind: 'stored', call: stored });
        stored = 0;
        const message = outcome.message.slice(0, MAX_MESSAGE).toWellFormed();
        this.#send({ kind: 'failed', call, code: outcome.code, message });
      } else {
        stored = call;
      }
    }
    if (stored > 0) this.#send({ kind: 'stored', call: stored });
  }

  #send(answer: Answer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(encodeAnswer(answer));
    // Who writes and never reads makes us keep the answers.
    if (this.#socket.bufferedAmount > MAX_UNREAD) this.#socket.terminate();
  }

  #track(append: Promise<void>): void {
    this.#appends.add(append);
    void append.finally(() => this.#appends.delete(append));
  }

  async #settled(): Promise<void> {
    await this.#turn;
    await Promise.all(this.#appends);
  }

  /** The writer is gone: after what it had sent, its sessions end as cut off. */
  async #abandon(): Promise<void> {
    this.#closing = true;
    await this.#settled();
    for (const session of [...this.#own.keys()]) this.#cutOff(session);
  }
}
