/** What all protocols here call by the same names. Pure. */

/** Who sends: decides about the masks of a WebSocket, about stream numbers in SPDY, about directions of channels. */
export type Sender = 'client' | 'server';

/** Opaque: hand it back to `ping` or `pong` of the other peer. */
export interface PingToken {
  over: 'websocket' | 'spdy';
  data: Buffer;
}
