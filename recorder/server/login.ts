/**
 * Who is asking: a browser that followed a one-time link and holds a cookie, or a program of this machine
 * that read the token file. Secrets are kept as SHA-256 digests only, and compared in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Micros } from '../audit/event.ts';
import { LOCAL_ADMIN, type Principal } from './principal.ts';

/** A login that was proven. `name` tells logins apart in the log and is no secret. */
export interface Login {
  how: 'link' | 'token';
  name: string;
  principal: Principal;
}

export interface LoginOptions {
  port: number;
  /** The bearer token of `DATA/token`. */
  token: string;
  now(): Micros;
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
  cookies: 64,
} as const;

interface Secret {
  digest: Buffer;
  expires: Micros;
}

interface Link extends Secret {
  principal: Principal;
}

interface Cookie extends Secret {
  login: Login;
  /** When it dies however busy it is. */
  latest: Micros;
}

export class Logins {
  readonly #options: LoginOptions;
  readonly #bearer: Buffer;
  #links: Link[] = [];
  #cookies: Cookie[] = [];

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#bearer = digest(options.token);
  }

  /** Cookies know no ports: the name keeps two recorders of one machine apart. */
  get cookieName(): string {
    return `chaperone-${this.#options.port}`;
  }

  /** A fresh one-time token. The oldest one still open is forgotten when there are too many. */
  issueLink(principal = LOCAL_ADMIN): string {
    const token = randomBytes(32).toString('base64url');
    const expires = this.#options.now() + LOGIN_LIMITS.linkLife;
    this.#links = [...this.#alive(this.#links), { digest: digest(token), expires, principal }].slice(
      -LOGIN_LIMITS.links,
    );
    return token;
  }

  /** Trades a one-time token for a session cookie's value; null if it is unknown, used or too old. */
  redeem(token: string): { login: Login; cookie: string } | null {
    const link = find(this.#alive(this.#links), token);
    if (link === null) return null;
    this.#links = this.#links.filter((other) => other !== link);
    const cookie = randomBytes(32).toString('base64url');
    const name = `browser-${randomBytes(4).toString('hex')}`;
    const login: Login = { how: 'link', name, principal: link.principal };
    const now = this.#options.now();
    const entry = {
      digest: digest(cookie),
      expires: now + LOGIN_LIMITS.cookieIdle,
      latest: now + LOGIN_LIMITS.cookieLife,
      login,
    };
    this.#cookies = [...this.#alive(this.#cookies), entry].slice(-LOGIN_LIMITS.cookies);
    return { login, cookie };
  }

  /** The login a request proves, or null. A bearer token, where there is one, is the only thing looked at. */
  identify(request: IncomingMessage): Login | null {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.#byToken(authorization);
    const cookie = this.#cookieOf(request);
    if (cookie === null) return null;
    const now = this.#options.now();
    cookie.expires = Math.min(now + LOGIN_LIMITS.cookieIdle, cookie.latest);
    return cookie.login;
  }

  logout(request: IncomingMessage): void {
    const cookie = this.#cookieOf(request);
    this.#cookies = this.#cookies.filter((other) => other !== cookie);
  }

  setCookie(value: string): string {
    return `${this.cookieName}=${value}; HttpOnly; SameSite=Strict; Path=/`;
  }

  #byToken(authorization: string): Login | null {
    const token = /^Bearer ([\w-]{1,256})$/i.exec(authorization)?.[1];
    if (token === undefined) return null;
    return timingSafeEqual(digest(token), this.#bearer)
      ? { how: 'token', name: 'token', principal: LOCAL_ADMIN }
      : null;
  }

  #cookieOf(request: IncomingMessage): Cookie | null {
    const alive = this.#alive(this.#cookies);
    for (const pair of (request.headers.cookie ?? '').split(';')) {
      const [name, value] = pair.trim().split('=', 2);
      if (name !== this.cookieName || value === undefined) continue;
      const cookie = find(alive, value);
      if (cookie !== null) return cookie;
    }
    return null;
  }

  #alive<T extends Secret>(secrets: T[]): T[] {
    const now = this.#options.now();
    return secrets.filter((secret) => secret.expires > now);
  }
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function find<T extends Secret>(secrets: T[], presented: string): T | null {
  const wanted = digest(presented);
  let found: T | null = null;
  for (const secret of secrets) if (timingSafeEqual(secret.digest, wanted)) found = secret;
  return found;
}
