/**
 * SPDY/3.1 frames as they are on the wire. Pure.
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 *
 *     control frame                                 data frame
 *     +-+---------------+----------------+          +-+--------------------------------+
 *     |1| version = 3   | type           |          |0| stream                         |
 *     +-+-----+---------+----------------+          +-+-----+--------------------------+
 *     | flags | length of what follows   |          | flags | length of what follows   |
 *     +-------+--------------------------+          +-------+--------------------------+
 *     | by type, see below               |          | bytes of the stream              |
 *     +----------------------------------+          +----------------------------------+
 *       8 bits  24 bits, big-endian
 *
 *     SYN_STREAM     1  stream, associated stream, priority (3 bits) + 13 unused, headers
 *     SYN_REPLY      2  stream, headers
 *     RST_STREAM     3  stream, status
 *     SETTINGS       4  number, (flags 8 bits, id 24 bits, value) …
 *     PING           6  id: odd of the client, even of the server; sent back as it is
 *     GOAWAY         7  last good stream, status
 *     HEADERS        8  stream, headers
 *     WINDOW_UPDATE  9  stream (0: the session), delta
 *
 * All of 32 bits where nothing is said. Flag 1 is FIN: the sender is through with the stream.
 */
import type { Fault } from '../fault.ts';

export const VERSION = 3;

export const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const FLAG_FIN = 0x01;

/** The largest frame's payload: its length has 24 bits. */
export const PAYLOAD_LIMIT = 0xffffff;
/** The largest stream number. */
export const STREAM_LIMIT = 0x7fffffff;

/** RST_STREAM, 2.6.3. */
export const STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
  streamInUse: 8,
  streamAlreadyClosed: 9,
  frameTooLarge: 11,
} as const;

/** GOAWAY, 2.6.6. */
export const GOAWAY = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** The one setting that matters here: bytes that each new stream's sender may have under way. */
export const SETTING_INITIAL_WINDOW = 7;

/** Names in lower case; several values of a name are joined by NUL. */
export type Headers = ReadonlyMap<string, string>;

/** Of a control frame that is read: ours and Kubernetes' have some hundred bytes. */
export const CONTROL_LIMIT = 16 * 1024;

/** Header blocks are compressed in one run per direction, so they must be opened in the order of the wire. */
export type SpdyFrame =
  | { kind: 'syn-stream'; stream: number; fin: boolean; block: Buffer }
  | { kind: 'syn-reply'; stream: number; fin: boolean; block: Buffer }
  | { kind: 'headers'; stream: number; fin: boolean; block: Buffer }
  | { kind: 'rst-stream'; stream: number; status: number }
  | { kind: 'settings'; values: ReadonlyMap<number, number> }
  | { kind: 'ping'; id: number }
  | { kind: 'goaway'; last: number; status: number }
  | { kind: 'window-update'; stream: number; delta: number }
  /** A piece of a data frame, as much as was there. `fin` is true of the last piece of a frame with FIN. */
  | { kind: 'data'; stream: number; data: Buffer; fin: boolean }
  | Fault<FrameFault>;

export type FrameFault =
  | 'VERSION_UNKNOWN'
  | 'TYPE_UNKNOWN'
  /** Other flags than FIN, and SETTINGS' own. Nobody here opens a unidirectional stream. */
  | 'FLAGS_INVALID'
  | 'CONTROL_TOO_LARGE'
  /** A length that does not fit the type, stream 0, status 0, delta 0, a reserved bit. */
  | 'FIELD_INVALID'
  | 'TRUNCATED';

export type HeadersFault =
  /** Not zlib, not the SPDY dictionary, or not ended by a sync flush. */
  | 'HEADERS_CORRUPT'
  | 'HEADERS_TOO_LARGE'
  /** Duplicate or empty names, capitals, a length that runs over the end or does not reach it. */
  | 'HEADERS_INVALID';

export type StreamFault =
  /** Even, or not larger than the one before. */
  | 'STREAM_NUMBER'
  | 'STREAM_UNKNOWN'
  /** Data, or another end, after the sender's FIN. */
  | 'STREAM_ENDED'
  /** In Kubernetes only clients open streams. */
  | 'STREAM_OF_SERVER'
  | 'TOO_MANY_STREAMS'
  /** A reply of a client, or a second one. */
  | 'REPLY_UNEXPECTED'
  /** Data before the reply. */
  | 'REPLY_MISSING'
  /** A window that grows over 2³¹ − 1. */
  | 'WINDOW_OVERFLOW';

export type SpdyFault = FrameFault | HeadersFault | StreamFault;
