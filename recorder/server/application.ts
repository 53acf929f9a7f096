/** One request: is it for us, from whom, may it, and who answers it. Whatever fails becomes an error answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ChaperoneError } from '../errors.ts';
import type { Archive } from '../log/ports.ts';
import type { AccessRecord } from './access.ts';
import { type Assets, sendPage } from './assets.ts';
import { harden, ownHosts, ownTarget, refuseCrossOrigin } from './hardening.ts';
import type { Login, Logins } from './login.ts';
import { demand, Refused } from './refused.ts';
import { errorBody, sendError, statusOf } from './reply.ts';
import { type Route, Router } from './router.ts';
import { LOGIN_NEEDED, type OpenRoute } from './routes/account.ts';
import { ScopedArchive } from './scoped-archive.ts';
import { Sockets } from './sockets.ts';
import type { Throttle } from './throttle.ts';

export interface ApplicationOptions {
  port: number;
  archive: Archive;
  logins: Logins;
  throttle: Throttle;
  access: AccessRecord;
  assets: Assets;
  sockets: Sockets;
  open: readonly OpenRoute[];
  routes: readonly Route[];
  /** Told of every error that was not raised on purpose. */
  report(error: unknown): void;
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
      this.#report(error);
      if (isLoginNeeded(error) && wantsPage(request)) sendPage(response, statusOf(error), LOGIN_NEEDED);
      else sendError(response, error);
    });
  }

  /** A WebSocket passes the same checks; what is refused gets a plain HTTP answer. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      this.#report(error);
      refuseUpgrade(socket, error);
    });
  }

  /** Ends what follows a running session; the rest may finish. */
  close(): void {
    this.#closing.abort();
  }

  /** What we did not raise on purpose is a defect of ours, or of the machine: the client is not told what it is. */
  #report(error: unknown): void {
    if (!(error instanceof ChaperoneError) && !isAbort(error)) this.#options.report(error);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    harden(response);
    const { pathname, searchParams: query } = ownTarget(request, this.#hosts);
    const method = request.method ?? '';
    const open = this.#open.find(method, pathname);
    if (open !== null) {
      refuseCrossOrigin(request, false);
      return open.route.handle(request, response, query);
    }
    const login = await this.#login(request);
    const isRead = method === 'GET' || method === 'HEAD';
    refuseCrossOrigin(request, !isRead);
    const found = this.#routes.find(method, pathname);
    if (found === null) {
      if (isRead && this.#options.assets.serve(request, response, pathname)) return;
      throw new ChaperoneError('NOT_FOUND', 'there is nothing at this address');
    }
    const { params, route } = found;
    const [signal, closing] = [gone(response), this.#closing.signal];
    const report = (error: unknown) => this.#report(error);
    const archive = new ScopedArchive(this.#options.archive, login);
    await this.#told(request, login, route, async () => {
      demand(login, route.needs);
      await route.handle({ request, response, query, params, signal, closing, login, archive, report });
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname } = ownTarget(request, this.#hosts);
    const login = await this.#login(request);
    refuseCrossOrigin(request, true);
    const { archive, sockets } = this.#options;
    const scoped = new ScopedArchive(archive, login);
    const route = { method: 'WebSocket', path: Sockets.routeOf(pathname) };
    await this.#told(request, login, route, () =>
      sockets.accept({ request, socket, head, pathname, login, archive: scoped }),
    );
  }

  /** What is refused on the way is recorded; they are refused it all the same where it cannot be. */
  async #told(
    { socket }: IncomingMessage,
    login: Login,
    { method, path }: Pick<Route, 'path'> & { method: string },
    act: () => Promise<void>,
  ): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused) {
        const { reason, session } = error;
        const from = socket.remoteAddress ?? 'unknown';
        await this.#options.access
          .refused({ from, what: `${method} ${path}`, reason, ...(session && { session }) }, login)
          .catch((unrecorded: unknown) => this.#report(unrecorded));
      }
      throw error;
    }
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

/** A client that went away. */
function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'))
  );
}

function wantsPage(request: IncomingMessage): boolean {
  return !(request.url ?? '').startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
}

/** Node has let go of this socket and its timeouts: a client that never hangs up would keep its place for ever. */
function refuseUpgrade(socket: Duplex, error: unknown): void {
  const text = `${JSON.stringify(errorBody(error))}\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${statusOf(error)} Refused`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  );
}
