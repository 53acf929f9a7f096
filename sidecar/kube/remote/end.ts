/**
 * One end of a remote session: a socket, and the protocol that its peer speaks.
 *
 * It reads whatever happens, for over SPDY the permission to go on sending arrives on the connection that the other
 * direction would have to wait for: two ends that read only when the other has taken the last piece stand still
 * as soon as both have something to say. What waits is bounded: by the windows that `consumed` opens again where
 * the peer counts them, and by pausing the socket where it does not (WebSocket, and Kubernetes' own SPDY).
 */
import type { Duplex } from 'node:stream';
import { giveBack } from '../../recycled.ts';

/** What an end needs of a protocol: `Stream` is what data belongs to, a channel or a stream. */
export interface Peer<Event, Stream> {
  receive(bytes: Buffer): Event[];
  finish(): Event[];
  send(stream: Stream, data: Uint8Array): Buffer;
  sendable(stream: Stream): number;
  consumed(stream: Stream, bytes: number): Buffer;
  silent(): Buffer;
  readonly windowed: boolean;
}

/** What peers say; `writable` means that `sendable` has grown. */
type Said = { kind: 'data'; data: Buffer } | { kind: 'writable' } | { kind: string };

/** What waits to be handled, in memory: above it the socket is paused where the peer has no windows. */
const HIGH_WATER = 1 << 18;
/** Whoever was heard within this time is there. */
const LIVELY_MS = 2000;
/** What the socket has taken and not yet sent: a wait for each piece would halve what passes. */
const UNSENT_BYTES = 1 << 17;
/** Of an event, beside its data. */
const EVENT_BYTES = 128;
/** Events that wait, of whatever kind: a peer that says so much at once means no good. */
const MOST_EVENTS = 20_000;
/** After so long a peer may be waiting for what it was not granted. */
const SILENT_MS = 200;
/**
 * What goes into one message or frame; larger ones would hold up what else wants to pass. Smaller ones would be
 * joined again on their way into the socket, which costs a copy.
 */
const PIECE_BYTES = 1 << 18;

export class End<Event extends Said, Stream, Protocol extends Peer<Event, Stream> = Peer<Event, Stream>> {
  readonly peer: Protocol;
  readonly #socket: Duplex;
  readonly #queue: Event[] = [];
  #queuedBytes = 0;
  #heard = Number.NEGATIVE_INFINITY;
  #ended = false;
  #wakeReader: (() => void) | null = null;
  #wakeSenders: (() => void)[] = [];
  /** While the socket has no room: who waits for it, and what the peer is to be granted then. */
  #room: PromiseWithResolvers<void> | null = null;
  readonly #owed = new Map<Stream, number>();
  /** Runs from the last time that something was taken, or came. */
  #silence: NodeJS.Timeout | null = null;

