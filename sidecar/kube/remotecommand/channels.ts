/**
 * Remote commands over WebSocket: the subprotocols `*.channel.k8s.io`. Pure.
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
 *
 *     binary message            base64.*, a text message       v5, half-close
 *     +---------+-------…       +-----------+---------…        +-------+---------+
 *     | channel | bytes         | '0' + ch. | base64           | 0xff  | channel |
 *     +---------+-------…       +-----------+---------…        +-------+---------+
 *       1 byte: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize
 *
 * As the real server does, a client's text message is taken for bytes where binary is due (the Python client
 * sends text), and an empty message is passed over. It is stricter in that an unknown channel ends the session.
 */
import { type Fault, faulted } from '../fault.ts';
import {
  CHANNELS,
  type Channel,
  type ChannelFault,
  type DataChannel,
  FROM_CLIENT,
  type PingToken,
  type RemoteEvent,
  type RemoteOptions,
  type RemotePeer,
  type TerminalSize,
  WEBSOCKET_PROTOCOLS,
  type WebSocketProtocol,
} from '../remotecommand.ts';
import { WebSocketDecoder } from '../websocket/decoder.ts';
import { type MaskKeys, WebSocketEncoder } from '../websocket/encoder.ts';
import type { WebSocketEvent } from '../websocket/frame.ts';
import { Base64Reader } from './base64.ts';
import { formatSize, SizeReader } from './terminal-size.ts';

type MessagePiece = Extract<WebSocketEvent, { kind: 'data' }>;

const CLOSE_SIGNAL = 255;
const CLOSE_VERSION = 5;
const ZERO = 0x30;
const NOTHING = Buffer.alloc(0);

/** The message that is being read: on which channel, or a close signal. */
type Current = { channel: Channel; base64: Base64Reader | null } | 'close-signal';

export class ChannelPeer implements RemotePeer {
  readonly #protocol: { version: number; base64: boolean };
  readonly #options: RemoteOptions;
  readonly #decoder: WebSocketDecoder;
  readonly #encoder: WebSocketEncoder;
  readonly #sizes = new SizeReader();
  readonly #ended = new Set<Channel>();
  #current: Current | null = null;
  /** The channel that a close signal names. */
  #closing: number | null = null;
  #over = false;

  /**
   * @param protocol what the server chose of the client's `Sec-WebSocket-Protocol`
   * @param keys masks for what we say to a server; a client is told nothing masked
   */
  constructor(protocol: WebSocketProtocol, options: RemoteOptions, keys: MaskKeys) {
    this.#protocol = WEBSOCKET_PROTOCOLS[protocol];
    this.#options = options;
    this.#decoder = new WebSocketDecoder(options.from);
    this.#encoder = new WebSocketEncoder(options.from === 'server' ? keys : null);
  }

  receive(bytes: Buffer): RemoteEvent[] {
    return this.#translate(this.#decoder.receive(bytes));
  }

  finish(): RemoteEvent[] {
    return this.#translate(this.#decoder.finish());
  }

  #translate(found: WebSocketEvent[]): RemoteEvent[] {
    const events: RemoteEvent[] = [];
    for (const event of found) {
      if (this.#over) break;
      switch (event.kind) {
        case 'data':
          this.#readPiece(event, events);
          break;
        case 'ping':
        case 'pong':
          events.push({ kind: event.kind, token: { over: 'websocket', data: event.data } });
          break;
        case 'close':
        case 'fault':
          events.push(event);
          break;
      }
      this.#over = events.at(-1)?.kind === 'fault';
    }
    return events;
  }

  #readPiece(piece: MessagePiece, events: RemoteEvent[]): void {
    let rest = piece.data;
    if (piece.first) {
      if (rest.length === 0) return;
      const begun = this.#begin(rest[0]!, piece.opcode);
      if ('kind' in begun) return void events.push(begun);
      this.#current = begun.current;
      rest = rest.subarray(1);
    }
    if (this.#current === 'close-signal') this.#readCloseSignal(rest, piece.last, events);
    else if (this.#current !== null) this.#readData(this.#current, rest, piece, events);
    if (piece.last) this.#current = null;
  }

  #begin(first: number, opcode: 'text' | 'binary'): { current: Current } | Fault<ChannelFault> {
    const { version, base64 } = this.#protocol;
    if (opcode === 'text' && !base64 && this.#options.from === 'server') {
      return faulted('TEXT_UNEXPECTED', 'the server sent text where the subprotocol is binary');
    }
    const number = base64 ? first - ZERO : first;
    if (number === CLOSE_SIGNAL && version >= CLOSE_VERSION) return { current: 'close-signal' };
    const channel = CHANNELS[number];
    if (channel === undefined) return faulted('CHANNEL_UNKNOWN', `there is no channel ${number}`);
    return this.#refuse(channel) ?? { current: { channel, base64: base64 ? new Base64Reader() : null } };
  }

