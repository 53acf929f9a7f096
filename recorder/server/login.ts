/**
 * Who is asking: a browser that holds a cookie, since it followed a one-time link or its owner signed in at the
 * provider; a program of this machine that read the token file; or a command line with a token of the provider.
 * Secrets are kept as SHA-256 digests only, and compared in constant time.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { BrowserLogins, type Opening } from './browser-logins.ts';
import type { Origins } from './hardening.ts';
import { LOCAL_ADMIN, LOCAL_PROGRAM, type Login, type Principal } from './principal.ts';
import { digestOf, newSecret } from './secrets.ts';
import { SessionLogins } from './session-logins.ts';
import { WorkloadLogins } from './workload-logins.ts';

/** Logins of command lines, by tokens that a provider signed. */
export interface TokenLogins {
  /** @throws ChaperoneError `UNAUTHENTICATED`, `FORBIDDEN`, `ISSUER_GONE` */
  find(token: string): Promise<Login>;
  /** Ends the login of this token, which is refused from then on; null where it has none. */
  close(token: string): Login | null;
  /** Names of the logins of a person. */
  of(user: string): string[];
  /** Ends all logins of a person, and refuses every token that they have now. @returns their names */
  closeAll(user: string): string[];
  sweep(): void;
}

export interface LoginOptions {
  port: number;
  /** The bearer token of `DATA/token`. */
  token: string;
  origins: Origins;
  now(): Micros;
  /** False where everybody has to sign in by name: then links and the token's holder may do nothing that needs a role. */
  localAdmin: boolean;
  /** Where a provider is known. */
  tokens: TokenLogins | null;
  /** Where workloads sign in. */
  workloads: WorkloadLogins | null;
  /** Where sessions do. */
  sessions: SessionLogins | null;
  /** Told of a login that ended because the provider said no. */
  withdrawn(login: Login): void;
}

const HOUR: Micros = 3_600_000_000;

export const LOGIN_LIMITS = {
  /** A printed link that nobody followed dies after this. */
  linkLife: 12 * HOUR,
  /** Links that can be open at once; the oldest are forgotten. */
  links: 16,
  /** A browser is logged out after this long without a request, */
  cookieIdle: 12 * HOUR,
  /** and at the latest after this. */
  cookieLife: 7 * 24 * HOUR,
} as const;

/** The token is as good as long as the recorder runs. */
const NEVER = new AbortController().signal;

interface Link {
  digest: Buffer;
  expires: Micros;
  principal: Principal;
}

