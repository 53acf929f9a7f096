/** The recorder's HTTP server: loopback only, nothing without login. Assembles what the other files do. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Desk } from '../approvals/desk.ts';
import type { Micros, SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { Endings } from '../log/endings.ts';
import type { Archive, ArchiveBySubject, Journal, Mentions } from '../log/ports.ts';
import { Left } from '../offboard/left.ts';
import type { CredentialReads } from '../offboard/trail.ts';
import { AccessRecord } from './access.ts';
import type { Trouble } from './api.ts';
import { Application } from './application.ts';
import { Assets, type OwnPage } from './assets.ts';
import type { Permission } from './authorize.ts';
import { Logins } from './login.ts';
import { loginNeeded, ownPath, signInFailed } from './login-pages.ts';
import type { OidcSettings } from './oidc/settings.ts';
import { loadPeople, type People, type PeopleOptions } from './people.ts';
import { ensureToken } from './presence.ts';
import type { Login, Principal } from './principal.ts';
import { accountRoutes, openRoutes } from './routes/account.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { blameRoutes } from './routes/blame.ts';
import { castRoutes } from './routes/cast.ts';
import { healthRoutes, probeRoutes } from './routes/health.ts';
import { type KubeAccess, kubeRoutes } from './routes/kube.ts';
import { offboardRoutes } from './routes/offboard.ts';
import { ownApprovalRoutes } from './routes/own-approvals.ts';
import { type Explainer, policyRoutes } from './routes/policy.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { verifyRoutes } from './routes/verify.ts';
import { SessionLogins } from './session-logins.ts';
import { SOCKET_ROUTES, Sockets } from './sockets.ts';
import { Throttle } from './throttle.ts';
import { type WorkloadDoor, WorkloadLogins } from './workload-logins.ts';

/** The log that is served: `AuditLog`, as far as the server needs it. */
export interface ServedLog extends Archive, ArchiveBySubject, Journal, Mentions {
  /** The writer of this session is gone: it counts as cut off unless it has ended. */
  release(session: SessionId): void;
  /** Tells other processes of this machine where the recorder listens. */
  announce(url: string): Promise<void>;
}

export interface ServerOptions {
  log: ServedLog;
  /** Where goes what others record; the log itself where it is left out. */
  ingest?: Journal;
  /** The data directory, where `token` is kept. */
  data: string;
  /** 0 takes any free one. */
  port: number;
  /** The built player; null serves the API alone. */
  assets: string | null;
  clock: { now(): Micros };
  /** Where humans are asked; where it is left out, nobody can be. */
  desk?: Desk;
  /** A proxy of the Kubernetes API, where one runs in this process. */
  kube?: KubeAccess;
  /** Tells credentials in command lines, where something in this process does: then people can be offboarded. */
  credentialReads?: CredentialReads;
  /** Where sessions that this process writes itself hear that they are to end. */
  endings?: Endings;
  /** How long a session may take that was told to end, in milliseconds. */
  endWithin?: number;
  /** Knows the policy in force, where one is in this process. */
  explainer?: Explainer;
  /** Who left; read from the log where it is left out. */
  left?: Left;
  /** Where people sign in; where it is left out, there is the one local admin. */
  oidc?: OidcSettings;
  /** Tells whose a ServiceAccount's token is: then workloads may write evidence of themselves, and ask. */
  workloads?: WorkloadDoor;
  /** A secret of this recorder: then sessions may take back what they asked themselves. */
  sessionKey?: Uint8Array;
  /** What does not work as it should in this process, beside the server. */
  troubles?: () => readonly Trouble[];
  /** Against slow requests; see `LIMITS`. */
  limits?: Partial<typeof LIMITS>;
  /** Told of errors that nobody raised on purpose; by default a line on stderr. */
  report?: (error: unknown) => void;
}

