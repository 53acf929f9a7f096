/** The way to the real API server: kept connections, TLS verified, our credential on each request. */
import { connect, type TLSSocket } from 'node:tls';
import { type Dispatcher, Pool } from 'undici';
import type { Header } from '../../request/headers.ts';
import { impersonationHeaders, type Persona } from './impersonation.ts';
import type { Credentials, UpstreamSource } from './source.ts';

/** How long credentials are used before the source is asked again: the kubelet and plugins renew them. */
const FRESH_MS = 5_000;
/** More than the proxy lets clients open, so that a request never waits behind other clients' watches. */
export const MAX_SOCKETS = 1024;
const CONNECT_MS = 10_000;
/** Below the server's own 90 s, which would otherwise close under a request that is on its way. */
const IDLE_MS = 30_000;
const MAX_HEADER_BYTES = 64 * 1024;

export interface Forwarded {
  method: string;
  /** Path and query, below the server's own path. */
  uri: string;
  /** Name, value, name, value. */
  headers: readonly string[];
  body: Uint8Array | null;
  /** Somebody else than our own credential is. */
  as?: Persona | undefined;
}

/** What is needed to have a request answered. */
export type ApiServer = Pick<Upstream, 'source' | 'send' | 'rejected'>;

/** A connection that is going to be upgraded. */
export interface Way {
  socket: TLSSocket;
  /** Headers that say who asks. */
  identity: readonly Header[];
  /** In front of each path. */
  prefix: string;
}

interface Opened {
  pool: Pool;
  credentials: Credentials;
  /** What its connections were made with. */
  tls: string;
}

export class Upstream {
  readonly source: UpstreamSource;
  readonly #prefix: string;
  readonly #onlyAs: boolean;
  #way: Opened | null = null;
  #checked = 0;
  #rejected = false;
  #renewing: Promise<Opened> | null = null;
  #closed = false;

  /** @param onlyAs nothing goes on our own credential alone, which is worth more than those who ask */
  constructor(source: UpstreamSource, { onlyAs = false }: { onlyAs?: boolean } = {}) {
    this.source = source;
    this.#onlyAs = onlyAs;
    this.#prefix = source.server.pathname.replace(/\/$/, '');
  }

  /**
   * Sends a request. What is heard of it goes to the handler, whose `onResponseError` is told of all failures.
   * @throws ChaperoneError where the source has no credentials
   */
  async send(
    { method, uri, headers, body, as }: Forwarded,
    handler: Dispatcher.DispatchHandler,
  ): Promise<void> {
    const { pool, credentials } = this.#fresh() ?? (await this.#renew());
    pool.dispatch(
      {
        method: method as Dispatcher.HttpMethod,
        path: this.#prefix + uri,
        headers: [...headers, ...this.#identity(credentials, as).flat()],
        body,
      },
      handler,
    );
  }

  /** The credentials did not open the server: the next request asks the source anew, though not for every such answer. */
  rejected(): void {
    if (performance.now() - this.#checked > FRESH_MS / 5) this.#rejected = true;
  }

  /** A connection of its own, for what is going to be upgraded; who asks is the caller's to send. */
  async connect(as?: Persona): Promise<Way> {
    const { credentials } = this.#fresh() ?? (await this.#renew());
    const identity = this.#identity(credentials, as);
    const { hostname, port } = this.source.server;
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ ...tlsOptions(credentials), host, port: Number(port || 443), ...alpn });
    // Errors after the hand-over are the caller's to hear as well, and never nobody's.
    socket.on('error', () => undefined);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => socket.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`));
    socket.once('secureConnect', resolve).once('error', reject).setTimeout(CONNECT_MS, giveUp);
    await promise;
    socket.off('error', reject).off('timeout', giveUp).setTimeout(0).setKeepAlive(true, IDLE_MS);
    return { socket, identity, prefix: this.#prefix };
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#renewing?.catch(() => undefined);
    await this.#way?.pool.destroy();
  }

  /** Whose request it is: headers beside which none like them may stand. */
  #identity({ authorization }: Credentials, as: Persona | undefined): Header[] {
    if (as === undefined && this.#onlyAs) throw new Error('a request would go on as nobody');
    return [
      ...(authorization === null ? [] : [['authorization', authorization] satisfies Header]),
      ...(as === undefined ? [] : impersonationHeaders(as)),
    ];
  }

  #fresh(): Opened | null {
    return this.#rejected || performance.now() - this.#checked > FRESH_MS ? null : this.#way;
  }

  #renew(): Promise<Opened> {
    this.#renewing ??= this.#ask().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #ask(): Promise<Opened> {
    const credentials = await this.source.credentials(this.#rejected);
    const tls = JSON.stringify(credentials.tls);
    const before = this.#way;
    const pool = before?.tls === tls ? before.pool : this.#open(credentials);
    // What runs on the former connections may come to its end.
    if (before !== null && before.pool !== pool) void before.pool.close().catch(() => undefined);
    this.#way = { pool, credentials, tls };
    this.#checked = performance.now();
    this.#rejected = false;
    if (this.#closed) await pool.destroy();
    return this.#way;
  }

  #open(credentials: Credentials): Pool {
    return new Pool(this.source.server.origin, {
      connections: MAX_SOCKETS,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // A watch may be silent for hours, and a server slow: the client decides how long it waits.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: { ...tlsOptions(credentials), timeout: CONNECT_MS },
    });
  }
}

const alpn = { ALPNProtocols: ['http/1.1'] };

/** Verified, whatever the environment says. */
function tlsOptions({
  tls,
}: Credentials): { rejectUnauthorized: true; minVersion: 'TLSv1.2' } & Credentials['tls'] {
  return { ...tls, rejectUnauthorized: true, minVersion: 'TLSv1.2' };
}