export class Logins {
  readonly #options: LoginOptions;
  readonly #bearer: Buffer;
  readonly #byToken: Login;
  readonly #browsers: BrowserLogins;
  #links: Link[] = [];

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#bearer = digestOf(options.token);
    const principal = options.localAdmin ? LOCAL_ADMIN : LOCAL_PROGRAM;
    this.#byToken = { how: 'token', name: 'token', principal, ended: NEVER };
    this.#browsers = new BrowserLogins(options);
  }

  /**
   * A fresh one-time token. The oldest one still open is forgotten when there are too many.
   * @throws ChaperoneError `FORBIDDEN` where everybody has to sign in by name
   */
  issueLink(principal = LOCAL_ADMIN): string {
    if (!this.#options.localAdmin)
      throw new ChaperoneError('FORBIDDEN', 'there are no login links here: sign in at the provider');
    const token = newSecret();
    const expires = this.#options.now() + LOGIN_LIMITS.linkLife;
    this.#links = [...this.#open(), { digest: digestOf(token), expires, principal }].slice(
      -LOGIN_LIMITS.links,
    );
    return token;
  }

  /** Trades a one-time token for a session cookie's value; null if it is unknown, used or too old. */
  redeem(token: string): { login: Login; cookie: string } | null {
    const wanted = digestOf(token);
    // All are looked at, whichever it is.
    const [found] = this.#open().filter((link) => timingSafeEqual(link.digest, wanted));
    if (found === undefined) return null;
    this.#links = this.#links.filter((other) => other !== found);
    const { cookieIdle: idle, cookieLife: life } = LOGIN_LIMITS;
    return this.#browsers.open({ how: 'link', principal: found.principal, idle, life });
  }

  /** Logs a browser in whose owner was proven otherwise. */
  open(opening: Opening): { login: Login; cookie: string } {
    return this.#browsers.open(opening);
  }

  /**
   * The login a request proves, or null. A bearer token, where there is one, is the only thing looked at.
   * @throws ChaperoneError `UNAUTHENTICATED` or `FORBIDDEN` where the provider's word says no, `ISSUER_GONE`
   */
  async identify(request: IncomingMessage): Promise<Login | null> {
    if (request.headers.authorization !== undefined) return this.#bySecret(bearerOf(request));
    for (const cookie of this.#cookiesOf(request)) {
      const login = await this.#browsers.find(cookie);
      if (login !== null) return login;
    }
    return null;
  }

  /** Ends the login of this browser, or of this command line; null where it has none that can end. */
  logout(request: IncomingMessage): { login: Login; endUrl: string | null } | null {
    const token = bearerOf(request);
    if (token !== undefined) {
      const login = this.#options.tokens?.close(token) ?? null;
      return login === null ? null : { login, endUrl: null };
    }
    for (const cookie of this.#cookiesOf(request)) {
      const closed = this.#browsers.close(cookie);
      if (closed !== null) return closed;
    }
    return null;
  }

  /** Ends the login that this cookie's value proves. */
  close(cookie: string): void {
    this.#browsers.close(cookie);
  }

  /** Names of the logins of a person. */
  of(user: string): string[] {
    return [...this.#browsers.of(user), ...(this.#options.tokens?.of(user) ?? [])];
  }

  /** Ends every login of a person, at once. @returns their names */
  end(user: string): string[] {
    return [...this.#browsers.closeAll(user), ...(this.#options.tokens?.closeAll(user) ?? [])];
  }

  /** Ends what is too old, and asks providers where that is due. */
  async sweep(): Promise<void> {
    this.#options.tokens?.sweep();
    await this.#browsers.sweep();
  }

  /** Set anew at each login: a value that somebody else put there before is worth nothing after it. */
  setCookie(request: IncomingMessage, value: string): string {
    const secure = this.#options.origins.isSecure(request) ? '; Secure' : '';
    return `${this.#nameFor(request)}=${value}; HttpOnly; SameSite=Strict; Path=/${secure}`;
  }

  /**
   * Cookies know no ports: the name keeps two recorders of one machine apart. Under TLS its prefix keeps other hosts
   * of the domain from setting it (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix).
   */
  #nameFor(request: IncomingMessage): string {
    return `${this.#options.origins.isSecure(request) ? '__Host-' : ''}chaperone-${this.#options.port}`;
  }

  async #bySecret(token: string | undefined): Promise<Login | null> {
    if (token === undefined) return null;
    if (timingSafeEqual(digestOf(token), this.#bearer)) return this.#byToken;
    const { tokens, workloads, sessions } = this.#options;
    if (sessions !== null && SessionLogins.isOne(token)) return sessions.find(token);
    if (workloads !== null && WorkloadLogins.isOne(token)) return workloads.find(token);
    return tokens !== null && token.split('.').length === 3 ? tokens.find(token) : null;
  }

  #cookiesOf(request: IncomingMessage): string[] {
    const wanted = this.#nameFor(request);
    return cookiesOf(request)
      .filter(([name]) => name === wanted)
      .map(([, value]) => value);
  }

  #open(): Link[] {
    const now = this.#options.now();
    return this.#links.filter(({ expires }) => expires > now);
  }
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer ([\w.-]{1,16384})$/i.exec(headers.authorization ?? '')?.[1];
}

/** Name and value of each cookie of a request, in its order. */
export function cookiesOf(request: IncomingMessage): [string, string][] {
  return (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name, value] = pair.trim().split('=', 2);
    return name === undefined || value === undefined ? [] : [[name, value] satisfies [string, string]];
  });
}
