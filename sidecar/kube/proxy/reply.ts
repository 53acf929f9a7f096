/** Our own answers: on a response, and on a connection that Node's HTTP has let go of. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Header } from '../../request/headers.ts';
import { encodeStatus, type Status } from '../../request/status.ts';

/** Answers with a `Status`. Does nothing where the client is gone. */
export function sendStatus(response: ServerResponse, status: Status, method: string): void {
  const body = encodeStatus(status);
  response.writeHead(status.code, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-cache, private',
    ...retryAfter(status),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

/** What client libraries look at before they look into the body. */
function retryAfter({ details }: Status): { 'retry-after'?: string } {
  const seconds = details?.retryAfterSeconds;
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

/** The same to a request that is refused; where the rest of it is still to come, the connection ends with it. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: Status): void {
  if (!request.complete) response.setHeader('connection', 'close');
  sendStatus(response, status, request.method ?? '');
}

/** The same on a socket, and closes it. */
export function refuseOnSocket(socket: Duplex, status: Status): void {
  const body = encodeStatus(status);
  const head = rawHead(`${status.code} Refused`, [
    ['Connection', 'close'],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
    ...Object.entries(retryAfter(status)),
  ]);
  lastWords(socket, Buffer.concat([head, body]));
}

/**
 * The first lines of an answer, and the empty one behind them.
 * @param status `403 Forbidden`
 */
export function rawHead(status: string, headers: readonly Header[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n'), 'latin1');
}

/** How long a client may take for an answer that ends its connection, and to close. */
const LINGER_MS = 10_000;

/**
 * What is said before the connection ends. What the client still says is read and left, for a connection that is
 * closed over unread bytes is reset, and takes the answer with it.
 */
export function lastWords(socket: Duplex, bytes: Uint8Array): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.on('data', () => undefined).resume();
  socket.end(bytes);
}
