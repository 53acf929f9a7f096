/**
 * Remote commands over WebSocket: the subprotocols `*.channel.k8s.io`. Pure. Messages are in websocket/channels.ts.
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
 *
 *     v5, half-close
 *     +------+---------+
 *     | 0xff | channel |        channel: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize
 *     +------+---------+
 *
 * An unknown channel, which the real server passes over, ends the session.
 */
import { type Fault, faulted, Reading } from '../fault.ts';
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
  WEBSOCKET_PROTOCOLS,
  type WebSocketProtocol,
} from '../remotecommand.ts';
import { type ChannelPiece, ChannelReader } from '../websocket/channels.ts';
import { readWebSocketControl } from '../websocket/control.ts';
import { WebSocketDecoder } from '../websocket/decoder.ts';
import type { MaskKeys } from '../websocket/encoder.ts';
import type { WebSocketEvent } from '../websocket/frame.ts';
import { ChannelSpeaker } from '../websocket/speaker.ts';
import { formatSize, SizeReader } from './terminal-size.ts';

const CLOSE_SIGNAL = 255;
const CLOSE_VERSION = 5;
const NOTHING = Buffer.alloc(0);

export class ChannelPeer extends ChannelSpeaker implements RemotePeer {
  readonly #protocol: { version: number; base64: boolean };
  readonly #options: RemoteOptions;
  readonly #decoder: WebSocketDecoder;
  readonly #reader: ChannelReader;
  readonly #reading = new Reading();
  readonly #sizes = new SizeReader();
  readonly #ended = new Set<Channel>();
  /** The channel that a close signal names. */
  #closing: Buffer | null = null;

  /**
   * @param protocol what the server chose of the client's `Sec-WebSocket-Protocol`
   * @param keys masks for what we say to a server; a client is told nothing masked
   */
  constructor(protocol: WebSocketProtocol, options: RemoteOptions, keys: MaskKeys) {
    const { base64 } = WEBSOCKET_PROTOCOLS[protocol];
    super({ from: options.from, base64 }, keys);
    this.#protocol = WEBSOCKET_PROTOCOLS[protocol];
    this.#options = options;
    this.#decoder = new WebSocketDecoder(options.from);
    this.#reader = new ChannelReader({ from: options.from, base64 });
  }

  receive(bytes: Buffer): RemoteEvent[] {
    return this.#translate(this.#decoder.receive(bytes));
  }

  finish(): RemoteEvent[] {
    return this.#translate(this.#decoder.finish());
  }

  #translate(found: WebSocketEvent[]): RemoteEvent[] {
    return this.#reading.all(found, (event) =>
      event.kind === 'data' ? this.#readPiece(this.#reader.push(event)) : [readWebSocketControl(event)],
    );
  }

  #readPiece(piece: ReturnType<ChannelReader['push']>): RemoteEvent[] {
    if (piece === null) return [];
    if ('kind' in piece) return [piece];
    if (piece.channel === CLOSE_SIGNAL && this.#protocol.version >= CLOSE_VERSION) {
      return this.#readCloseSignal(piece);
    }
    const channel = CHANNELS[piece.channel];
    if (channel === undefined) return [faulted('CHANNEL_UNKNOWN', `there is no channel ${piece.channel}`)];
    const refusal = piece.first ? this.#refuse(channel) : null;
    return refusal === null ? withFault(this.#readData(channel, piece), piece) : [refusal];
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

  #readData(channel: Channel, { data, first, last }: ChannelPiece): RemoteEvent[] {
    if (channel !== 'resize') {
      return data.length > 0 || (first && last) ? [{ kind: 'data', channel, data }] : [];
    }
    return this.#sizes.read(data);
  }

  #readCloseSignal({ data, last }: ChannelPiece): RemoteEvent[] {
    const named = this.#closing === null ? data : Buffer.concat([this.#closing, data]);
    this.#closing = last ? null : Buffer.from(named.subarray(0, 2));
    const channel = named.length === 1 ? CHANNELS[named[0]!] : undefined;
    if (named.length > 1 || (last && channel === undefined)) {
      return [faulted('CLOSE_SIGNAL_INVALID', 'a close signal does not name one channel')];
    }
    if (!last || channel === undefined) return [];
    if (this.#ended.has(channel)) return [faulted('DATA_AFTER_END', `${channel} ended twice`)];
    this.#ended.add(channel);
    return [{ kind: 'end', channel }];
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
    return this.encoder.binary(Uint8Array.of(CLOSE_SIGNAL, CHANNELS.indexOf(channel)));
  }

  reset(channel: Channel): Buffer {
    return this.end(channel);
  }

  #message(channel: Channel, data: Uint8Array): Buffer {
    return this.message(CHANNELS.indexOf(channel), data);
  }
}

function withFault(events: RemoteEvent[], { fault }: ChannelPiece): RemoteEvent[] {
  return fault === null || events.at(-1)?.kind === 'fault' ? events : [...events, fault];
}
