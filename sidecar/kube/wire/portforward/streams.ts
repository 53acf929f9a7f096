/**
 * Port forwarding over SPDY, tunnelled in a WebSocket or not. Pure.
 * https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/client-go/tools/portforward
 *
 *     SYN_STREAM  streamtype: error   port: 8080   requestid: 0         two for each connection; the client ends
 *     SYN_STREAM  streamtype: data    port: 8080   requestid: 0         its half of the error stream at once
 */
import { type Fault, faulted, Reading } from '../fault.ts';
import type { PingToken, Sender } from '../peer.ts';
import type { ForwardEvent, ForwardFault, ForwardStream, PortForwardPeer } from '../portforward.ts';
import { idOf, readSpdyControl, toGoAway } from '../spdy/control.ts';
import type { Headers } from '../spdy/frame.ts';
import { type SpdyEvent, SpdySession } from '../spdy/session.ts';
import { readWebSocketControl } from '../websocket/control.ts';
import type { MaskKeys } from '../websocket/encoder.ts';
import { Tunnel, type Tunnelled } from './tunnel.ts';

/** Open at once, two for each connection. */
const STREAM_LIMIT = 512;
const NOTHING = Buffer.alloc(0);

export interface ForwardOptions {
  /** Who the peer is: `client` towards kubectl, `server` towards the API server. */
  from: Sender;
  /** Masks, if SPDY runs in a WebSocket; null where it has the connection to itself. */
  tunnel: MaskKeys | null;
}

export class ForwardPeer implements PortForwardPeer {
  readonly #from: Sender;
  readonly #session: SpdySession;
  readonly #tunnel: Tunnel | null;
  readonly #streams = new Map<number, ForwardStream>();
  readonly #numbers = new Map<string, number>();
  readonly #reading = new Reading();

  constructor({ from, tunnel }: ForwardOptions) {
    this.#from = from;
    this.#session = new SpdySession(from, STREAM_LIMIT);
    this.#tunnel = tunnel === null ? null : new Tunnel(from, tunnel);
  }

  receive(bytes: Buffer): ForwardEvent[] {
    return this.#translate(this.#tunnel?.receive(bytes) ?? [{ kind: 'spdy', bytes }]);
  }

