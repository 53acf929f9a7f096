/** Bytes of a SPDY peer → frames, whatever the cuts between reads. Pure. The frames are in frame.ts. */
import { faulted } from '../fault.ts';
import {
  CONTROL_LIMIT,
  FLAG_FIN,
  type FrameFault,
  type SpdyFrame,
  STREAM_LIMIT,
  TYPE,
  VERSION,
} from './frame.ts';

const HEAD = 8;
const CONTROL_BIT = 0x80000000;
const EMPTY = Buffer.alloc(0);
const KNOWN = new Set<number>(Object.values(TYPE));
/** The first flag of SETTINGS means something else than FIN; here it means nothing. */
const WITH_FLAG = new Set<number>([TYPE.synStream, TYPE.synReply, TYPE.headers, TYPE.settings]);

interface ControlHead {
  type: number;
  flags: number;
  length: number;
}

interface DataHead {
  stream: number;
  fin: boolean;
  /** Bytes of the payload that are still to come. */
  left: number;
}

/** A broken rule on its way up to `receive`. Never leaves this file. */
class Broken extends Error {
  readonly fault: FrameFault;

  constructor(fault: FrameFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Memory is bounded by one control frame: data is handed on as it comes, without a copy. */
export class SpdyDecoder {
  /** Of a head, or of a control frame whose head is known, that is not all there yet. */
  #pending: Buffer[] = [];
  #kept = 0;
  #control: ControlHead | null = null;
  #data: DataHead | null = null;
  #over = false;

  receive(bytes: Buffer): SpdyFrame[] {
    const frames: SpdyFrame[] = [];
    if (this.#over) return frames;
    try {
      this.#decode(bytes, frames);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.#over = true;
      frames.push(faulted(error.fault, error.message));
    }
    return frames;
  }

  /** The peer sends no more bytes. */
  finish(): SpdyFrame[] {
    const whole = this.#kept === 0 && this.#control === null && this.#data === null;
    if (this.#over || whole) return [];
    this.#over = true;
    return [faulted('TRUNCATED', 'the connection ended within a SPDY frame')];
  }

  #decode(bytes: Buffer, frames: SpdyFrame[]): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#data !== null) {
        const piece = bytes.subarray(at, at + this.#data.left);
        at += piece.length;
        this.#readData(this.#data, piece, frames);
        continue;
      }
      const wanted = (this.#control?.length ?? HEAD) - this.#kept;
      const piece = bytes.subarray(at, at + wanted);
      at += piece.length;
      if (piece.length < wanted) this.#keep(piece);
      else if (this.#control === null) this.#readHead(this.#release(piece), frames);
      else this.#readControl(this.#control, this.#release(piece), frames);
    }
  }

  /** What was kept, and the piece that makes it whole. */
  #release(piece: Buffer): Buffer {
    const whole = this.#kept === 0 ? piece : Buffer.concat([...this.#pending, piece]);
    this.#pending = [];
    this.#kept = 0;
    return whole;
  }

  /** A copy: what was received is not held on to for the sake of a few bytes. */
  #keep(piece: Buffer): void {
    this.#pending.push(Buffer.from(piece));
    this.#kept += piece.length;
    // a frame that comes a byte at a time must not become thousands of buffers
    if (this.#pending.length > 64) this.#pending = [Buffer.concat(this.#pending)];
  }

  #readHead(head: Buffer, frames: SpdyFrame[]): void {
    const first = head.readUInt32BE(0);
    const flags = head[4]!;
    const length = head.readUIntBE(5, 3);
    if (first < CONTROL_BIT) this.#beginData(first, flags, length, frames);
    else this.#beginControl(first, flags, length, frames);
  }

  #beginControl(first: number, flags: number, length: number, frames: SpdyFrame[]): void {
    const version = (first >>> 16) & 0x7fff;
    const type = first & 0xffff;
    if (version !== VERSION) throw new Broken('VERSION_UNKNOWN', `a frame is of SPDY version ${version}`);
    if (!KNOWN.has(type)) throw new Broken('TYPE_UNKNOWN', `a control frame has the unknown type ${type}`);
    if ((flags & ~(WITH_FLAG.has(type) ? FLAG_FIN : 0)) !== 0) throw invalidFlags(flags);
    if (length > CONTROL_LIMIT) {
      throw new Broken(
        'CONTROL_TOO_LARGE',
        `a control frame has ${length} bytes, more than ${CONTROL_LIMIT}`,
      );
    }
    this.#control = { type, flags, length };
    if (length === 0) this.#readControl(this.#control, EMPTY, frames);
  }

  #beginData(stream: number, flags: number, length: number, frames: SpdyFrame[]): void {
    if (stream === 0) throw new Broken('FIELD_INVALID', 'a data frame is of stream 0');
    if ((flags & ~FLAG_FIN) !== 0) throw invalidFlags(flags);
    this.#data = { stream, fin: (flags & FLAG_FIN) !== 0, left: length };
    if (length === 0) this.#readData(this.#data, EMPTY, frames);
  }

