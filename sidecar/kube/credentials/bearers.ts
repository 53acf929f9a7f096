/** Who may use the proxy: bearer tokens, each of which stands for one recorded session. */
import { hash } from 'node:crypto';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { SessionId } from '../../../recorder/audit/units.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Persona } from '../upstream/impersonation.ts';

/** Whose requests they are, and where they are recorded. */
export interface Principal {
  session: SessionId;
  identity: Identity;
  /** As whom they go on; as our own credential's owner where it is left out. */
  as?: Persona;
}

/** Something under way for a bearer. */
export interface Running {
  /** Ends it early; resolves when the evidence of its end is stored, or cannot be. */
  cut(reason: string): Promise<void>;
}

/** Finds whose a request is. */
export interface Door {
  /**
   * Whose `Authorization` header this is; null where it is nobody's.
   * @param from address of the client
   * @throws ChaperoneError where they may not come in, or not now
   */
  find(authorization: string | undefined, from: string): Bearer | null | Promise<Bearer | null>;
}

/** One bearer token's holder. */
export class Bearer {
  readonly #begin: () => Promise<Principal>;
  readonly #running = new Set<Running>();
  #principal: Promise<Principal> | null = null;
  #revoked = false;

  /** @param begin makes sure that the session has begun; asked again only where it failed */
  constructor(begin: () => Promise<Principal>) {
    this.#begin = begin;
  }

  /** What is under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Whether anything was ever asked with this token. */
  get used(): boolean {
    return this.#principal !== null;
  }

  principal(): Promise<Principal> {
    if (this.#principal === null) {
      this.#principal = this.#begin();
      this.#principal.catch(() => {
        this.#principal = null;
      });
    }
    return this.#principal;
  }

  /** @throws ChaperoneError `UNAUTHENTICATED` once it is revoked */
  enter(running: Running): void {
    if (this.#revoked) throw new ChaperoneError('UNAUTHENTICATED', 'the session of this token is over');
    this.#running.add(running);
  }

  leave(running: Running): void {
    this.#running.delete(running);
  }

  /** Ends what is under way, so that its session can end after it. */
  async revoke(reason: string): Promise<void> {
    this.#revoked = true;
    await Promise.allSettled([...this.#running].map((one) => one.cut(reason)));
  }
}

export class Bearers implements Door {
  /** By the SHA-256 of the token: how long a look-up takes tells nothing that leads to one. */
  readonly #bearers = new Map<string, Bearer>();

  grant(token: string, bearer: Bearer): void {
    this.#bearers.set(digestOf(token), bearer);
  }

  /** From now on the token is worth nothing; resolves when what was under way with it is over. */
  async revoke(token: string, reason: string): Promise<void> {
    const digest = digestOf(token);
    const bearer = this.#bearers.get(digest);
    this.#bearers.delete(digest);
    await bearer?.revoke(reason);
  }

  /** Revokes all. */
  async close(reason: string): Promise<void> {
    const bearers = [...this.#bearers.values()];
    this.#bearers.clear();
    await Promise.all(bearers.map((bearer) => bearer.revoke(reason)));
  }

  /** Whose `Authorization` header this is; null where it is nobody's. */
  find(authorization: string | undefined): Bearer | null {
    const token = bearerToken(authorization);
    return token === null ? null : (this.#bearers.get(digestOf(token)) ?? null);
  }
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
