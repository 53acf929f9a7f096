/** Asks the API server for the upgrade, on a connection of its own. */
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Header } from '../../request/headers.ts';

/** What `Upstream.connect` gives, as far as it matters here. */
export interface Way {
  socket: Socket;
  /** Headers that say who asks. */
  identity: readonly Header[];
  /** In front of each path. */
  prefix: string;
}

export interface Asked {
  method: string;
  /** Path and query. */
  uri: string;
  /** The server's own host and port. */
  host: string;
  /** Everything but Host and the credentials. */
  headers: readonly Header[];
}

/** `upgraded`: raw bytes flow from here on. `answered`: an ordinary answer, whose body is to be read. */
export type Answer =
  | { kind: 'upgraded'; response: IncomingMessage; socket: Duplex; head: Buffer }
  | { kind: 'answered'; response: IncomingMessage };

/** A server that starts a container may take its time; one that is gone must not hold the client for ever. */
const ANSWER_MS = 90_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** @throws Error where the connection breaks before there is an answer, or there is none within `patience` milliseconds */
export function dial(
  way: Way,
  { method, uri, host, headers: asked }: Asked,
  patience: number = ANSWER_MS,
): Promise<Answer> {
  const { socket, identity, prefix } = way;
  const headers: Header[] = [['Host', host], ...asked, ...identity];
  return new Promise((resolve, reject) => {
    const asking = request({
      method,
      path: prefix + uri,
      headers: headers.flat(),
      setHost: false,
      createConnection: () => socket,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    asking.once('upgrade', (response, connection, head) => {
      socket.setTimeout(0);
      resolve({ kind: 'upgraded', response, socket: connection, head });
    });
    asking.once('response', (response) => resolve({ kind: 'answered', response }));
    // On the socket itself: Node sets no timer on one that it did not open.
    socket.setTimeout(patience, () => asking.destroy(new Error(`no answer within ${patience / 1000} s`)));
    asking.on('error', reject);
    asking.end();
  });
}
