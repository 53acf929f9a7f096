/**
 * Remote commands over SPDY: a stream for each channel. Pure.
 * https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/client-go/tools/remotecommand
 *
 *     SYN_STREAM  streamtype: error | stdin | stdout | stderr | resize       the client opens what it asked for,
 *     SYN_REPLY   (no headers)                                                error first; resize with a terminal
 *
 * The version (`X-Stream-Protocol-Version`) changes nothing here but what the error stream holds: see status.ts.
 */
import { type Fault, faulted, Reading } from '../fault.ts';
import type { PingToken } from '../peer.ts';
import {
  CHANNELS,
  type Channel,
  type ChannelFault,
  type DataChannel,
  FROM_CLIENT,
  type RemoteEvent,
  type RemoteOptions,
  type RemotePeer,
  type TerminalSize,
} from '../remotecommand.ts';
import { idOf, readSpdyControl, toGoAway } from '../spdy/control.ts';
import type { Headers } from '../spdy/frame.ts';
import { type SpdyEvent, SpdySession } from '../spdy/session.ts';
import { formatSize, SizeReader } from './terminal-size.ts';

const STREAM_TYPE = 'streamtype';
const NOTHING = Buffer.alloc(0);
type StreamEvent = Extract<SpdyEvent, { stream: number }>;

export class StreamPeer implements RemotePeer {
  readonly #options: RemoteOptions;
  readonly #session: SpdySession;
  readonly #sizes = new SizeReader();
  readonly #channels = new Map<number, Channel>();
  readonly #streams = new Map<Channel, number>();
  readonly #reading = new Reading();

  constructor(options: RemoteOptions) {
    this.#options = options;
    this.#session = new SpdySession(options.from, CHANNELS.length);
  }

  receive(bytes: Buffer): RemoteEvent[] {
    return this.#translate(this.#session.receive(bytes));
  }

  finish(): RemoteEvent[] {
    return this.#translate(this.#session.finish());
  }

  #translate(found: SpdyEvent[]): RemoteEvent[] {
    return this.#reading.all(found, (event) => this.#read(event));
  }

  #read(event: SpdyEvent): RemoteEvent[] {
    switch (event.kind) {
      case 'open':
        return [this.#opened(event.stream, event.headers)];
      case 'accepted':
      case 'data':
      case 'end':
      case 'reset':
        return this.#readStream(event, this.#channels.get(event.stream)!);
      default:
        return [readSpdyControl(event)];
    }
  }

  #opened(stream: number, headers: Headers): RemoteEvent {
    const type = headers.get(STREAM_TYPE);
    const channel = CHANNELS.find((name) => name === type);
    if (channel === undefined) return broken('CHANNEL_UNKNOWN', 'a stream has no known streamtype');
    if (this.#streams.has(channel)) return broken('CHANNEL_OPENED_TWICE', `${channel} is opened twice`);
    if (!this.#isRequested(channel)) {
      return broken('CHANNEL_NOT_REQUESTED', `${channel} is opened, which was not asked for`);
    }
    this.#add(stream, channel);
    return { kind: 'open', channel };
  }

  #isRequested(channel: Channel): boolean {
    return channel === 'error' || channel === 'resize' || this.#options.requested[channel];
  }

  #readStream(event: Exclude<StreamEvent, { kind: 'open' }>, channel: Channel): RemoteEvent[] {
    switch (event.kind) {
      case 'data':
        return this.#readData(event.data, channel);
      case 'reset':
        return [{ kind: 'reset', channel, status: event.status }];
      case 'accepted':
      case 'end':
        return [{ kind: event.kind, channel }];
    }
  }

  #readData(data: Buffer, channel: Channel): RemoteEvent[] {
    const { from } = this.#options;
    if (FROM_CLIENT.has(channel) !== (from === 'client')) {
      return [broken('WRONG_DIRECTION', `the ${from} sent on ${channel}`)];
    }
    return channel === 'resize' ? this.#sizes.read(data) : [{ kind: 'data', channel, data }];
  }

  open(channel: Channel): Buffer {
    const { stream, bytes } = this.#session.open(new Map([[STREAM_TYPE, channel]]));
    this.#add(stream, channel);
    return bytes;
  }

  accept(channel: Channel): Buffer {
    return this.#on(channel, (stream) => this.#session.accept(stream));
  }

  send(channel: DataChannel, data: Uint8Array): Buffer {
    return this.#on(channel, (stream) => this.#session.data(stream, data));
  }

  resize(size: TerminalSize): Buffer {
    return this.#on('resize', (stream) => this.#session.data(stream, formatSize(size)));
  }

  end(channel: Channel): Buffer {
    return this.#on(channel, (stream) => this.#session.end(stream));
  }

  reset(channel: Channel, status?: number): Buffer {
    return this.#on(channel, (stream) => this.#session.reset(stream, status));
  }

  ping(token: PingToken): Buffer {
    return this.#session.ping(idOf(token));
  }

  pong(token: PingToken): Buffer {
    return this.#session.ping(idOf(token));
  }

  close(code: number | null): Buffer {
    return this.#session.goAway(toGoAway(code));
  }

  consumed(channel: DataChannel, bytes: number): Buffer {
    return this.#on(channel, (stream) => this.#session.consumed(stream, bytes));
  }

  silent(): Buffer {
    return this.#session.silent();
  }

  get windowed(): boolean {
    return this.#session.windowed;
  }

  sendable(channel: DataChannel): number {
    const stream = this.#streams.get(channel);
    return stream === undefined ? Number.POSITIVE_INFINITY : this.#session.sendable(stream);
  }

  /** A channel without a stream was not opened, or its stream is gone: nothing is to be said on it. */
  #on(channel: Channel, say: (stream: number) => Buffer): Buffer {
    const stream = this.#streams.get(channel);
    return stream === undefined ? NOTHING : say(stream);
  }

  #add(stream: number, channel: Channel): void {
    this.#channels.set(stream, channel);
    this.#streams.set(channel, stream);
  }
}

function broken(fault: ChannelFault, message: string): Fault<ChannelFault> {
  return faulted(fault, message);
}