  #readData(head: DataHead, data: Buffer, frames: SpdyFrame[]): void {
    head.left -= data.length;
    const last = head.left === 0;
    if (last) this.#data = null;
    frames.push({ kind: 'data', stream: head.stream, data, fin: last && head.fin });
  }

  #readControl(head: ControlHead, payload: Buffer, frames: SpdyFrame[]): void {
    this.#control = null;
    frames.push(parseControl(head, payload));
  }
}

function invalidFlags(flags: number): Broken {
  return new Broken('FLAGS_INVALID', `a frame has the flags 0x${flags.toString(16)}`);
}

function parseControl({ type, flags }: ControlHead, payload: Buffer): SpdyFrame {
  const fin = (flags & FLAG_FIN) !== 0;
  switch (type) {
    case TYPE.synStream:
      atLeast(payload, 10);
      return { kind: 'syn-stream', stream: streamAt(payload, 0), fin, block: blockAt(payload, 10) };
    case TYPE.synReply:
      atLeast(payload, 4);
      return { kind: 'syn-reply', stream: streamAt(payload, 0), fin, block: blockAt(payload, 4) };
    case TYPE.headers:
      atLeast(payload, 4);
      return { kind: 'headers', stream: streamAt(payload, 0), fin, block: blockAt(payload, 4) };
    case TYPE.rstStream:
      exactly(payload, 8);
      return { kind: 'rst-stream', stream: streamAt(payload, 0), status: positiveAt(payload, 4) };
    case TYPE.settings:
      return { kind: 'settings', values: parseSettings(payload) };
    case TYPE.ping:
      exactly(payload, 4);
      return { kind: 'ping', id: positiveAt(payload, 0) };
    case TYPE.goAway:
      exactly(payload, 8);
      return { kind: 'goaway', last: numberAt(payload, 0), status: payload.readUInt32BE(4) };
    case TYPE.windowUpdate:
      exactly(payload, 8);
      return { kind: 'window-update', stream: numberAt(payload, 0), delta: deltaAt(payload, 4) };
    default:
      throw new Broken('TYPE_UNKNOWN', `a control frame has the unknown type ${type}`);
  }
}

function parseSettings(payload: Buffer): Map<number, number> {
  atLeast(payload, 4);
  exactly(payload, 4 + 8 * payload.readUInt32BE(0));
  const values = new Map<number, number>();
  for (let at = 4; at < payload.length; at += 8) {
    const id = payload.readUIntBE(at + 1, 3);
    // of several values the first counts (2.6.4)
    if (!values.has(id)) values.set(id, payload.readUInt32BE(at + 4));
  }
  return values;
}

/** A copy, so that the rest of what was received can go. */
function blockAt(payload: Buffer, at: number): Buffer {
  return Buffer.from(payload.subarray(at));
}

function atLeast(payload: Buffer, length: number): void {
  if (payload.length < length)
    throw new Broken('FIELD_INVALID', `a control frame has ${payload.length} bytes`);
}

function exactly(payload: Buffer, length: number): void {
  if (payload.length !== length)
    throw new Broken('FIELD_INVALID', `a control frame has ${payload.length} bytes`);
}

/** 31 bits: the one before them is reserved. */
function numberAt(payload: Buffer, at: number): number {
  const number = payload.readUInt32BE(at);
  if (number > STREAM_LIMIT) throw new Broken('FIELD_INVALID', 'a control frame has a reserved bit set');
  return number;
}

function streamAt(payload: Buffer, at: number): number {
  const stream = numberAt(payload, at);
  if (stream === 0) throw new Broken('FIELD_INVALID', 'a control frame is of stream 0');
  return stream;
}

function deltaAt(payload: Buffer, at: number): number {
  const delta = numberAt(payload, at);
  if (delta === 0) throw new Broken('FIELD_INVALID', 'a window grows by nothing');
  return delta;
}

function positiveAt(payload: Buffer, at: number): number {
  const number = payload.readUInt32BE(at);
  if (number === 0) throw new Broken('FIELD_INVALID', 'a control frame has a zero where none may be');
  return number;
}
