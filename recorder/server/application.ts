/** One request: is it for us, from whom, may it, and who answers it. Whatever fails becomes an error answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ChaperoneError } from '../errors.ts';
import type { AccessRecord } from './access.ts';
import { type Assets, sendPage } from './assets.ts';
import { harden, ownHosts, ownTarget, refuseCrossOrigin } from './hardening.ts';
import type { Login, Logins } from './login.ts';
import { sendError, statusOf } from './reply.ts';
import { type Route, Router } from './router.ts';
import { LOGIN_NEEDED, type OpenRoute, refuseForNow } from './routes/account.ts';
import type { Sockets } from './sockets.ts';
import type { Throttle } from './throttle.ts';

export interface ApplicationOptions {
  port: number;
  logins: Logins;
  throttle: Throttle;
  access: AccessRecord;
  assets: Assets;
  sockets: Sockets;
  open: readonly OpenRoute[];
  routes: readonly Route[];
}

export class Application {
  readonly #options: ApplicationOptions;
  readonly #hosts: Set<string>;
  readonly #open: Router<OpenRoute>;
  readonly #routes: Router<Route>;
  /** Connections whose bearer token stands in the log already. */
  readonly #loggedIn = new WeakSet<Duplex>();
  readonly #closing = new AbortController();

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#hosts = ownHosts(options.port);
    this.#open = new Router(options.open);
    this.#routes = new Router(options.routes);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      if (isLoginNeeded(error) && wantsPage(request)) sendPage(response, 401, LOGIN_NEEDED);
      else sendError(response, error);
    });
  }

  /** A WebSocket passes the same checks; what is refused gets a plain HTTP answer. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#upgrade(request, socket, head).catch((error: unknown) => refuseUpgrade(socket, error));
  }

  /** Ends what follows a running session; the rest may finish. */
  close(): void {
    this.#closing.abort();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    harden(response);
    const { throttle, assets } = this.#options;
    const { pathname, searchParams: query } = ownTarget(request, this.#hosts);
    const method = request.method ?? '';
    const open = this.#open.find(method, pathname);
    if (open !== null) return open.route.handle(request, response, query);
    if (request.headers.authorization !== undefined && !throttle.open)
      return refuseForNow(response, throttle);
    const login = await this.#login(request);
    const isRead = method === 'GET' || method === 'HEAD';
    refuseCrossOrigin(request, !isRead);
    const found = this.#routes.find(method, pathname);
    if (found !== null) {
      const { params, route } = found;
      const [signal, closing] = [gone(response), this.#closing.signal];
      return route.handle({ request, response, query, params, signal, closing, login });
    }
    if (isRead && assets.serve(request, response, pathname)) return;
    throw new ChaperoneError('NOT_FOUND', 'there is nothing at this address');
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname } = ownTarget(request, this.#hosts);
    if (!this.#options.throttle.open)
      throw new ChaperoneError('UNAUTHENTICATED', 'too many failed logins; wait a little');
    const login = await this.#login(request);
    refuseCrossOrigin(request, true);
    await this.#options.sockets.accept({ request, socket, head, pathname, login });
  }

  /** @throws ChaperoneError `UNAUTHENTICATED` */
  async #login(request: IncomingMessage): Promise<Login> {
    const { logins, throttle, access } = this.#options;
    const login = logins.identify(request);
    if (login === null) {
      if (request.headers.authorization !== undefined) throttle.fail();
      throw new ChaperoneError('UNAUTHENTICATED', 'log in first: follow the link that `chaperone up` prints');
    }
    if (login.how === 'token' && !this.#loggedIn.has(request.socket)) {
      await access.login('token', request.socket.remoteAddress ?? 'unknown');
      this.#loggedIn.add(request.socket);
    }
    return login;
  }
}

/** Aborts when the answer's connection ends before the answer does. */
function gone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function isLoginNeeded(error: unknown): boolean {
  return error instanceof ChaperoneError && error.code === 'UNAUTHENTICATED';
}

function wantsPage(request: IncomingMessage): boolean {
  return !(request.url ?? '').startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, body } = statusOf(error);
  const text = `${JSON.stringify(body)}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status} Refused`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  );
}
