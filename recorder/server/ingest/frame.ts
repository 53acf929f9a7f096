/**
 * The ingest protocol, version 2: how another process hands evidence to the recorder. Pure.
 *
 * It runs in binary messages of a WebSocket (RFC 6455) whose subprotocol is `chaperone.ingest.v2`; a change
 * that an older peer cannot read gets another subprotocol. All integers are big-endian.
 *
 *   writer → recorder, one message per `Journal.append`:
 *
 *     0        1                 9                13                13+head
 *     +--------+-----------------+----------------+-----------------+-------------------------+
 *     | 0x01   | call            | head           | JSON, UTF-8     | content, end to end     |
 *     +--------+-----------------+----------------+-----------------+-------------------------+
 *       kind     u64: 1, 2, 3 …    u32: its bytes   {session, drafts}, where the content of a
 *                                                   draft is the number of its bytes
 *
 *   recorder → writer, in the order of the calls:
 *
 *     +--------+-----------------+
 *     | 0x81   | call            |   STORED: every call up to this one is stored, save those that FAILED
 *     +--------+-----------------+
 *     +--------+-----------------+------------------------+
 *     | 0x82   | call            | JSON {code, message}   |   FAILED: nothing of this call is stored
 *     +--------+-----------------+------------------------+
 *
 *   and at any time:
 *
 *     +--------+--------------------------+
 *     | 0x83   | JSON {session, reason}   |   END: this session is to end now. It may still say its last; what comes
 *     +--------+--------------------------+   seconds later is FAILED
 *
 * There is no other message. Whoever breaks the form is closed with 1002, and what it had not heard of as
 * STORED it must take for lost.
 */
import type { Draft, DraftBody } from '../../audit/event.ts';
import type { SessionId } from '../../audit/units.ts';
import { ChaperoneError, ERRORS, type ErrorCode } from '../../errors.ts';

export const SUBPROTOCOL = 'chaperone.ingest.v2';
/** The largest message: a writer splits what is larger into several appends. */
export const MAX_FRAME = 16 * 1024 * 1024;

const APPEND = 0x01;
const STORED = 0x81;
const FAILED = 0x82;
const END = 0x83;
const APPEND_HEAD = 13;
const ANSWER_HEAD = 9;

/** An append with its drafts not yet looked at: `head` is whatever JSON the peer sent. */
export interface AppendFrame {
  call: number;
  head: unknown;
  content: Buffer;
}

export type Answer =
  | { kind: 'stored'; call: number }
  | { kind: 'failed'; call: number; code: ErrorCode; message: string }
  | { kind: 'end'; session: SessionId; reason: string };

/** @throws ChaperoneError `TOO_LARGE` */
export function encodeAppend(call: number, session: SessionId, drafts: readonly Draft[]): Buffer {
  const contents: Uint8Array[] = [];
  const lean = drafts.map(({ at, body }) => ({ at, body: withoutContent(body, contents) }));
  const head = Buffer.from(JSON.stringify({ session, drafts: lean }));
  const size = APPEND_HEAD + head.length + contents.reduce((sum, { length }) => sum + length, 0);
  if (size > MAX_FRAME) {
    throw new ChaperoneError(
      'TOO_LARGE',
      `an append of ${size} bytes is more than the ${MAX_FRAME} that fit a frame`,
    );
  }
  const frame = Buffer.allocUnsafe(size);
  frame.writeUInt8(APPEND, 0);
  frame.writeBigUInt64BE(BigInt(call), 1);
  frame.writeUInt32BE(head.length, 9);
  frame.set(head, APPEND_HEAD);
  let offset = APPEND_HEAD + head.length;
  for (const content of contents) {
    frame.set(content, offset);
    offset += content.length;
  }
  return frame;
}

function withoutContent(body: DraftBody, contents: Uint8Array[]): unknown {
  if (!('content' in body)) return body;
  contents.push(body.content);
  return { ...body, content: body.content.length };
}

/** @throws ChaperoneError `EVENT_INVALID` */
export function decodeAppend(frame: Buffer): AppendFrame {
  if (frame.length < APPEND_HEAD) throw malformed('shorter than its head');
  if (frame.readUInt8(0) !== APPEND) throw malformed('of unknown kind');
  const end = APPEND_HEAD + frame.readUInt32BE(9);
  if (end > frame.length) throw malformed('shorter than it says');
  return {
    call: readCall(frame),
    head: parse(frame.subarray(APPEND_HEAD, end)),
    content: frame.subarray(end),
  };
}

export function encodeAnswer(answer: Answer): Buffer {
  if (answer.kind === 'end') {
    const { session, reason } = answer;
    return Buffer.concat([Buffer.from([END]), Buffer.from(JSON.stringify({ session, reason }))]);
  }
  const head = Buffer.alloc(ANSWER_HEAD);
  head.writeUInt8(answer.kind === 'stored' ? STORED : FAILED, 0);
  head.writeBigUInt64BE(BigInt(answer.call), 1);
  if (answer.kind === 'stored') return head;
  const { code, message } = answer;
  return Buffer.concat([head, Buffer.from(JSON.stringify({ code, message }))]);
}

/** @throws ChaperoneError `EVENT_INVALID` */
export function decodeAnswer(frame: Buffer): Answer {
  if (frame.length > 0 && frame.readUInt8(0) === END)
    return { kind: 'end', ...readEnd(parse(frame.subarray(1))) };
  if (frame.length < ANSWER_HEAD) throw malformed('shorter than its head');
  const call = readCall(frame);
  switch (frame.readUInt8(0)) {
    case STORED:
      if (frame.length !== ANSWER_HEAD) throw malformed('longer than it should be');
      return { kind: 'stored', call };
    case FAILED:
      return { kind: 'failed', call, ...readFailure(parse(frame.subarray(ANSWER_HEAD))) };
    default:
      throw malformed('of unknown kind');
  }
}

function readFailure(value: unknown): { code: ErrorCode; message: string } {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'string' || !Object.hasOwn(ERRORS, code) || typeof message !== 'string') {
    throw malformed('a failure without code or message');
  }
  return { code: code as ErrorCode, message };
}

function readEnd(value: unknown): { session: SessionId; reason: string } {
  const { session, reason } = (value ?? {}) as { session?: unknown; reason?: unknown };
  if (typeof session !== 'string' || typeof reason !== 'string')
    throw malformed('an end without session or reason');
  return { session, reason };
}

function readCall(frame: Buffer): number {
  const call = frame.readBigUInt64BE(1);
  if (call === 0n || call > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('numbered out of range');
  return Number(call);
}

/** UTF-8 to the letter: bytes that are none must not slip in as U+FFFD. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw malformed('without valid JSON');
  }
}

function malformed(how: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', `an ingest frame is ${how}`);
}
