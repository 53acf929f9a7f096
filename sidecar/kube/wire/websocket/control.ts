/** Frames about the connection itself, as the ports above tell of them. Pure. */
import type { Fault } from '../fault.ts';
import type { PingToken } from '../peer.ts';
import type { WebSocketEvent, WebSocketFault } from './frame.ts';

export type Control<Code extends string = WebSocketFault> =
  | Extract<WebSocketEvent, { kind: 'ping' | 'pong' | 'close' }>
  | Fault<Code>;

/** Nothing comes after a WebSocket's goodbye. */
export type ControlEvent<Code extends string> =
  | { kind: 'ping' | 'pong'; token: PingToken }
  | { kind: 'close'; code: number | null; reason: string; last: true }
  | Fault<Code>;

export function readWebSocketControl<Code extends string>(event: Control<Code>): ControlEvent<Code> {
  switch (event.kind) {
    case 'ping':
    case 'pong':
      return { kind: event.kind, token: { over: 'websocket', data: event.data } };
    case 'close':
      return { ...event, last: true };
    case 'fault':
      return event;
  }
}
