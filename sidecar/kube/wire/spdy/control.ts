/** Frames about the connection itself, in the words of the ports above, which speak WebSocket too. Pure. */
import type { PingToken } from '../peer.ts';
import { GOAWAY } from './frame.ts';
import type { SpdyEvent } from './session.ts';

type Control = Exclude<SpdyEvent, { stream: number }>;

/** After a goodbye what is open may go on. */
export type ControlEvent =
  | { kind: 'ping' | 'pong'; token: PingToken }
  | { kind: 'close'; code: number; reason: string; last: false }
  | Extract<Control, { kind: 'writable' | 'discarded' | 'fault' }>;

export function readSpdyControl(event: Control): ControlEvent {
  switch (event.kind) {
    case 'ping':
    case 'pong':
      return { kind: event.kind, token: tokenOf(event.id) };
    case 'goaway':
      return { kind: 'close', code: fromGoAway(event.status), reason: '', last: false };
    case 'writable':
    case 'discarded':
    case 'fault':
      return event;
  }
}

/** GOAWAY's status as a WebSocket close code. */
function fromGoAway(status: number): number {
  switch (status) {
    case GOAWAY.ok:
      return 1000;
    case GOAWAY.protocolError:
      return 1002;
    default:
      return 1011;
  }
}

export function toGoAway(code: number | null): number {
  switch (code) {
    case null:
    case 1000:
    case 1001:
      return GOAWAY.ok;
    case 1002:
      return GOAWAY.protocolError;
    default:
      return GOAWAY.internalError;
  }
}

function tokenOf(id: number): PingToken {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(id);
  return { over: 'spdy', data };
}

export function idOf(token: PingToken): number {
  return token.data.readUInt32BE(0);
}