  finish(): ForwardEvent[] {
    const events = this.#translate(this.#tunnel?.finish() ?? []);
    return [...events, ...this.#translateSpdy(this.#session.finish())];
  }

  #translate(found: Tunnelled[]): ForwardEvent[] {
    return this.#reading.all(found, (event) =>
      event.kind === 'spdy'
        ? this.#translateSpdy(this.#session.receive(event.bytes))
        : [readWebSocketControl(event)],
    );
  }

  #translateSpdy(found: SpdyEvent[]): ForwardEvent[] {
    return this.#reading.all(found, (event) => this.#read(event));
  }

  #read(event: SpdyEvent): ForwardEvent[] {
    switch (event.kind) {
      case 'open':
        return [this.#opened(event.stream, event.headers)];
      case 'accepted':
      case 'data':
      case 'end':
      case 'reset':
        return [this.#readStream(event)];
      default:
        return [readSpdyControl(event)];
    }
  }

  #readStream(event: Extract<SpdyEvent, { kind: 'accepted' | 'data' | 'end' | 'reset' }>): ForwardEvent {
    const stream = this.#streams.get(event.stream)!;
    // not at data: what comes with it may end the stream, and is still to be told
    if (event.kind === 'end' || event.kind === 'reset') this.#forgetGone(event.stream);
    if (event.kind === 'data' && stream.type === 'error' && this.#from === 'client') {
      return faulted('WRONG_DIRECTION', 'the client sent on an error stream');
    }
    return { ...event, stream };
  }

  #opened(number: number, headers: Headers): ForwardEvent {
    const stream = parseStream(number, headers);
    if ('kind' in stream) return stream;
    if (this.#numbers.has(keyOf(stream))) {
      return faulted('STREAM_OPENED_TWICE', `the ${stream.type} stream of a connection is opened twice`);
    }
    this.#add(number, stream);
    return { kind: 'open', stream };
  }

  open(stream: ForwardStream): Buffer {
    const { connection, type, port } = stream;
    const headers = new Map([
      ['streamtype', type],
      ['port', String(port)],
      ['requestid', connection],
    ]);
    const opened = this.#session.open(headers);
    this.#add(opened.stream, stream);
    return this.#wrap(opened.bytes);
  }

  accept(stream: ForwardStream): Buffer {
    return this.#on(stream, (number) => this.#session.accept(number));
  }

  send(stream: ForwardStream, data: Uint8Array): Buffer {
    return this.#on(stream, (number) => this.#session.data(number, data));
  }

  end(stream: ForwardStream): Buffer {
    return this.#on(stream, (number) => this.#session.end(number));
  }

  reset(stream: ForwardStream, status?: number): Buffer {
    return this.#on(stream, (number) => this.#session.reset(number, status));
  }

  ping(token: PingToken): Buffer {
    if (token.over === 'websocket') return this.#tunnel?.encoder.ping(token.data) ?? NOTHING;
    return this.#wrap(this.#session.ping(idOf(token)));
  }

  pong(token: PingToken): Buffer {
    if (token.over === 'websocket') return this.#tunnel?.encoder.pong(token.data) ?? NOTHING;
    return this.#wrap(this.#session.ping(idOf(token)));
  }

  close(code: number | null, reason = '', last = true): Buffer {
    if (last && this.#tunnel !== null) return this.#tunnel.encoder.close(code, reason);
    return this.#wrap(this.#session.goAway(toGoAway(code)));
  }

  consumed(stream: ForwardStream, bytes: number): Buffer {
    return this.#on(stream, (number) => this.#session.consumed(number, bytes));
  }

  silent(): Buffer {
    return this.#wrap(this.#session.silent());
  }

  get windowed(): boolean {
    return this.#session.windowed;
  }

  sendable(stream: ForwardStream): number {
    const number = this.#numbers.get(keyOf(stream));
    return number === undefined ? Number.POSITIVE_INFINITY : this.#session.sendable(number);
  }

  /** Nothing is to be said on a stream that is gone. */
  #on(stream: ForwardStream, say: (number: number) => Buffer): Buffer {
    const number = this.#numbers.get(keyOf(stream));
    if (number === undefined) return NOTHING;
    const bytes = say(number);
    this.#forgetGone(number);
    return this.#wrap(bytes);
  }

  #wrap(spdy: Buffer): Buffer {
    return this.#tunnel === null || spdy.length === 0 ? spdy : this.#tunnel.encoder.binary(spdy);
  }

  #add(number: number, stream: ForwardStream): void {
    this.#streams.set(number, stream);
    this.#numbers.set(keyOf(stream), number);
  }

  /** A day of port forwarding is many streams, one after the other. */
  #forgetGone(number: number): void {
    const stream = this.#streams.get(number);
    if (stream === undefined || this.#session.has(number)) return;
    this.#streams.delete(number);
    this.#numbers.delete(keyOf(stream));
  }
}

function keyOf({ connection, type }: ForwardStream): string {
  return `${type} ${connection}`;
}

function parseStream(number: number, headers: Headers): ForwardStream | Fault<ForwardFault> {
  const type = headers.get('streamtype');
  if (type !== 'data' && type !== 'error')
    return faulted('STREAM_TYPE_UNKNOWN', 'a stream is neither data nor error');
  const port = headers.get('port') ?? '';
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 0xffff) {
    return faulted('PORT_INVALID', 'a stream names no port');
  }
  const connection = headers.get('requestid') ?? '';
  if (!/^[!-~]{0,64}$/.test(connection))
    return faulted('REQUEST_ID_INVALID', 'a stream has an odd requestID');
  // old clients give none, and open the data stream right after the error stream: as kubelet pairs them
  const paired = `stream-${type === 'error' ? number : number - 2}`;
  return { connection: connection === '' ? paired : connection, type, port: Number(port) };
}
