/** The port for connections that become something else: exec, attach and port-forward. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { KubeAction } from '../../action.ts';
import type { Principal, Running } from '../credentials/bearers.ts';
import type { Header } from '../request/headers.ts';
import type { Status } from '../request/status.ts';
import type { UpgradeRequest } from '../request/upgrade-request.ts';

/** A request of a known bearer that may be upgraded, before the gate has seen it. */
export interface Upgrading {
  principal: Principal;
  /** As it would be judged; whoever takes it over adds what it opens. */
  action: KubeAction;
  upgrade: UpgradeRequest;
  /** What goes to the API server, beside what the upgrade itself and the credentials need. */
  headers: readonly Header[];
  request: IncomingMessage;
  /** The client's connection: nothing of an answer has been written. */
  socket: Duplex;
  /** What the client sent behind its request already. */
  head: Buffer;
}

export interface UpgradeHandler {
  /**
   * Judges it, records it, and carries it to its end, which is when the promise resolves; the socket is closed then.
   * It has to be `enter`ed with its bearer, so that it ends before its session does.
   */
  handle(
    upgrading: Upgrading,
    bearer: { enter(running: Running): void; leave(running: Running): void },
  ): Promise<void>;
}

/** How long a client may take for an answer that ends its connection, and to close. */
const LINGER_MS = 10_000;

/** Answers on a socket that Node's HTTP has let go of, and closes it. */
export function refuseOnSocket(socket: Duplex, status: Status): void {
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} Refused`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  lastWords(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * What is said before the connection ends. What the client still says is read and left, for a connection that is
 * closed over unread bytes is reset, and takes the answer with it.
 */
export function lastWords(socket: Duplex, bytes: Uint8Array | string): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.on('data', () => undefined).resume();
  socket.end(bytes);
}
