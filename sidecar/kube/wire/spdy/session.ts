/**
 * One end of a SPDY connection: frames → what happened to streams, and back. Pure. The frames are in frame.ts.
 *
 *     client                                      server          a stream's life:
 *       │ SYN_STREAM 1, headers ─────────────────────▶ │
 *       │ ◀───────────────────────────── SYN_REPLY 1   │            opened ─▶ replied ─▶ both ended ─▶ gone
 *       │ data 1 ──────────────▶  ◀────────────── data 1 │               └────────┴─ reset by either ──▲
 *       │ data 1 FIN ──────────▶  ◀────────── data 1 FIN │
 *
 * In Kubernetes only clients open streams, with odd numbers that grow.
 */
import { type Fault, faulted, Reading } from '../fault.ts';
import type { Sender } from '../peer.ts';
import { SpdyDecoder } from './decoder.ts';
import {
  encodeData,
  encodeGoAway,
  encodePing,
  encodeRstStream,
  encodeSynReply,
  encodeSynStream,
  encodeWindowUpdate,
} from './encoder.ts';
import {
  GOAWAY,
  type Headers,
  SETTING_INITIAL_WINDOW,
  type SpdyFault,
  type SpdyFrame,
  STATUS,
  type StreamFault,
} from './frame.ts';
import { HeaderDeflater, HeaderInflater } from './headers.ts';
import { Streams } from './streams.ts';

export type SpdyEvent =
  | { kind: 'open'; stream: number; headers: Headers }
  | { kind: 'accepted'; stream: number }
  | { kind: 'data'; stream: number; data: Buffer }
  | { kind: 'end'; stream: number }
  | { kind: 'reset'; stream: number; status: number }
  | { kind: 'ping' | 'pong'; id: number }
  | { kind: 'goaway'; status: number }
  | { kind: 'writable' }
  | { kind: 'discarded'; bytes: number }
  | Fault<SpdyFault>;

const NOTHING = Buffer.alloc(0);
const NO_HEADERS: Headers = new Map();

type Frame<Kind extends SpdyFrame['kind']> = Extract<SpdyFrame, { kind: Kind }>;

export class SpdySession {
  readonly #from: Sender;
  readonly #decoder = new SpdyDecoder();
  readonly #inflater = new HeaderInflater();
  readonly #deflater = new HeaderDeflater();
  readonly #reading = new Reading();
  readonly #streams: Streams;

  /**
   * @param from who the peer is
   * @param streamLimit streams that may be open at once
   */
  constructor(from: Sender, streamLimit: number) {
    this.#from = from;
    this.#streams = new Streams(streamLimit);
  }

  receive(bytes: Buffer): SpdyEvent[] {
    return this.#translate(this.#decoder.receive(bytes));
  }

  finish(): SpdyEvent[] {
    return this.#translate(this.#decoder.finish());
  }

