/** What SPDY calls by other names than WebSocket, for ports that speak both. Pure. */
import type { PingToken } from '../peer.ts';
import { GOAWAY } from './frame.ts';

/** GOAWAY's status as a WebSocket close code. */
export function fromGoAway(status: number): number {
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

export function tokenOf(id: number): PingToken {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(id);
  return { over: 'spdy', data };
}

export function idOf(token: PingToken): number {
  return token.data.readUInt32BE(0);
}
