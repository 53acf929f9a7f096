/** Bytes of a WebSocket peer → events, whatever the cuts between reads. Pure. The frames are in frame.ts. */
import { faulted } from '../fault.ts';
import type { Sender } from '../peer.ts';
import {
  CONTROL_LIMIT,
  FIN,
  MASKED,
  MESSAGE_LIMIT,
  OPCODE,
  type WebSocketEvent,
  type WebSocketFault,
} from './frame.ts';
import { maskInto } from './mask.ts';

const HEAD_LIMIT = 14;
const EMPTY = Buffer.alloc(0);
const KNOWN = new Set<number>(Object.values(OPCODE));

interface Head {
  opcode: number;
  fin: boolean;
  length: number;
  /** Null in a server's frames. */
  key: Buffer | null;
}

/** A broken rule on its way up to `receive`. Never leaves this file. */
class Broken extends Error {
  readonly fault: WebSocketFault;

  constructor(fault: WebSocketFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/**
 * Memory is bounded: 14 bytes of a head, 125 of a control frame; payloads are handed on as they come, without
 * a copy where they are not masked (they then share memory with the piece received).
 */
export class WebSocketDecoder {
  readonly #from: Sender;
  readonly #limit: number;
  /** Of a head that is not all there yet. */
  #pending: Buffer = EMPTY;
  /** The frame that is being read, and how much of its payload has been. */
  #head: Head | null = null;
  #read = 0;
  /** Of a control frame that is not all there yet. */
  #control: Buffer[] = [];
  #message: { opcode: 'text' | 'binary'; length: number; begun: boolean } | null = null;
  /** After a close or a fault: whatever comes is ignored. */
  #over = false;

  /** @param limit bytes of the largest message */
  constructor(from: Sender, limit = MESSAGE_LIMIT) {
    this.#from = from;
    this.#limit = limit;
  }

  receive(bytes: Buffer): WebSocketEvent[] {
    const events: WebSocketEvent[] = [];
    try {
      this.#decode(bytes, events);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.#over = true;
      events.push(faulted(error.fault, error.message));
    }
    return events;
  }

  /** The peer sends no more bytes. A frame or a message that is not whole by now never will be. */
  finish(): WebSocketEvent[] {
    const whole = this.#head === null && this.#pending.length === 0 && this.#message === null;
    if (this.#over || whole) return [];
    this.#over = true;
    return [faulted('TRUNCATED', 'the connection ended within a WebSocket message')];
  }

  #decode(bytes: Buffer, events: WebSocketEvent[]): void {
    let rest = bytes;
    while (!this.#over) {
      if (this.#head === null) {
        const taken = this.#readHead(rest);
        if (taken === null) return;
        rest = rest.subarray(taken);
      }
      const head = this.#head!;
      const piece = rest.subarray(0, head.length - this.#read);
      rest = rest.subarray(piece.length);
      this.#readPayload(head, piece, events);
      if (this.#head !== null) return;
    }
  }

  /** How many of `bytes` belonged to the head, or null if it is not all there: then they are kept. */
  #readHead(bytes: Buffer): number | null {
    const kept = this.#pending.length;
    const start = kept === 0 ? bytes : Buffer.concat([this.#pending, bytes.subarray(0, HEAD_LIMIT - kept)]);
    const size = headSize(start);
    if (start.length >= 1) this.#checkFirst(start[0]!);
    if (start.length >= 2) this.#checkSecond(start[0]!, start[1]!);
    if (start.length < size) {
      this.#pending = Buffer.from(start);
      return null;
    }
    this.#pending = EMPTY;
    this.#read = 0;
    this.#head = parseHead(start, size);
    this.#begin(this.#head);
    return size - kept;
  }

  #checkFirst(first: number): void {
    if ((first & 0x70) !== 0) throw new Broken('RESERVED_BITS', 'a frame has reserved bits set');
    const opcode = first & 0x0f;
    if (!KNOWN.has(opcode)) throw new Broken('UNKNOWN_OPCODE', `a frame has the unknown opcode ${opcode}`);
    if (opcode >= OPCODE.close) {
      if ((first & FIN) === 0) throw new Broken('CONTROL_FRAGMENTED', 'a control frame is fragmented');
    } else if (opcode === OPCODE.continuation) {
      if (this.#message === null)
        throw new Broken('CONTINUATION_UNEXPECTED', 'a continuation frame continues nothing');
    } else if (this.#message !== null) {
      throw new Broken('CONTINUATION_MISSING', 'a new message begins before the last one ended');
    }
  }

  #checkSecond(first: number, second: number): void {
    const masked = (second & MASKED) !== 0;
    if (this.#from === 'client' && !masked) throw new Broken('NOT_MASKED', "a client's frame is not masked");
    if (this.#from === 'server' && masked) throw new Broken('MASKED_BY_SERVER', "a server's frame is masked");
    if ((first & 0x0f) >= OPCODE.close && (second & 0x7f) > CONTROL_LIMIT) {
      throw new Broken('CONTROL_TOO_LONG', `a control frame has more than ${CONTROL_LIMIT} bytes`);
    }
  }

  #begin({ opcode, length }: Head): void {
    if (opcode >= OPCODE.close) return;
    if (opcode !== OPCODE.continuation) {
      this.#message = { opcode: opcode === OPCODE.text ? 'text' : 'binary', length: 0, begun: false };
    }
    const message = this.#message!;
    message.length += length;
    if (message.length > this.#limit) {
      throw new Broken('MESSAGE_TOO_LARGE', `a message has more than ${this.#limit} bytes`);
    }
  }

  #readPayload(head: Head, piece: Buffer, events: WebSocketEvent[]): void {
    const plain = head.key === null ? piece : unmask(piece, head.key, this.#read);
    this.#read += piece.length;
    const whole = this.#read === head.length;
    if (whole) this.#head = null;
    if (head.opcode >= OPCODE.close) {
      if (piece.length > 0) this.#control.push(head.key === null && !whole ? Buffer.from(plain) : plain);
      if (whole) this.#endControl(head.opcode, events);
      return;
    }
    const message = this.#message!;
    const last = whole && head.fin;
    if (last) this.#message = null;
    if (plain.length === 0 && !last) return;
    events.push({ kind: 'data', opcode: message.opcode, data: plain, first: !message.begun, last });
    message.begun = true;
  }

  #endControl(opcode: number, events: WebSocketEvent[]): void {
    const data = this.#control.length === 1 ? this.#control[0]! : Buffer.concat(this.#control);
    this.#control = [];
    if (opcode === OPCODE.close) {
      events.push(parseClose(data));
      this.#over = true;
    } else {
      events.push({ kind: opcode === OPCODE.ping ? 'ping' : 'pong', data });
    }
  }
}

function headSize(start: Buffer): number {
  if (start.length < 2) return 2;
  const length = start[1]! & 0x7f;
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
  return 2 + extended + ((start[1]! & MASKED) === 0 ? 0 : 4);
}

function parseHead(start: Buffer, size: number): Head {
  const masked = (start[1]! & MASKED) !== 0;
  return {
    opcode: start[0]! & 0x0f,
    fin: (start[0]! & FIN) !== 0,
    length: parseLength(start),
    key: masked ? Buffer.from(start.subarray(size - 4, size)) : null,
  };
}

function parseLength(start: Buffer): number {
  const short = start[1]! & 0x7f;
  if (short <= CONTROL_LIMIT) return short;
  const length = short === 126 ? start.readUInt16BE(2) : Number(start.readBigUInt64BE(2));
  if (length <= (short === 126 ? CONTROL_LIMIT : 0xffff)) {
    throw new Broken('LENGTH_INVALID', `a frame's length ${length} is not written in its shortest form`);
  }
  return length;
}

function unmask(piece: Buffer, key: Buffer, read: number): Buffer {
  const plain = Buffer.allocUnsafe(piece.length);
  maskInto(plain, 0, piece, key, read & 3);
  return plain;
}

/** RFC 6455, 7.4: codes that may be on the wire. */
function isCloseCode(code: number): boolean {
  const defined = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
  return defined || (code >= 3000 && code <= 4999);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseClose(data: Buffer): WebSocketEvent {
  if (data.length === 0) return { kind: 'close', code: null, reason: '' };
  if (data.length === 1) throw new Broken('CLOSE_INVALID', 'a close frame has half a code');
  const code = data.readUInt16BE(0);
  if (!isCloseCode(code)) throw new Broken('CLOSE_INVALID', `a close frame has the code ${code}`);
  try {
    return { kind: 'close', code, reason: utf8.decode(data.subarray(2)) };
  } catch {
    throw new Broken('CLOSE_INVALID', "a close frame's reason is not UTF-8");
  }
}
