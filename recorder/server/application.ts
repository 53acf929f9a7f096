/** One request: is it for us, from whom, may it, and who answers it. Whatever fails becomes an error answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ChaperoneError } from '../errors.ts';
import type { Archive, ArchiveBySubject } from '../log/ports.ts';
import type { AccessRecord } from './access.ts';
import { type Assets, type OwnPage, sendPage } from './assets.ts';
import { CredentialsRefused } from './credentials.ts';
import { gone } from './gone.ts';
import { harden, type Origins, ownTarget, refuseCrossOrigin } from './hardening.ts';
import { boundLeftover } from './leftover.ts';
import type { Logins } from './login.ts';
import type { Login } from './principal.ts';
import { demand, Refused } from './refused.ts';
import { errorBody, sendError, statusOf } from './reply.ts';
import { type Route, Router } from './router.ts';
import type { OpenRoute } from './routes/account.ts';
import { ScopedArchive } from './scoped-archive.ts';
import { Sockets } from './sockets.ts';
import type { Throttle } from './throttle.ts';

export interface ApplicationOptions {
  origins: Origins;
  archive: Archive & ArchiveBySubject;
  logins: Logins;
  throttle: Throttle;
  access: AccessRecord;
  assets: Assets;
  sockets: Sockets;
  open: readonly OpenRoute[];
  routes: readonly Route[];
  /** What a browser is shown that is not logged in, or whose login cannot be renewed now. */
  loginPage(error: ChaperoneError, request: IncomingMessage): OwnPage;
  /** Told of every error that was not raised on purpose. */
  report(error: unknown): void;
}

export class Application {
  readonly #options: ApplicationOptions;
  readonly #open: Router<OpenRoute>;
  readonly #routes: Router<Route>;
  /** Logins by a bearer token that stand in the log already: those of the local one by their connection. */
  readonly #loggedIn = new WeakSet<object>();
  readonly #closing = new AbortController();

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#open = new Router(options.open);
    this.#routes = new Router(options.routes);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      this.#report(error);
      if (isLoginNeeded(error) && wantsPage(request))
        sendPage(response, statusOf(error), this.#options.loginPage(error, request));
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
    boundLeftover(response);
    const { pathname, searchParams: query, origin } = ownTarget(request, this.#options.origins);
    const method = request.method ?? '';
    const open = this.#open.find(method, pathname);
    if (open !== null) {
      refuseCrossOrigin(request, origin, false);
      return open.route.handle(request, response, query);
    }
    const login = await this.#login(request);
    const isRead = method === 'GET' || method === 'HEAD';
    refuseCrossOrigin(request, origin, !isRead);
    const found = this.#routes.find(method, pathname);
    if (found === null) {
      if (isRead && this.#options.assets.serve(request, response, pathname)) return;
      throw new ChaperoneError('NOT_FOUND', 'there is nothing at this address');
    }
    const { params, route } = found;
    const signal = gone(response);
    const closing = AbortSignal.any([this.#closing.signal, login.ended]);
    const report = (error: unknown) => this.#report(error);
    const archive = new ScopedArchive(this.#options.archive, login);
    await this.#told(request, login, route, async () => {
      demand(login, route.needs);
      await route.handle({ request, response, query, params, signal, closing, login, archive, report });
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname, origin } = ownTarget(request, this.#options.origins);
    const login = await this.#login(request);
    refuseCrossOrigin(request, origin, true);
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
    const { logins, access } = this.#options;
    const from = request.socket.remoteAddress ?? 'unknown';
    const login = await logins.identify(request).catch((error: unknown) => this.#refused(error, from));
    if (login === null) {
      if (request.headers.authorization !== undefined) await this.#refused(notOurs(), from);
      throw new ChaperoneError('UNAUTHENTICATED', 'log in first: follow the link that `chaperone up` prints');
    }
    // A browser's is recorded as it is opened.
    if (login.how === 'link' || login.how === 'oidc') return login;
    const recorded = login.how === 'token' ? request.socket : login;
    if (!this.#loggedIn.has(recorded)) {
      await access.login(login, from);
      this.#loggedIn.add(recorded);
    }
    return login;
  }

  /** Credentials that are not good: recorded and counted. */
  async #refused(error: unknown, from: string): Promise<never> {
    if (error instanceof CredentialsRefused) {
      await this.#options.access.refusedLogin(error, from);
      this.#options.throttle.fail();
    }
    throw error;
  }
}

function notOurs(): CredentialsRefused {
  return new CredentialsRefused('unknown-token', 'this is not a token of ours: log in first');
}

function isLoginNeeded(error: unknown): error is ChaperoneError {
  return (
    error instanceof ChaperoneError && (error.code === 'UNAUTHENTICATED' || error.code === 'ISSUER_GONE')
  );
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