  #translate(frames: SpdyFrame[]): SpdyEvent[] {
    return this.#reading.all(frames, (frame) => this.#read(frame));
  }

  #read(frame: SpdyFrame): SpdyEvent[] {
    switch (frame.kind) {
      case 'data':
        return this.#readData(frame);
      case 'syn-stream':
        return this.#readOpen(frame);
      case 'syn-reply':
        return this.#readReply(frame);
      case 'headers':
        return this.#readHeaders(frame);
      case 'rst-stream':
        return this.#readReset(frame);
      case 'ping':
        return [{ kind: (frame.id % 2 === 1) === (this.#from === 'client') ? 'ping' : 'pong', id: frame.id }];
      case 'goaway':
        return [{ kind: 'goaway', status: frame.status }];
      case 'settings':
        return this.#readSettings(frame);
      case 'window-update':
        return this.#grown(this.#streams.sending.grow(frame.stream, frame.delta));
      case 'fault':
        return [frame];
    }
  }

  #readOpen({ stream, fin, block }: Frame<'syn-stream'>): SpdyEvent[] {
    const headers = this.#inflater.open(block);
    if ('kind' in headers) return [headers];
    if (this.#from === 'server') return broken('STREAM_OF_SERVER', 'the server opens a stream');
    const { last, full, limit } = this.#streams;
    if (stream % 2 === 0 || stream <= last) {
      return broken('STREAM_NUMBER', `the client opens stream ${stream} after ${last}`);
    }
    if (full) return broken('TOO_MANY_STREAMS', `more than ${limit} streams are open at once`);
    this.#streams.add(stream);
    return [{ kind: 'open', stream, headers }, ...this.#ended(stream, fin)];
  }

  #readReply({ stream, fin, block }: Frame<'syn-reply'>): SpdyEvent[] {
    const headers = this.#inflater.open(block);
    if ('kind' in headers) return [headers];
    const found = this.#streams.get(stream);
    if (found === undefined) return this.#late(stream, 0);
    if (this.#from === 'client' || found.replied) {
      return broken('REPLY_UNEXPECTED', `stream ${stream} is replied to once more`);
    }
    found.replied = true;
    return [{ kind: 'accepted', stream }, ...this.#ended(stream, fin)];
  }

  /** Nobody in Kubernetes sends more headers. They are opened, since the compression runs on, and left. */
  #readHeaders({ stream, fin, block }: Frame<'headers'>): SpdyEvent[] {
    const headers = this.#inflater.open(block);
    if ('kind' in headers) return [headers];
    const found = this.#streams.get(stream);
    if (found === undefined) return this.#late(stream, 0);
    if (found.peerEnded) return broken('STREAM_ENDED', `headers on stream ${stream} after its end`);
    return this.#ended(stream, fin);
  }

  #readData({ stream, data, fin }: Frame<'data'>): SpdyEvent[] {
    const found = this.#streams.get(stream);
    if (found === undefined) return this.#late(stream, data.length);
    if (found.peerEnded) return broken('STREAM_ENDED', `data on stream ${stream} after its end`);
    if (this.#from === 'server' && !found.replied) {
      return broken('REPLY_MISSING', `data on stream ${stream} before the reply`);
    }
    this.#streams.receiving.received(stream, data.length);
    const piece: SpdyEvent[] = data.length === 0 && fin ? [] : [{ kind: 'data', stream, data }];
    return [...piece, ...this.#ended(stream, fin)];
  }

  #readReset({ stream, status }: Frame<'rst-stream'>): SpdyEvent[] {
    if (!this.#streams.has(stream)) return this.#late(stream, 0);
    this.#streams.remove(stream);
    return [{ kind: 'reset', stream, status }, { kind: 'writable' }];
  }

  #readSettings({ values }: Frame<'settings'>): SpdyEvent[] {
    const initial = values.get(SETTING_INITIAL_WINDOW);
    return initial === undefined ? [] : this.#grown(this.#streams.sending.settle(initial));
  }

  #grown(valid: boolean): SpdyEvent[] {
    return valid ? [{ kind: 'writable' }] : broken('WINDOW_OVERFLOW', 'a window grows over 2^31 - 1');
  }

  #ended(stream: number, fin: boolean): SpdyEvent[] {
    if (!fin) return [];
    this.#streams.end(stream, 'peerEnded');
    return [{ kind: 'end', stream }];
  }

  /** A frame of a stream that is gone was on its way when it went; one of a stream that never was is none. */
  #late(stream: number, bytes: number): SpdyEvent[] {
    if (!this.#streams.was(stream)) return broken('STREAM_UNKNOWN', `there is no stream ${stream}`);
    return bytes === 0 ? [] : [{ kind: 'discarded', bytes }];
  }

  /** We are the client. @throws RangeError when `streamLimit` are open */
  open(headers: Headers): { stream: number; bytes: Buffer } {
    if (this.#streams.full) throw new RangeError('too many streams');
    const stream = this.#streams.last + 2;
    this.#streams.add(stream);
    return { stream, bytes: encodeSynStream(stream, this.#deflater.close(headers)) };
  }

  /** We are the server. Nothing if the stream is gone, as with all that follow. */
  accept(stream: number): Buffer {
    const found = this.#streams.get(stream);
    if (found === undefined || found.replied) return NOTHING;
    found.replied = true;
    return encodeSynReply(stream, this.#deflater.close(NO_HEADERS));
  }

  /** @throws RangeError after `end`: those bytes would be lost */
  data(stream: number, data: Uint8Array): Buffer {
    const found = this.#streams.get(stream);
    if (found === undefined) return NOTHING;
    if (found.weEnded) throw new RangeError(`stream ${stream} has been ended`);
    this.#streams.sending.sent(stream, data.length);
    return encodeData(stream, data, false);
  }

  end(stream: number): Buffer {
    const found = this.#streams.get(stream);
    if (found === undefined || found.weEnded) return NOTHING;
    this.#streams.end(stream, 'weEnded');
    return encodeData(stream, NOTHING, true);
  }

  reset(stream: number, status: number = STATUS.cancel): Buffer {
    if (!this.#streams.has(stream)) return NOTHING;
    this.#streams.remove(stream);
    return encodeRstStream(stream, status);
  }

  ping(id: number): Buffer {
    return encodePing(id);
  }

  goAway(status: number = GOAWAY.ok): Buffer {
    return encodeGoAway(this.#from === 'client' ? Math.max(0, this.#streams.last) : 0, status);
  }

  consumed(stream: number, bytes: number): Buffer {
    this.#streams.receiving.consumed(stream, bytes);
    return this.#streams.sending.counts ? grants(this.#streams.receiving.due()) : NOTHING;
  }

  /** The peer has said nothing for a while, and nothing that it said waits: what it may be waiting for itself. */
  silent(): Buffer {
    return grants(this.#streams.receiving.scarce());
  }

  /** False before it is opened, and once both ended it or either reset it. */
  has(stream: number): boolean {
    return this.#streams.has(stream);
  }

  /** The peer counts windows, and has kept to ours: they bound what it sends. Otherwise TCP alone does. */
  get windowed(): boolean {
    return this.#streams.sending.counts && !this.#streams.receiving.overrun;
  }

  sendable(stream: number): number {
    return this.#streams.has(stream) ? this.#streams.sending.left(stream) : Number.POSITIVE_INFINITY;
  }
}

function grants(due: readonly [number, number][]): Buffer {
  return due.length === 0 ? NOTHING : Buffer.concat(due.map((grant) => encodeWindowUpdate(...grant)));
}

function broken(fault: StreamFault, message: string): Fault<SpdyFault>[] {
  return [faulted(fault, message)];
}
