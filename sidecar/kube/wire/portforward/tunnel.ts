/**
 * SPDY within the binary messages of a WebSocket. Pure.
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
 *
 *     +-------------------+----------------------------+
 *     | WebSocket message | any piece of SPDY's bytes  |  …      kubectl cuts even the heads of SPDY frames;
 *     +-------------------+----------------------------+         ours hold whole ones
 */
import { faulted } from '../fault.ts';
import type { Sender } from '../peer.ts';
import type { Control } from '../websocket/control.ts';
import { WebSocketDecoder } from '../websocket/decoder.ts';
import { type MaskKeys, WebSocketEncoder } from '../websocket/encoder.ts';
import type { WebSocketEvent, WebSocketFault } from '../websocket/frame.ts';

/** Bytes of SPDY, or what was said about the WebSocket itself. */
export type Tunnelled = { kind: 'spdy'; bytes: Buffer } | Control<WebSocketFault | 'TEXT_UNEXPECTED'>;

export class Tunnel {
  readonly #decoder: WebSocketDecoder;
  readonly encoder: WebSocketEncoder;

  constructor(from: Sender, keys: MaskKeys) {
    this.#decoder = new WebSocketDecoder(from);
    this.encoder = new WebSocketEncoder(from === 'server' ? keys : null);
  }

  receive(bytes: Buffer): Tunnelled[] {
    return this.#decoder.receive(bytes).map(unwrap);
  }

  finish(): Tunnelled[] {
    return this.#decoder.finish().map(unwrap);
  }
}

function unwrap(event: WebSocketEvent): Tunnelled {
  if (event.kind !== 'data') return event;
  if (event.opcode === 'text') return faulted('TEXT_UNEXPECTED', 'a tunnel holds a text message');
  return { kind: 'spdy', bytes: event.data };
}
