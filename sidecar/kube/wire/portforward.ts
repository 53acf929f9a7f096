/**
 * Port forwarding: one port for its three forms. Pure.
 *
 *     SPDY/3.1          POST, Upgrade: SPDY/3.1, X-Stream-Protocol-Version: portforward.k8s.io
 *     tunnel            GET, WebSocket subprotocol SPDY/3.1+portforward.k8s.io: the bytes of SPDY in binary
 *                       messages, cut anywhere (kubectl since 1.31)
 *     channels          GET, WebSocket subprotocol v4.channel.k8s.io, ?ports=…: two channels a port (old)
 *
 * Each connection to the forwarded port is two streams, `data` and `error`; what ties them is the `requestID`
 * header. A relay answers every event of one peer with the method of the same name on the other, as in
 * remotecommand.ts; a `ForwardStream` of one peer names the same stream at the other.
 */
import type { Fault } from './fault.ts';
import type { PingToken } from './peer.ts';
import type { SpdyFault } from './spdy/frame.ts';
import type { MessageFault } from './websocket/channels.ts';
import type { WebSocketFault } from './websocket/frame.ts';

export const PORT_FORWARD_SPDY = 'portforward.k8s.io';
export const PORT_FORWARD_TUNNEL = 'SPDY/3.1+portforward.k8s.io';

/** What the server may choose of the client's `Sec-WebSocket-Protocol`, beside the tunnel. */
export const PORT_FORWARD_CHANNELS = {
  'v4.channel.k8s.io': { base64: false },
  'v4.base64.channel.k8s.io': { base64: true },
  '': { base64: false },
} as const;

export type PortForwardChannels = keyof typeof PORT_FORWARD_CHANNELS;

export interface ForwardStream {
  /** The client's name for the connection (`requestID`), or ours where it gave none. */
  connection: string;
  type: 'data' | 'error';
  /** Of the pod, 1 to 65535. */
  port: number;
}

export type ForwardEvent =
  /** The client creates a stream: create it at the other end, too. Not over channels, which are there. */
  | { kind: 'open'; stream: ForwardStream }
  /** The server replied to it. Pass it on before data. */
  | { kind: 'accepted'; stream: ForwardStream }
  /** May share memory with the bytes received. */
  | { kind: 'data'; stream: ForwardStream; data: Buffer }
  /** The peer sends no more on the stream. */
  | { kind: 'end'; stream: ForwardStream }
  /** The peer is through with the stream, both ways; `status` as in RST_STREAM. */
  | { kind: 'reset'; stream: ForwardStream; status: number }
  | { kind: 'ping'; token: PingToken }
  | { kind: 'pong'; token: PingToken }
  /** `sendable` has grown. */
  | { kind: 'writable' }
  /** Bytes for a stream that was reset meanwhile: they reach nobody. */
  | { kind: 'discarded'; bytes: number }
  /** The peer says goodbye, with a WebSocket close code. Unless it is the `last`, open streams may go on. */
  | { kind: 'close'; code: number | null; reason: string; last: boolean }
  | Fault<ForwardFault>;

export type ForwardFault =
  | WebSocketFault
  | MessageFault
  | SpdyFault
  | 'PORT_INVALID'
  | 'REQUEST_ID_INVALID'
  | 'STREAM_TYPE_UNKNOWN'
  | 'STREAM_OPENED_TWICE'
  /** The client sends on an error stream. */
  | 'WRONG_DIRECTION'
  | 'CHANNEL_UNKNOWN';

/**
 * `ForwardPeer` (portforward/streams.ts) over SPDY, `tunnelled` or not, and `ForwardChannelPeer`
 * (portforward/channels.ts).
 */
export interface PortForwardPeer {
  receive(bytes: Buffer): ForwardEvent[];
  /** The peer's half of the connection ended: a fault if it was within a frame. */
  finish(): ForwardEvent[];
  open(stream: ForwardStream): Buffer;
  accept(stream: ForwardStream): Buffer;
  send(stream: ForwardStream, data: Uint8Array): Buffer;
  end(stream: ForwardStream): Buffer;
  /** `status` as in RST_STREAM; 5 (CANCEL) is what Kubernetes uses. */
  reset(stream: ForwardStream, status?: number): Buffer;
  ping(token: PingToken): Buffer;
  pong(token: PingToken): Buffer;
  /** Unless it is the `last`, what is open may go on: GOAWAY within a tunnel. */
  close(code: number | null, reason?: string, last?: boolean): Buffer;
  consumed(stream: ForwardStream, bytes: number): Buffer;
  silent(): Buffer;
  sendable(stream: ForwardStream): number;
  /** As in remotecommand.ts: unless true, only not reading its socket holds the peer back. */
  readonly windowed: boolean;
}