export interface RecorderServer {
  /** `http://127.0.0.1:7070` */
  url: string;
  port: number;
  /**
   * Where a browser gets in and is shown `next` (a path, default the first page): by a fresh link that logs one
   * browser in, once; by signing in, where there are no such links. Who started the recorder may say as whom a link
   * logs in; default the local admin.
   */
  loginUrl(next?: string, as?: Principal): string;
  /** Ends every login of a person, at once. @returns their names, as they stand in the log */
  endLogins(user: string): string[];
  /** What runs in a session takes back by it what it asked; null where there is no key for that. */
  sessionToken(session: SessionId): string | null;
  /** What is answered at which address, and what it needs; null where that is no login. */
  table: readonly { method: string; path: string; needs: Permission | null }[];
  /** Stops within a few seconds: takes no more requests, answers what was stored, closes sockets with 1001. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** A shell is killed five seconds after it was told to end. */
const END_WITHIN_MS = 8000;
/** After this, requests that are still running are cut. */
const CLOSE_WITHIN_MS = 3000;
/** How much longer something may be streamed to a login that has ended by itself. */
const SWEEP_EVERY_MS = 15_000;

/** @throws ChaperoneError `PORT_IN_USE`, and file system errors of the data directory */
export async function startServer(options: ServerOptions): Promise<RecorderServer> {
  const { clock, log } = options;
  const [token, assets, peopleAt, left] = await Promise.all([
    ensureToken(options.data),
    Assets.load(options.assets),
    loadPeople(options.oidc),
    options.left ?? Left.restored(log, () => clock.now()),
  ]);
  const http = createServer({ ...LIMITS, ...options.limits });
  const port = await listen(http, options.port);
  const url = `http://${HOST}:${port}`;
  const parts = { token, assets, port, http, peopleAt, left };
  const { application, sockets, logins, loginUrl, table, sessions } = assemble(options, parts);
  const sweeping = setInterval(() => void logins.sweep(), SWEEP_EVERY_MS).unref();
  // E.g. no descriptor is left for one more connection: that must not end the recording of the others.
  http.on('error', options.report ?? complain);
  http.on('request', (request, response) => application.answer(request, response));
  http.on('upgrade', (request, socket, head) => application.upgrade(request, socket, head));
  const close = async (): Promise<void> => {
    clearInterval(sweeping);
    application.close();
    await shutDown(http, sockets);
  };
  try {
    await log.announce(url);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ url, port, loginUrl, table },
    endLogins: (user) => logins.end(user),
    sessionToken: (session) => sessions?.issue(session) ?? null,
    close: once(close),
  };
}

interface Parts {
  token: string;
  assets: Assets;
  port: number;
  http: Server;
  peopleAt: (options: PeopleOptions) => People;
  left: Left;
}

