/** The proxy's listener: TLS, HTTP/1.1, and limits against whoever is slow, endless or many. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { KeyPair } from '../credentials/certificates.ts';
import type { ApiProxy } from './proxy.ts';

const LOOPBACK = '127.0.0.1';

const LIMITS = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  /** For a whole request with its body; an answer may take as long as it takes. */
  requestTimeout: 60_000,
  /** Longer than Go's own clients keep a connection that is idle, so that they never write to one that we close. */
  keepAliveTimeout: 120_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 64 * 1024,
};
const MAX_CONNECTIONS = 1000;

export interface ListenOptions {
  /** Address to listen on; the loopback's where it is left out. */
  host?: string;
  /** 0 takes any free one. */
  port: number;
  /** Take a free port where this one is in use. */
  orAnother: boolean;
  certificate: KeyPair;
  proxy: ApiProxy;
  report(error: unknown): void;
}

export interface Listening {
  /** `https://127.0.0.1:6443` */
  url: string;
  port: number;
  /** From now on connections are answered with this one. */
  renew(certificate: KeyPair): void;
  /** Takes no more connections, and ends those that are idle. */
  drain(): void;
  /** Ends all of them. */
  close(): Promise<void>;
}

/** @throws ChaperoneError `PORT_IN_USE` */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { host = LOOPBACK } = options;
  const server = serverOf(options);
  const port = await bind(server, host, options.port).catch((error) => {
    if (!options.orAnother || error.code !== 'EADDRINUSE') throw explain(error, options.port);
    return bind(server, host, 0);
  });
  // E.g. no descriptor is left for one more connection: that must not end the others.
  server.on('error', options.report);
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const drain = () => {
    if (server.listening) server.close();
    server.closeIdleConnections();
  };
  // Node counts those that were upgraded, or are in their TLS handshake, but does not close them.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const close = async () => {
    drain();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const renew = (certificate: KeyPair) => server.setSecureContext(tlsOf(certificate));
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { url, port, renew, drain, close };
}

function serverOf({ certificate, proxy, report }: ListenOptions): Server {
  const server = createServer({ ...LIMITS, ...tlsOf(certificate), ALPNProtocols: ['http/1.1'] });
  server.maxConnections = MAX_CONNECTIONS;
  const answer = (invite: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => response.destroy());
    proxy.request({ request, response, invite }).catch(report);
  };
  server.on('request', answer(false));
  server.on('checkContinue', answer(true));
  server.on('upgrade', (request, socket, head) => {
    proxy.upgrade(request, socket, head).catch(report);
  });
  return server;
}

function tlsOf({ certificate: cert, key }: KeyPair) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen({ host, port, exclusive: true }, () => {
    server.off('error', reject);
    resolve((server.address() as AddressInfo).port);
  });
  return promise;
}

function explain(error: NodeJS.ErrnoException, port: number): Error {
  const problem =
    error.code === 'EADDRINUSE'
      ? 'is in use by another program'
      : error.code === 'EACCES'
        ? 'is not ours to open'
        : null;
  if (problem === null) return error;
  return new ChaperoneError('PORT_IN_USE', `port ${port} ${problem}; choose another with --kube-port`, {
    cause: error,
  });
}
