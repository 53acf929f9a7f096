/**
 * Remote commands (`exec`, `attach`): one port for WebSocket and SPDY. Pure.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ and KEP-4006 (WebSocket, v5).
 *
 *                  ┌────────────────────┐                        ┌────────────────────┐
 *     kubectl ◀──▶ │ RemotePeer         │ ◀── events, typed ──▶  │ RemotePeer         │ ◀──▶ API server
 *                  │ (who sends: client)│     held, masked,      │ (who sends: server)│
 *                  └────────────────────┘     recorded           └────────────────────┘
 *
 * A `RemotePeer` stands for the other end of one connection: it decodes what that end says, and encodes what
 * we say to it. Both ends are terminated: no frame is handed through, so what a peer wrote into a frame's
 * spare corners goes nowhere, and output may be held or changed between. A relay answers every event of one
 * peer with the method of the same name on the other:
 *
 *     open → open          (SPDY: the client creates a stream)    data  → send     end   → end
 *     accepted → accept    (SPDY: the server replies to it)       resize → resize  reset → reset
 *     ping → ping, pong → pong  (so that each end tests the other, not us)         close → close
 *     fault → close both
 *
 * Pass `accepted` on before data: kubectl waits for each reply, and its SPDY library drops data of a stream that
 * was not replied to. WebSocket has no such step: its channels are there from the start, and
 * `open` and `accept` return no bytes.
 */
import type { Fault } from './fault.ts';
import type { PingToken, Sender } from './peer.ts';
import type { SpdyFault } from './spdy/frame.ts';
import type { MessageFault } from './websocket/channels.ts';
import type { WebSocketFault } from './websocket/frame.ts';

/** In the order of their WebSocket numbers, 0 to 4. */
export const CHANNELS = ['stdin', 'stdout', 'stderr', 'error', 'resize'] as const;

export type Channel = (typeof CHANNELS)[number];

/** The data channels: sizes have an event of their own. */
export type DataChannel = Exclude<Channel, 'resize'>;

/** What goes from client to server; the rest goes from server to client. */
export const FROM_CLIENT: ReadonlySet<Channel> = new Set<Channel>(['stdin', 'resize']);

/** In character cells. kubectl may begin with 0 0: a terminal that has no size yet. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

export type RemoteEvent =
  /** SPDY only. The peer creates the stream of a channel: create it at the other end, too. */
  | { kind: 'open'; channel: Channel }
  /** SPDY only. The peer replied to a stream that we created. */
  | { kind: 'accepted'; channel: Channel }
  /** May share memory with the bytes received. May be empty: servers begin so to say that they are there. */
  | { kind: 'data'; channel: DataChannel; data: Buffer }
  | { kind: 'resize'; size: TerminalSize }
  /** The peer sends no more on the channel: SPDY's FIN, v5's CLOSE. Older WebSocket cannot say it. */
  | { kind: 'end'; channel: Channel }
  /** SPDY only. The peer is through with the stream, both ways; `status` as in RST_STREAM. */
  | { kind: 'reset'; channel: Channel; status: number }
  | { kind: 'ping'; token: PingToken }
  | { kind: 'pong'; token: PingToken }
  /** SPDY only. `sendable` has grown, or the stream is gone: whoever waits looks again. */
  | { kind: 'writable' }
  /** SPDY only. Bytes for a stream that was reset meanwhile: they reach nobody. */
  | { kind: 'discarded'; bytes: number }
  /**
   * The peer says goodbye, with a WebSocket close code (SPDY's GOAWAY status is translated). `last`: nothing
   * comes after it; otherwise (SPDY) open streams may go on.
   */
  | { kind: 'close'; code: number | null; reason: string; last: boolean }
  | Fault<RemoteFault>;

/** Beside the faults of the protocol below. */
export type RemoteFault = WebSocketFault | MessageFault | SpdyFault | ChannelFault;