  /** @param head what was read from the socket behind the handshake */
  constructor(socket: Duplex, peer: Protocol, head: Buffer) {
    this.peer = peer;
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('end', () => this.#finish());
    socket.on('close', () => this.#lost());
    socket.on('error', () => this.#lost());
    socket.on('drain', () => this.#drained());
    if (head.length > 0) this.#receive(head);
    // Who went away during the handshake does not do so again.
    if (socket.destroyed || socket.readableEnded) this.#finish();
    else if (peer.windowed || this.#queuedBytes <= HIGH_WATER) socket.resume();
  }

  /** True when the peer will say no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The peer was heard a moment ago, or there is more of it than was handled. */
  get lively(): boolean {
    const since = performance.now() - this.#heard;
    return since < LIVELY_MS || this.#queue.length > 0 || this.#socket.isPaused();
  }

  /** What the peer says, in order, until its side of the connection ends. */
  async *events(): AsyncGenerator<Event> {
    for (;;) {
      const event = this.#queue.shift();
      if (event !== undefined) {
        this.#taken(bytesOf(event));
        yield event;
      } else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
    }
  }

  /** Data for the peer, as its windows allow. Resolves when the socket has room for more, or nobody will take it. */
  async send(stream: Stream, data: Uint8Array): Promise<void> {
    for (let rest = data; rest.length > 0 && !this.#gone(); ) {
      rest = this.#fill(stream, rest);
      if (this.#full()) await this.#drain();
      else if (rest.length > 0) {
        // Whoever has said the last word grants nothing any more.
        if (this.#ended) return;
        await new Promise<void>((resolve) => this.#wakeSenders.push(resolve));
      }
    }
  }

  /** Bytes that the peer's encoder made. Resolves when the socket has room for more, or is gone. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || this.#gone()) return;
    this.#socket.write(bytes);
    if (this.#full()) await this.#drain();
  }

  /**
   * Lets the peer send as much again as was taken of it. Never waits: a peer that takes nothing of one direction would
   * stop the other, whose grants go the same way.
   */
  took(stream: Stream, bytes: number): void {
    if (this.#gone()) return;
    if (this.#silence !== null) this.#silence.refresh();
    else this.#silence = setTimeout(() => this.#silent(), SILENT_MS).unref();
    if (!this.#full()) {
      const grant = this.peer.consumed(stream, bytes);
      if (grant.length > 0) this.#socket.write(grant);
    } else this.#owed.set(stream, (this.#owed.get(stream) ?? 0) + bytes);
  }

  /** The last bytes, and our side of the connection ends. */
  end(bytes: Uint8Array): void {
    if (!this.#gone()) this.#socket.end(bytes);
  }

  /** Resolves when all that was written has left, however long the peer takes for it, or the connection is gone. */
  async flushed(): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableFinished) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('finish', resolve).once('close', resolve);
    });
  }

  /** Resolves when the connection is gone, or cuts it after `milliseconds`. */
  async closed(milliseconds: number): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), milliseconds);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Writes what the windows and the socket have room for; returns the rest. */
  #fill(stream: Stream, data: Uint8Array): Uint8Array {
    let rest = data;
    while (rest.length > 0 && !this.#full()) {
      const room = Math.min(this.peer.sendable(stream), PIECE_BYTES);
      if (room <= 0) break;
      const frame = this.peer.send(stream, rest.subarray(0, room));
      // Until then it may wait in the socket.
      this.#socket.write(frame, (error) => {
        if (error == null) giveBack(frame);
      });
      rest = rest.subarray(room);
    }
    return rest;
  }

  #full(): boolean {
    return this.#socket.writableLength > UNSENT_BYTES;
  }

  #drain(): Promise<void> {
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  #gone(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded;
  }

  #silent(): void {
    this.#silence = null;
    if (this.#queue.length > 0 || this.#ended || this.#gone() || this.#full()) return;
    const grant = this.peer.silent();
    if (grant.length > 0) this.#socket.write(grant);
  }

  #receive(bytes: Buffer): void {
    this.#heard = performance.now();
    this.#silence?.refresh();
    this.#take(this.peer.receive(bytes));
  }

  #take(events: readonly Event[]): void {
    for (const event of events) {
      if (event.kind === 'writable') this.#letSend();
      else {
        this.#queuedBytes += bytesOf(event);
        this.#queue.push(event);
      }
    }
    if (this.#queue.length > MOST_EVENTS) this.#socket.destroy(new Error('too many frames at once'));
    if (!this.peer.windowed && this.#queuedBytes > HIGH_WATER) this.#socket.pause();
    this.#wake();
  }

  #taken(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#queuedBytes < HIGH_WATER / 2) this.#socket.resume();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#take(this.peer.finish());
    this.#ended = true;
    this.#letSend();
    this.#wake();
  }

  #lost(): void {
    this.#finish();
    this.#letSend();
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#room?.resolve();
    this.#owed.clear();
  }

  #drained(): void {
    this.#room?.resolve();
    this.#room = null;
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const [stream, bytes] of owed) this.took(stream, bytes);
  }

  #letSend(): void {
    for (const wake of this.#wakeSenders.splice(0)) wake();
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeReader = null;
  }
}

function bytesOf(event: Said): number {
  return EVENT_BYTES + ('data' in event ? event.data.length : 0);
}
