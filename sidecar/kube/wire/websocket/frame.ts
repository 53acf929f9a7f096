/**
 * WebSocket frames as they are on the wire. Pure.
 * https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| length 0..125, or                           |
 *     |I|S|S|S|       |A| 126: the next 16 bits are the length        |
 *     |N|V|V|V|       |S| 127: the next 64 bits are the length        |
 *     | |1|2|3|       |K|             |   (big-endian, shortest form) |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     | mask key, 32 bits: in frames of a client always, of a server  |
 *     | never; byte i of the payload is XORed with key byte i mod 4   |
 *     +---------------------------------------------------------------+
 *     | payload                                                       |
 *     +---------------------------------------------------------------+
 *
 * A message is a text or binary frame and the continuation frames up to the one with FIN. Control frames
 * (close, ping, pong) may come between them. No extension is ever negotiated, so RSV is zero.
 */
import type { Fault } from '../fault.ts';

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export const FIN = 0x80;
export const MASKED = 0x80;

/** A control frame's payload fits the short length. */
export const CONTROL_LIMIT = 125;

/** The largest message, all its fragments together: what Kubernetes' own server accepts. */
export const MESSAGE_LIMIT = 32 * 1024 * 1024;

/** Every way to break the protocol. */
export type WebSocketFault =
  | 'RESERVED_BITS'
  | 'UNKNOWN_OPCODE'
  | 'NOT_MASKED'
  | 'MASKED_BY_SERVER'
  | 'LENGTH_INVALID'
  | 'CONTROL_FRAGMENTED'
  | 'CONTROL_TOO_LONG'
  | 'CONTINUATION_UNEXPECTED'
  | 'CONTINUATION_MISSING'
  | 'CLOSE_INVALID'
  | 'MESSAGE_TOO_LARGE'
  | 'TRUNCATED';

/**
 * `data` is a piece of a message, as much as was there: messages are never gathered, whatever their size.
 * `first` and `last` mark the message's bounds; both are true of a message that came whole. A piece is empty
 * only where the message, or the rest of it, is. Text is not checked to be UTF-8: its reader knows what it
 * should be.
 */
export type WebSocketEvent =
  | { kind: 'data'; opcode: 'text' | 'binary'; data: Buffer; first: boolean; last: boolean }
  | { kind: 'ping'; data: Buffer }
  | { kind: 'pong'; data: Buffer }
  /** Nothing comes after it. `code` is null where the peer gave none. */
  | { kind: 'close'; code: number | null; reason: string }
  | Fault<WebSocketFault>;
