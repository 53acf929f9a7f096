/**
 * Port forwarding over WebSocket channels, as servers without the tunnel know it. Pure. Messages are in
 * websocket/channels.ts.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/cri/streaming/portforward/websocket.go
 *
 *     GET …/portforward?ports=8080,9090     channels 0, 2, … data, both ways; 1, 3, … error, of the server
 *
 *     first on each channel, of the server     +-----------+
 *                                              | port, u16 |  little-endian
 *                                              +-----------+
 *
 * One connection a port, there from the start; nothing can be ended but the whole.
 */
import { type Fault, faulted, Reading } from '../fault.ts';
import type { Sender } from '../peer.ts';
import {
  type ForwardEvent,
  type ForwardFault,
  type ForwardStream,
  PORT_FORWARD_CHANNELS,
  type PortForwardChannels,
  type PortForwardPeer,
} from '../portforward.ts';
import { type ChannelPiece, ChannelReader } from '../websocket/channels.ts';
import { readWebSocketControl } from '../websocket/control.ts';
import { WebSocketDecoder } from '../websocket/decoder.ts';
import type { MaskKeys } from '../websocket/encoder.ts';
import type { WebSocketEvent } from '../websocket/frame.ts';
import { ChannelSpeaker } from '../websocket/speaker.ts';

const NOTHING = Buffer.alloc(0);
const PORT_BYTES = 2;

export interface ForwardChannelOptions {
  /** Who the peer is: `client` towards kubectl, `server` towards the API server. */
  from: Sender;
  protocol: PortForwardChannels;
  /** Of the request's query, in its order. */
  ports: readonly number[];
}

interface Entry {
  stream: ForwardStream;
  /** Of the port that the server says first: null once it has. */
  head: Buffer | null;
}

export class ForwardChannelPeer extends ChannelSpeaker implements PortForwardPeer {
  readonly #from: Sender;
  readonly #decoder: WebSocketDecoder;
  readonly #reader: ChannelReader;
  readonly #reading = new Reading();
  readonly #entries: Entry[];

  /** @param keys masks for what we say to a server */
  constructor({ from, protocol, ports }: ForwardChannelOptions, keys: MaskKeys) {
    const { base64 } = PORT_FORWARD_CHANNELS[protocol];
    super({ from, base64 }, keys);
    this.#from = from;
    this.#decoder = new WebSocketDecoder(from);
    this.#reader = new ChannelReader({ from, base64 });
    this.#entries = ports.flatMap((port, index) =>
      (['data', 'error'] as const).map((type) => ({
        stream: { connection: `port-${index}`, type, port },
        head: from === 'server' ? NOTHING : null,
      })),
    );
  }

  receive(bytes: Buffer): ForwardEvent[] {
    return this.#translate(this.#decoder.receive(bytes));
  }

  finish(): ForwardEvent[] {
    return this.#translate(this.#decoder.finish());
  }

  #translate(found: WebSocketEvent[]): ForwardEvent[] {
    return this.#reading.all(found, (event) =>
      event.kind === 'data' ? this.#readPiece(this.#reader.push(event)) : [readWebSocketControl(event)],
    );
  }

  #readPiece(piece: ReturnType<ChannelReader['push']>): ForwardEvent[] {
    if (piece === null) return [];
    if ('kind' in piece) return [piece];
    const entry = this.#entries[piece.channel];
    if (entry === undefined) return [broken('CHANNEL_UNKNOWN', `there is no channel ${piece.channel}`)];
    if (this.#from === 'client' && entry.stream.type === 'error') {
      return [broken('WRONG_DIRECTION', 'the client sent on an error channel')];
    }
    const events = this.#readData(entry, piece);
    return piece.fault === null || events.at(-1)?.kind === 'fault' ? events : [...events, piece.fault];
  }

  #readData(entry: Entry, { data, first, last }: ChannelPiece): ForwardEvent[] {
    const { stream, head } = entry;
    if (head === null) return data.length > 0 || (first && last) ? [{ kind: 'data', stream, data }] : [];
    const start = Buffer.concat([head, data.subarray(0, PORT_BYTES - head.length)]);
    entry.head = start;
    if (start.length < PORT_BYTES) return [];
    entry.head = null;
    if (start.readUInt16LE(0) !== stream.port) {
      return [broken('PORT_INVALID', `the server names port ${start.readUInt16LE(0)}, not ${stream.port}`)];
    }
    const rest = data.subarray(PORT_BYTES - head.length);
    const events: ForwardEvent[] = [{ kind: 'accepted', stream }];
    return rest.length === 0 ? events : [...events, { kind: 'data', stream, data: rest }];
  }

  open(): Buffer {
    return NOTHING;
  }

  /** Says the port. */
  accept(stream: ForwardStream): Buffer {
    const bytes = Buffer.alloc(PORT_BYTES);
    bytes.writeUInt16LE(stream.port);
    return this.send(stream, bytes);
  }

  send(stream: ForwardStream, data: Uint8Array): Buffer {
    const channel = this.#entries.findIndex(
      (entry) => entry.stream.connection === stream.connection && entry.stream.type === stream.type,
    );
    return channel < 0 ? NOTHING : this.message(channel, data);
  }

  end(): Buffer {
    return NOTHING;
  }

  reset(): Buffer {
    return NOTHING;
  }
}

function broken(fault: ForwardFault, message: string): Fault<ForwardFault> {
  return faulted(fault, message);
}
