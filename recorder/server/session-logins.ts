/**
 * Logins of running sessions: what runs in a guarded shell may take back what that very session asked, and nothing else.
 * The token is the session's id under a key of this recorder, so that nothing has to be kept, and a restart ends none.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Archive } from '../log/ports.ts';
import { CredentialsRefused } from './credentials.ts';
import type { Login } from './principal.ts';

export interface SessionLoginsOptions {
  /** A secret of this recorder, the same after a restart. */
  key: Uint8Array;
  archive: Pick<Archive, 'session'>;
}

const TOKEN = /^session-([0-9A-HJKMNP-TV-Z]{26})-([\w-]{43})$/;
/** Sessions that are known at once; the others are looked up again. */
const MOST = 10_000;
/** It ends with its session, which is looked at with each request. */
const NEVER = new AbortController().signal;

export class SessionLogins {
  readonly #options: SessionLoginsOptions;
  /** The oldest first. */
  readonly #logins = new Map<SessionId, Login>();

  constructor(options: SessionLoginsOptions) {
    this.#options = options;
  }

  static isOne(token: string): boolean {
    return TOKEN.test(token);
  }

  /** The token of a session. */
  issue(session: SessionId): string {
    return `session-${session}-${this.#mac(session)}`;
  }

  /** @throws CredentialsRefused where it is none of ours, or its session is over */
  async find(token: string): Promise<Login> {
    const [, session = SYSTEM, mac = ''] = TOKEN.exec(token) ?? [];
    const expected = this.#mac(session);
    if (mac.length !== expected.length || !timingSafeEqual(Buffer.from(mac), Buffer.from(expected)))
      throw new CredentialsRefused('unknown-token', 'this is not a token of ours');
    const { identity, state } = await this.#options.archive.session(session).catch((error: unknown) => {
      if (error instanceof ChaperoneError && error.code === 'SESSION_UNKNOWN') throw over();
      throw error;
    });
    if (state !== 'live') throw over(identity.user);
    return this.#logins.get(session) ?? this.#open(session, identity.user);
  }

  #open(session: SessionId, user: string): Login {
    const principal = { user, groups: [], roles: [] };
    const login: Login = { how: 'session', name: `session-${session}`, principal, ended: NEVER, session };
    this.#logins.set(session, login);
    if (this.#logins.size > MOST) this.#logins.delete(this.#logins.keys().next().value!);
    return login;
  }

  #mac(session: SessionId): string {
    return createHmac('sha256', this.#options.key).update(session).digest('base64url');
  }
}

function over(user?: string): CredentialsRefused {
  return new CredentialsRefused('session-over', 'this session is over', user === undefined ? {} : { user });
}