  /** Why the peer may not send on the channel, or null. */
  #refuse(channel: Channel): Fault<ChannelFault> | null {
    const { from, requested } = this.#options;
    if (FROM_CLIENT.has(channel) !== (from === 'client')) {
      return faulted('WRONG_DIRECTION', `the ${from} sent on ${channel}`);
    }
    if (channel !== 'error' && channel !== 'resize' && !requested[channel]) {
      return faulted('CHANNEL_NOT_REQUESTED', `the ${from} sent on ${channel}, which was not asked for`);
    }
    if (this.#ended.has(channel)) return faulted('DATA_AFTER_END', `data on ${channel} after its end`);
    return null;
  }

  #readData(
    current: Exclude<Current, string>,
    bytes: Buffer,
    piece: MessagePiece,
    events: RemoteEvent[],
  ): void {
    const data = current.base64 === null ? bytes : current.base64.push(bytes, piece.last);
    if (data === null) {
      events.push(faulted('BASE64_INVALID', `a message on ${current.channel} is not valid base64`));
    } else if (current.channel === 'resize') {
      const sizes = this.#sizes.push(data);
      if (sizes === null) events.push(faulted('SIZE_INVALID', 'the resize channel holds no terminal size'));
      else for (const size of sizes) events.push({ kind: 'resize', size });
    } else if (data.length > 0 || (piece.first && piece.last)) {
      events.push({ kind: 'data', channel: current.channel, data });
    }
  }

  #readCloseSignal(bytes: Buffer, last: boolean, events: RemoteEvent[]): void {
    const invalid = faulted<ChannelFault>('CLOSE_SIGNAL_INVALID', 'a close signal does not name one channel');
    if (bytes.length > (this.#closing === null ? 1 : 0)) return void events.push(invalid);
    if (bytes.length === 1) this.#closing = bytes[0]!;
    if (!last) return;
    const channel = CHANNELS[this.#closing ?? CLOSE_SIGNAL];
    this.#closing = null;
    if (channel === undefined) return void events.push(invalid);
    if (this.#ended.has(channel))
      return void events.push(faulted('DATA_AFTER_END', `${channel} ended twice`));
    this.#ended.add(channel);
    events.push({ kind: 'end', channel });
  }

  open(): Buffer {
    return NOTHING;
  }

  accept(): Buffer {
    return NOTHING;
  }

  send(channel: DataChannel, data: Uint8Array): Buffer {
    return this.#message(channel, data);
  }

  resize(size: TerminalSize): Buffer {
    return this.#message('resize', formatSize(size));
  }

  end(channel: Channel): Buffer {
    if (this.#protocol.version < CLOSE_VERSION) return NOTHING;
    return this.#encoder.binary(Uint8Array.of(CLOSE_SIGNAL, CHANNELS.indexOf(channel)));
  }

  reset(channel: Channel): Buffer {
    return this.end(channel);
  }

  ping({ data }: PingToken): Buffer {
    return this.#encoder.ping(data);
  }

  pong({ data }: PingToken): Buffer {
    return this.#encoder.pong(data);
  }

  close(code: number | null, reason = ''): Buffer {
    return this.#encoder.close(code, reason);
  }

  consumed(): Buffer {
    return NOTHING;
  }

  sendable(): number {
    return Number.POSITIVE_INFINITY;
  }

  #message(channel: Channel, data: Uint8Array): Buffer {
    const number = CHANNELS.indexOf(channel);
    if (!this.#protocol.base64) return this.#encoder.binary(Uint8Array.of(number), data);
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return this.#encoder.text(`${number}${bytes.toString('base64')}`);
  }
}
