/**
 * The journal of a recorder that another process runs: appends go out at once and are answered when stored,
 * so many are under way and throughput does not wait for round trips.
 */
import WebSocket from 'ws';
import type { Draft } from '../audit/event.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { type Endable, Endings } from '../log/endings.ts';
import type { Journal } from '../log/ports.ts';
import { type Answer, decodeAnswer, encodeAppend, SUBPROTOCOL } from '../server/ingest/frame.ts';
import { gone, type Recorder, refusal } from './http.ts';

interface Pending {
  call: number;
  size: number;
  resolve(): void;
  reject(error: ChaperoneError): void;
}

/** Bytes sent and not yet stored; what is above waits here, so that the socket's buffer stays small. */
const MAX_IN_FLIGHT = 8 * 1024 * 1024;
const MAX_ANSWER = 64 * 1024;
const HANDSHAKE_MS = 5_000;
const CLOSE_MS = 5_000;

export class RemoteJournal implements Journal, Endable {
  readonly #socket: WebSocket;
  /** Calls without an answer, in their order. */
  readonly #pending: Pending[] = [];
  /** Frames of the latest of them, not sent yet. */
  readonly #waiting: Buffer[] = [];
  /** The latest append: answers come in order, so all others are answered before it. */
  #last: Promise<void> = Promise.resolve();
  #calls = 0;
  #bytes = 0;
  #gone: ChaperoneError | null = null;
  readonly #endings = new Endings();
  /** Resolves when the connection is no more. */
  readonly closed: Promise<void>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#read(data as Buffer));
    socket.on('error', () => socket.terminate());
    this.closed = new Promise((resolve) => {
      socket.once('close', (_code, reason) => {
        this.#fail(gone(`closed the connection${reason.length > 0 ? `: ${reason}` : ''}`));
        resolve();
      });
    });
  }

  /** @throws ChaperoneError the recorder's own where it refuses us, `RECORDER_GONE` where it does not answer */
  static async connect({ url, token }: Recorder): Promise<RemoteJournal> {
    const address = new URL('/ingest', url);
    address.protocol = 'ws:';
    const socket = new WebSocket(address, SUBPROTOCOL, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      maxPayload: MAX_ANSWER,
      handshakeTimeout: HANDSHAKE_MS,
      // Masking keeps a browser's script from shaping bytes that a proxy would misread (RFC 6455, 10.3); a
      // program on loopback needs none, and ws skips the work for a key of zeros.
      generateMask: (mask) => void mask.fill(0),
    });
    await opened(socket);
    return new RemoteJournal(socket);
  }

  /** @throws ChaperoneError the recorder's own, `RECORDER_GONE`, or `TOO_LARGE` for more than fits one frame */
  async append(session: SessionId, drafts: readonly Draft[]): Promise<void> {
    if (this.#gone !== null) throw this.#gone;
    if (drafts.length === 0) return;
    const call = this.#calls + 1;
    const frame = encodeAppend(call, session, drafts);
    this.#calls = call;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.push({ call, size: frame.length, resolve, reject });
    this.#waiting.push(frame);
    this.#last = promise;
    this.#send();
    await promise;
  }

  watch(session: SessionId, told: (reason: string) => void): () => void {
    return this.#endings.watch(session, told);
  }

  /** Waits for what is under way, a few seconds at most, then closes. Sessions without an end are cut off. */
  async close(): Promise<void> {
    const deadline = setTimeout(() => this.#socket.terminate(), CLOSE_MS);
    await this.#last.catch(() => {});
    this.#socket.close(1000);
    await this.closed;
    clearTimeout(deadline);
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#bytes < MAX_IN_FLIGHT) {
      const frame = this.#waiting.shift()!;
      this.#bytes += frame.length;
      this.#socket.send(frame);
    }
  }

  #read(data: Buffer): void {
    try {
      this.#settle(decodeAnswer(data));
      this.#send();
    } catch {
      this.#fail(gone('answered what is not an answer'));
      this.#socket.terminate();
    }
  }

  /** @throws ChaperoneError for an answer that nothing waits for */
  #settle(answer: Answer): void {
    if (answer.kind === 'end') {
      this.#endings.end(answer.session, answer.reason);
      return;
    }
    const last = this.#pending.findIndex(({ call }) => call === answer.call);
    if (last === -1 || (answer.kind === 'failed' && last !== 0)) {
      throw new ChaperoneError('EVENT_INVALID', 'an answer out of turn');
    }
    for (const { size, resolve, reject } of this.#pending.splice(0, last + 1)) {
      this.#bytes -= size;
      if (answer.kind === 'stored') resolve();
      else reject(new ChaperoneError(answer.code, answer.message));
    }
  }

  #fail(error: ChaperoneError): void {
    this.#gone ??= error;
    this.#waiting.length = 0;
    for (const { reject } of this.#pending.splice(0)) reject(this.#gone);
  }
}

/** Resolves when the recorder has let us in. */
function opened(socket: WebSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('open', resolve);
  socket.on('error', (error) => reject(gone('does not take evidence', error)));
  socket.once('unexpected-response', async (request, response) => {
    reject(await refusal(response));
    request.destroy();
  });
  return promise;
}
