/**
 * Command lines that signed in by the device flow: each request brings the ID token, which is checked once and then
 * known by its digest until it ends. https://www.rfc-editor.org/rfc/rfc8628
 */
import type { Micros } from '../../audit/units.ts';
import type { Left } from '../../offboard/left.ts';
import { CredentialsRefused } from '../credentials.ts';
import type { TokenLogins } from '../login.ts';
import type { Login } from '../principal.ts';
import { keyOf } from '../secrets.ts';
import { personOf } from './person.ts';
import type { Provider } from './provider.ts';
import type { OidcSettings } from './settings.ts';

/** A token that is older has to be renewed, whatever its provider says: groups change. */
export const MAX_TOKEN_AGE: Micros = 3600 * 1_000_000;
const SECOND: Micros = 1_000_000;
/** The oldest are checked again when they come back. */
const MOST = 4096;

interface Entry {
  login: Login;
  ending: AbortController;
  expires: Micros;
}

export interface DeviceLoginsOptions {
  settings: OidcSettings;
  provider: Provider;
  left: Left;
  now(): Micros;
}

export class DeviceLogins implements TokenLogins {
  readonly #options: DeviceLoginsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: DeviceLoginsOptions) {
    this.#options = options;
  }

  async find(token: string): Promise<Login> {
    const { settings, provider } = this.#options;
    const { deviceClientId } = settings;
    if (deviceClientId === null)
      throw new CredentialsRefused('no-device-login', 'command lines cannot sign in at this recorder');
    const key = keyOf(token);
    const known = this.#known(key);
    if (known !== null) return known;
    const claims = await provider.check(token, deviceClientId, MAX_TOKEN_AGE / SECOND);
    // A nonce is what a browser asked for: such a token was never given to a command line.
    if (claims.nonce !== undefined)
      throw new CredentialsRefused('for-a-browser', 'this token is for a browser');
    const principal = personOf(claims, settings);
    this.#refuseWhoLeft(principal.user, claims.iat * SECOND);
    // Another request may have brought it meanwhile.
    const twin = this.#known(key);
    if (twin !== null) return twin;
    const ending = new AbortController();
    const login: Login = {
      how: 'device',
      name: `device-${key.slice(0, 8)}`,
      principal,
      ended: ending.signal,
    };
    const expires = Math.min(claims.exp * SECOND, claims.iat * SECOND + MAX_TOKEN_AGE);
    if (this.#entries.size >= MOST) this.#end(this.#entries.keys().next().value!);
    this.#entries.set(key, { login, ending, expires });
    return login;
  }

  close(token: string): Login | null {
    const entry = this.#entries.get(keyOf(token));
    if (entry === undefined || entry.ending.signal.aborted) return null;
    entry.ending.abort();
    return entry.login;
  }

  of(user: string): string[] {
    const logins = [...this.#entries.values()].map(({ login }) => login);
    const theirs = logins.filter(({ principal, ended }) => principal.user === user && !ended.aborted);
    return theirs.map(({ name }) => name);
  }

  closeAll(user: string): string[] {
    this.#options.left.note(user);
    const theirs = [...this.#entries].filter(([, { login }]) => login.principal.user === user);
    for (const [key] of theirs) this.#end(key);
    return theirs.map(([, { login }]) => login.name);
  }

  sweep(): void {
    const now = this.#options.now();
    for (const [key, { expires }] of this.#entries) if (expires <= now) this.#end(key);
    this.#options.left.sweep();
  }

  /** @throws CredentialsRefused where it was logged out */
  #known(key: string): Login | null {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires <= this.#options.now()) return null;
    if (!entry.ending.signal.aborted) return entry.login;
    throw new CredentialsRefused('logged-out', 'this login was ended: log in again');
  }

  #refuseWhoLeft(user: string, issued: Micros): void {
    if (!this.#options.left.refuses(user, issued)) return;
    throw new CredentialsRefused('ended', 'this login was ended by an admin: log in again', { user });
  }

  #end(key: string): void {
    this.#entries.get(key)?.ending.abort();
    this.#entries.delete(key);
  }
}
