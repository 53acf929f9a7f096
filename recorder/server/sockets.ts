/** The WebSockets: evidence that comes in, running sessions that go out. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Archive } from '../log/ports.ts';
import type { AccessRecord } from './access.ts';
import type { Permission } from './authorize.ts';
import { IngestConnection, type IngestOptions } from './ingest/connection.ts';
import { MAX_FRAME, SUBPROTOCOL } from './ingest/frame.ts';
import { LIVE_PROTOCOL, serveLive } from './live.ts';
import type { Login } from './principal.ts';
import { demand } from './refused.ts';
import { Router } from './router.ts';

export interface SocketsOptions extends IngestOptions {
  access: AccessRecord;
}

/** An upgrade request that has passed login and origin. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  pathname: string;
  login: Login;
  /** What the caller may see. */
  archive: Archive;
}

const MAX_INGEST = 128;
const MAX_LIVE = 128;
/** What a follower sends is control frames and little else. */
const MAX_LIVE_FRAME = 4 * 1024;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const POLICY_VIOLATION = 1008;
const PING_EVERY_MS = 30_000;

/** As of `Route`: none without what it needs. */
interface SocketRoute {
  method: 'GET';
  path: string;
  kind: 'ingest' | 'live';
  needs: Permission;
}

export const SOCKET_ROUTES = [
  { method: 'GET', path: '/ingest', kind: 'ingest', needs: 'evidence.write' },
  { method: 'GET', path: '/api/sessions/:id/live', kind: 'live', needs: 'sessions.view' },
] as const satisfies readonly SocketRoute[];

const ROUTES = new Router(SOCKET_ROUTES);

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

  /** The pattern of a path, which is safe to record; empty where there is none. */
  static routeOf(pathname: string): string {
    return ROUTES.find('GET', pathname)?.route.path ?? '';
  }

  /** @throws ChaperoneError where the socket is refused; then the caller answers over HTTP */
  async accept(upgrade: Upgrade): Promise<void> {
    const found = ROUTES.find('GET', upgrade.pathname);
    if (found === null) throw new ChaperoneError('NOT_FOUND', 'there is no WebSocket at this address');
    const { route, params } = found;
    demand(upgrade.login, route.needs);
    switch (route.kind) {
      case 'ingest':
        return this.#acceptWriter(upgrade);
      case 'live':
        return this.#acceptFollower(upgrade, params.id!);
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
    if (!(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/).includes(SUBPROTOCOL)) {
      throw new ChaperoneError(
        'USAGE',
        `this recorder speaks ${SUBPROTOCOL}; use the same version of chaperone`,
      );
    }
    refuseMoreThan(MAX_INGEST, this.#ingest);
    this.#ingest.handleUpgrade(request, socket, head, (opened) => {
      const writer = new IngestConnection(opened, { ...this.#options, of: login.workload });
      this.#writers.add(writer);
      void writer.ended.then(() => this.#writers.delete(writer));
    });
  }

  async #acceptFollower(upgrade: Upgrade, id: SessionId): Promise<void> {
    const { request, socket, head, login, archive } = upgrade;
    const { access } = this.#options;
    await archive.session(id);
    refuseMoreThan(MAX_LIVE, this.#live);
    await access.viewed(id, 'live', login);
    this.#live.handleUpgrade(request, socket, head, (opened) => {
      opened.on('pong', () => this.#silent.delete(opened));
      const end = () => opened.close(POLICY_VIOLATION, 'the login has ended');
      login.ended.addEventListener('abort', end, { once: true });
      opened.once('close', () => login.ended.removeEventListener('abort', end));
      if (login.ended.aborted) end();
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
