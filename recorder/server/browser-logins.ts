/**
 * The logins of browsers: a cookie each, of which only the SHA-256 digest is kept. A login that rests on a provider's
 * word is renewed when that is due, and ends when the provider says no.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { LoginKind } from '../audit/access.ts';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Login, Principal } from './principal.ts';
import { keyOf, newSecret } from './secrets.ts';

/** Whoever vouches for a login is asked again. */
export interface Renewal {
  /** How often. */
  every: Micros;
  /**
   * Who it is now.
   * @throws ChaperoneError `ISSUER_GONE` where it cannot be asked now; any other error means no
   */
  renew: () => Promise<Principal>;
  /** Where the browser goes to end its session at the provider too; null where there is no such place. */
  endUrl: () => string | null;
}

export interface Opening {
  how: Extract<LoginKind, 'link' | 'oidc'>;
  principal: Principal;
  /** It ends after so long without a request, */
  idle: Micros;
  /** and at the latest after this. */
  life: Micros;
  renewal?: Renewal;
}

export interface BrowserLoginsOptions {
  now(): Micros;
  /** Told of a login that ended because the provider said no. */
  withdrawn(login: Login): void;
}

/** Logins that can be open at once; the oldest of the same person are forgotten first. */
export const MAX_BROWSERS = { ofOne: 64, ofAll: 8192 } as const;
/** Asked at once when many are due. */
const RENEWED_AT_ONCE = 8;

interface Entry {
  digest: string;
  login: Login;
  ending: AbortController;
  idle: Micros;
  expires: Micros;
  latest: Micros;
  renewal?: Renewal & { due: Micros; running: Promise<void> | null };
}

export class BrowserLogins {
  readonly #options: BrowserLoginsOptions;
  /** By the digest of the cookie, oldest first. */
  readonly #entries = new Map<string, Entry>();
  #sweeping = false;

  constructor(options: BrowserLoginsOptions) {
    this.#options = options;
  }

  /** A new login, and the value of the cookie that proves it. */
  open({ how, principal, idle, life, renewal }: Opening): { login: Login; cookie: string } {
    const now = this.#options.now();
    const cookie = newSecret();
    const ending = new AbortController();
    const name = `browser-${randomBytes(4).toString('hex')}`;
    const login: Login = { how, name, principal, ended: ending.signal };
    const entry: Entry = {
      digest: keyOf(cookie),
      login,
      ending,
      idle,
      expires: now + idle,
      latest: now + life,
    };
    if (renewal !== undefined) entry.renewal = { ...renewal, due: now + renewal.every, running: null };
    this.#makeRoom(principal.user);
    this.#entries.set(entry.digest, entry);
    return { login, cookie };
  }

  /**
   * The login that this cookie proves, renewed where that is due; null where it proves none.
   * @throws ChaperoneError `ISSUER_GONE` where it is due and cannot be renewed now, `UNAUTHENTICATED` where the provider said no
   */
  async find(cookie: string): Promise<Login | null> {
    const entry = this.#alive(cookie);
    if (entry === null) return null;
    const now = this.#options.now();
    entry.expires = Math.min(now + entry.idle, entry.latest);
    if (entry.renewal !== undefined && entry.renewal.due <= now) await this.#renew(entry);
    // It may have been ended while the provider was asked.
    return this.#entries.has(entry.digest) ? entry.login : null;
  }

  /** Ends one at its owner's word; null where there is none. */
  close(cookie: string): { login: Login; endUrl: string | null } | null {
    const entry = this.#alive(cookie);
    if (entry === null) return null;
    this.#end(entry);
    return { login: entry.login, endUrl: entry.renewal?.endUrl() ?? null };
  }

  /** Names of the logins of a person. */
  of(user: string): string[] {
    const alive = [...this.#entries.values()].filter(({ expires }) => expires > this.#options.now());
    return alive.filter(({ login }) => login.principal.user === user).map(({ login }) => login.name);
  }

  /** Ends all logins of a person. @returns their names */
  closeAll(user: string): string[] {
    const theirs = [...this.#entries.values()].filter(({ login }) => login.principal.user === user);
    for (const entry of theirs) this.#end(entry);
    return theirs.map(({ login }) => login.name);
  }

  /**
   * Ends what is too old and renews what is due, so that nothing is streamed to a login that no request would pass by.
   * To be called every now and then.
   */
  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const now = this.#options.now();
      for (const entry of [...this.#entries.values()]) if (entry.expires <= now) this.#end(entry);
      const due = [...this.#entries.values()].filter(
        ({ renewal }) => renewal !== undefined && renewal.due <= now,
      );
      for (let at = 0; at < due.length; at += RENEWED_AT_ONCE)
        await Promise.all(due.slice(at, at + RENEWED_AT_ONCE).map((entry) => this.#renewOrCut(entry)));
    } finally {
      this.#sweeping = false;
    }
  }

  /** Where the provider cannot be asked, the login stays, but nothing goes on being streamed to it. */
  async #renewOrCut(entry: Entry): Promise<void> {
    try {
      await this.#renew(entry);
    } catch {
      if (this.#entries.has(entry.digest)) this.#replace(entry, entry.login.principal);
    }
  }

  async #renew(entry: Entry): Promise<void> {
    const { renewal } = entry;
    if (renewal === undefined) return;
    renewal.running ??= this.#ask(entry, renewal).finally(() => {
      renewal.running = null;
    });
    await renewal.running;
  }

  async #ask(entry: Entry, renewal: NonNullable<Entry['renewal']>): Promise<void> {
    try {
      const principal = await renewal.renew();
      renewal.due = this.#options.now() + renewal.every;
      const isOpen = this.#entries.has(entry.digest);
      if (isOpen && !isDeepStrictEqual(principal, entry.login.principal)) this.#replace(entry, principal);
    } catch (error) {
      if (error instanceof ChaperoneError && error.code === 'ISSUER_GONE') throw error;
      if (this.#end(entry)) this.#options.withdrawn(entry.login);
      throw new ChaperoneError('UNAUTHENTICATED', 'your login has ended at the provider: sign in again', {
        cause: error,
      });
    }
  }

  /** What was opened under the old terms ends, and may be opened again under the new ones. */
  #replace(entry: Entry, principal: Principal): void {
    const former = entry.ending;
    entry.ending = new AbortController();
    entry.login = { ...entry.login, principal, ended: entry.ending.signal };
    former.abort();
  }

  #alive(cookie: string): Entry | null {
    const entry = this.#entries.get(keyOf(cookie));
    if (entry === undefined) return null;
    if (entry.expires > this.#options.now()) return entry;
    this.#end(entry);
    return null;
  }

  #end(entry: Entry): boolean {
    entry.ending.abort();
    return this.#entries.delete(entry.digest);
  }

  #makeRoom(user: string): void {
    const theirs = [...this.#entries.values()].filter(({ login }) => login.principal.user === user);
    if (theirs.length >= MAX_BROWSERS.ofOne) this.#end(theirs[0]!);
    if (this.#entries.size >= MAX_BROWSERS.ofAll) this.#end(this.#entries.values().next().value!);
  }
}

/** Looked up by digest: what timing tells of a digest tells nothing of the secret. */