export type ChannelFault =
  | 'CHANNEL_UNKNOWN'
  | 'CHANNEL_NOT_REQUESTED'
  | 'CHANNEL_OPENED_TWICE'
  /** Data from the server on stdin, from the client on stdout, and so on. */
  | 'WRONG_DIRECTION'
  | 'DATA_AFTER_END'
  | 'CLOSE_SIGNAL_INVALID'
  | 'SIZE_INVALID';

/** Two of them: `ChannelPeer` (remotecommand/channels.ts) over WebSocket, `StreamPeer` (…/streams.ts) over SPDY. */
export interface RemotePeer {
  /** What the bytes say, whatever the cuts between reads. After a fault, always nothing. */
  receive(bytes: Buffer): RemoteEvent[];
  /** The peer's half of the connection ended: a fault if it was within a frame. */
  finish(): RemoteEvent[];
  open(channel: Channel): Buffer;
  accept(channel: Channel): Buffer;
  /** One message or frame. Over SPDY, `sendable` says how much may go now. */
  send(channel: DataChannel, data: Uint8Array): Buffer;
  resize(size: TerminalSize): Buffer;
  end(channel: Channel): Buffer;
  /** `status` as in RST_STREAM; 5 (CANCEL) is what Kubernetes uses. */
  reset(channel: Channel, status?: number): Buffer;
  ping(token: PingToken): Buffer;
  pong(token: PingToken): Buffer;
  /** A WebSocket close code: 1000 done, 1002 protocol error, 1011 our own failure. */
  close(code: number | null, reason?: string): Buffer;
  /**
   * Data of the channel that was received has been passed on. Returns what the peer must be told so that it goes
   * on sending (SPDY's WINDOW_UPDATE), mostly nothing.
   */
  consumed(channel: DataChannel, bytes: number): Buffer;
  /** It has said nothing for a while, and all that it said was passed on: what it may be waiting for. */
  silent(): Buffer;
  /**
   * Bytes that may be sent on the channel now. Infinity where the peer has no flow control of its own, and where
   * nothing would be sent.
   */
  sendable(channel: DataChannel): number;
  /**
   * True once the peer has shown flow control of its own, as long as it keeps to ours: what it may send is
   * bounded by `consumed`, and its socket must be read on, since its grants come there. False (WebSocket, and SPDY as
   * Kubernetes speaks it): only not reading its socket holds it back.
   */
  readonly windowed: boolean;
}

/** The channels of the request's query. `resize` and `error` need no asking. */
export interface Requested {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/**
 * WebSocket subprotocols: the version decides about half-close (v5) and about what the error channel holds
 * (status.ts), `base64` about the messages. A client that offers none gets v1.
 */
export const WEBSOCKET_PROTOCOLS = {
  'v5.channel.k8s.io': { version: 5, base64: false },
  'v4.channel.k8s.io': { version: 4, base64: false },
  'v4.base64.channel.k8s.io': { version: 4, base64: true },
  'v3.channel.k8s.io': { version: 3, base64: false },
  'v2.channel.k8s.io': { version: 2, base64: false },
  'channel.k8s.io': { version: 1, base64: false },
  'base64.channel.k8s.io': { version: 1, base64: true },
  '': { version: 1, base64: false },
} as const;

export type WebSocketProtocol = keyof typeof WEBSOCKET_PROTOCOLS;

/** Values of SPDY's `X-Stream-Protocol-Version`. What servers answer is v4, whatever is offered. */
export const SPDY_PROTOCOLS = {
  'v5.channel.k8s.io': { version: 5 },
  'v4.channel.k8s.io': { version: 4 },
  'v3.channel.k8s.io': { version: 3 },
  'v2.channel.k8s.io': { version: 2 },
  'channel.k8s.io': { version: 1 },
} as const;

export type SpdyProtocol = keyof typeof SPDY_PROTOCOLS;

export interface RemoteOptions {
  /** Who the peer is: `client` towards kubectl, `server` towards the API server. */
  from: Sender;
  requested: Requested;
}
