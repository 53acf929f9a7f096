/** A connection behind its handshake, and what speaking WebSocket on it needs. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';

export interface Connection {
  socket: Duplex;
  /** What was read behind the handshake. */
  head: Buffer;
}

/** Random bytes are cheaper by the pageful. */
let pool = randomBytes(4096);
let used = 0;

/** Four that nobody can foretell, for one frame. */
export function maskKeys(): Buffer {
  if (used === pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  used += 4;
  return pool.subarray(used - 4, used);
}