function assemble(
  {
    log,
    ingest = log,
    clock,
    kube,
    desk,
    explainer,
    workloads: door,
    sessionKey: key,
    credentialReads: reads,
    endings = new Endings(),
    endWithin = END_WITHIN_MS,
    report = complain,
    troubles = () => [],
  }: ServerOptions,
  { token, assets, port, http, peopleAt, left }: Parts,
) {
  const now = (): Micros => clock.now();
  const throttle = new Throttle({ burst: 20, refill: 3_000_000, now });
  const access = new AccessRecord(log, now);
  const people = peopleAt({ now, left, port, report });
  const { origins, localAdmin, tokens, waysIn } = people;
  const withdrawn = (login: Login): void => void access.logout(login, 'withdrawn').catch(report);
  const workloads = door === undefined ? null : new WorkloadLogins(door);
  const sessions = key === undefined ? null : new SessionLogins({ key, archive: log });
  const logins = new Logins({
    ...{ port, token, now, workloads, sessions },
    ...{ origins, localAdmin, tokens, withdrawn },
  });
  const loginUrl = (next?: string, as?: Principal): string =>
    localAdmin ? linkOf(`http://${HOST}:${port}`, logins, { next, as }) : `${people.base}${next ?? '/'}`;
  const account = { logins, throttle, access, token, port, loginUrl };
  const health = { ready: () => http.listening, troubles };
  const release = (session: SessionId): void => {
    if (kube === undefined) log.release(session);
    else void kube.revoke(session).finally(() => log.release(session));
  };
  const sockets = new Sockets({ journal: ingest, release, endings, endWithin, report, access });
  const revoke = async (session: SessionId): Promise<void> => kube?.revoke(session);
  const leaving = { archive: log, journal: log, desk, endings, endWithin, logins, left, revoke, now };
  const routes = [
    ...accountRoutes(account),
    ...healthRoutes(health),
    ...sessionRoutes({ access }),
    ...castRoutes({ access }),
    ...blameRoutes({ access, log }),
    ...verifyRoutes({ access }),
    ...policyRoutes({ explainer }),
    ...(desk === undefined ? [] : approvalRoutes({ desk, archive: log, now })),
    ...(desk === undefined || sessions === null
      ? []
      : ownApprovalRoutes({ desk, archive: log, sessions, now })),
    ...(kube === undefined ? [] : kubeRoutes({ archive: log, kube })),
    ...(reads === undefined ? [] : offboardRoutes({ ...leaving, reads, access })),
  ];
  const signingIn = people.routes({ logins, throttle, access });
  const open = [...probeRoutes(health), ...openRoutes(account), ...signingIn];
  const loginPage = (error: ChaperoneError, { url }: IncomingMessage): OwnPage =>
    waysIn.provider !== null && error.code === 'ISSUER_GONE'
      ? signInFailed(waysIn.provider, { title: 'Your login cannot be renewed now', message: error.message })
      : loginNeeded(waysIn, ownPath(url ?? null));
  const application = new Application({
    archive: log,
    origins,
    loginPage,
    logins,
    throttle,
    access,
    assets,
    sockets,
    report,
    open,
    routes,
  });
  const table = [
    ...routes,
    ...SOCKET_ROUTES.map((route) => ({ ...route, method: 'WebSocket' })),
    ...open.map((route) => ({ ...route, needs: null })),
  ].map(({ method, path, needs }) => ({ method, path, needs }));
  return { application, sockets, logins, loginUrl, table, sessions };
}

function linkOf(
  url: string,
  logins: Logins,
  { next, as }: { next?: string | undefined; as?: Principal | undefined },
): string {
  const query = new URLSearchParams({ token: logins.issueLink(as), ...(next !== undefined && { next }) });
  return `${url}/login?${query}`;
}

/** Against slow and endless requests. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
  highWaterMark: 256 * 1024,
};
const MAX_CONNECTIONS = 512;

async function listen(http: Server, port: number): Promise<number> {
  http.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port)));
    http.listen({ host: HOST, port, exclusive: true }, () => {
      http.removeAllListeners('error');
      resolve();
    });
  });
  return (http.address() as AddressInfo).port;
}

function explain(error: NodeJS.ErrnoException, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ChaperoneError(
        'PORT_IN_USE',
        `port ${port} is in use by another program; choose another with --port`,
        { cause: error },
      );
    case 'EACCES':
      return new ChaperoneError(
        'PORT_IN_USE',
        `port ${port} is not ours to open; choose one above 1023 with --port`,
        { cause: error },
      );
    default:
      return error;
  }
}

async function shutDown(http: Server, sockets: Sockets): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeIdleConnections();
  const deadline = setTimeout(() => {
    sockets.terminate();
    http.closeAllConnections();
  }, CLOSE_WITHIN_MS);
  await sockets.close();
  await closed;
  clearTimeout(deadline);
  await sockets.settled();
}

/** What was raised on purpose says what it is; of the rest the whole stack is needed. */
function complain(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const text = error instanceof ChaperoneError ? error.message : `a request failed: ${stack}`;
  process.stderr.write(`chaperone: ${text}\n`);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= action();
    return done;
  };
}
