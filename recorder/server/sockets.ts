/** The WebSockets: evidence that comes in, running sessions that go out. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SessionId } from '../audit/event.ts';
import { ChaperoneError } from '../errors.ts';
import type { Archive } from '../log/ports.ts';
import type { AccessRecord } from './access.ts';
import { IngestConnection, type IngestOptions } from './ingest/connection.ts';
import { MAX_FRAME, SUBPROTOCOL } from './ingest/frame.ts';
import { LIVE_PROTOCOL, serveLive } from './live.ts';
import type { Login } from './login.ts';
import { Router } from './router.ts';

export interface SocketsOptions extends IngestOptions {
  archive: Archive;
  access: AccessRecord;
}

/** An upgrade request that has passed login and origin. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  pathname: string;
  login: Login;
}

const MAX_INGEST = 128;
const MAX_LIVE = 128;
/** What a follower sends is control frames and little else. */
const MAX_LIVE_FRAME = 4 * 1024;
const PING_EVERY_MS = 30_000;

const ROUTES = new Router([
  { method: 'GET', path: '/ingest', kind: 'ingest' },
  { method: 'GET', path: '/api/sessions/:id/live', kind: 'live' },
] as const);

export class Sockets {
  readonly #options: SocketsOptions;
  readonly #ingest = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  readonly #live = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_LIVE_FRAME,
    handleProtocols: (offered) => offered.has(LIVE_PROTOCOL) && LIVE_PROTOCOL,
  });
  readonly #writers = new Set<IngestConnection>();
  readonly #pings = setInterval(() => this.#ping(), PING_EVERY_MS).unref();
  /** Followers that have not answered the last ping. */
  readonly #silent = new WeakSet<WebSocket>();

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  /** @throws ChaperoneError where the socket is refused; then the caller answers over HTTP */
  async accept(upgrade: Upgrade): Promise<void> {
    const found = ROUTES.find('GET', upgrade.pathname);
    switch (found?.route.kind) {
      case 'ingest':
        return this.#acceptWriter(upgrade);
      case 'live':
        return this.#acceptFollower(upgrade, found.params.id!);
      case undefined:
        throw new ChaperoneError('NOT_FOUND', 'there is no WebSocket at this address');
    }
  }

  /** Answers what writers have sent, then closes every socket with 1001. */
  async close(): Promise<void> {
    clearInterval(this.#pings);
    for (const socket of this.#live.clients) socket.close(1001, 'the recorder is closing');
    await Promise.all([...this.#writers].map((writer) => writer.close()));
  }

  terminate(): void {
    for (const socket of [...this.#live.clients, ...this.#ingest.clients]) socket.terminate();
  }

  /** Resolves when what gone writers left open is marked. */
  async settled(): Promise<void> {
    await Promise.all([...this.#writers].map((writer) => writer.ended));
  }

  #acceptWriter({ request, socket, head, login }: Upgrade): void {
    if (login.how !== 'token')
      throw new ChaperoneError('FORBIDDEN', 'writing evidence needs the bearer token');
    if (!(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/).includes(SUBPROTOCOL)) {
      throw new ChaperoneError(
        'USAGE',
        `this recorder speaks ${SUBPROTOCOL}; use the same version of chaperone`,
      );
    }
    refuseMoreThan(MAX_INGEST, this.#ingest);
    this.#ingest.handleUpgrade(request, socket, head, (opened) => {
      const writer = new IngestConnection(opened, this.#options);
      this.#writers.add(writer);
      void writer.ended.then(() => this.#writers.delete(writer));
    });
  }

  async #acceptFollower({ request, socket, head, login }: Upgrade, id: SessionId): Promise<void> {
    const { archive, access } = this.#options;
    await archive.session(id);
    refuseMoreThan(MAX_LIVE, this.#live);
    await access.viewed(id, 'live', login);
    this.#live.handleUpgrade(request, socket, head, (opened) => {
      opened.on('pong', () => this.#silent.delete(opened));
      serveLive(archive, id, opened);
    });
  }

  #ping(): void {
    for (const socket of this.#live.clients) {
      if (this.#silent.has(socket)) socket.terminate();
      this.#silent.add(socket);
      socket.ping();
    }
  }
}

function refuseMoreThan(most: number, server: WebSocketServer): void {
  if (server.clients.size < most) return;
  throw new ChaperoneError('BUSY', `more than ${most} WebSockets of a kind are not served at once`);
}
