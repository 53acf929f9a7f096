/**
 * The keys of one issuer: kept for a while, fetched again when they are old or a token names one that is not among
 * them, and never so often that somebody who makes up key ids could have us flood the issuer.
 */
import { type CryptoKey, createLocalJWKSet, errors, type JWK, type JWSHeaderParameters } from 'jose';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';

export interface KeysOptions {
  /** A JSON Web Key Set, as it is published: https://www.rfc-editor.org/rfc/rfc7517#section-5 */
  load(): Promise<unknown>;
  clock: { now(): Micros };
}

const SECOND: Micros = 1_000_000;

export const KEY_TIMES = {
  /** So old they are fetched again before they are used, */
  fresh: 600 * SECOND,
  /** and where that fails they are used until they are this old: a withdrawn key must not live on. */
  usable: 3600 * SECOND,
  /** Between two fetches, whatever tokens say and whether or not they succeed. */
  rest: 10 * SECOND,
} as const;

const MAX_KEYS = 100;
/** Others verify nothing: a symmetric one is no public key at all. */
const KINDS = new Set(['RSA', 'EC', 'OKP']);

type Find = ReturnType<typeof createLocalJWKSet>;

interface Held {
  find: Find;
  at: Micros;
}

export class IssuerKeys {
  readonly #options: KeysOptions;
  #held: Held | null = null;
  #asked: Micros = Number.NEGATIVE_INFINITY;
  #failure: unknown = null;
  #loading: Promise<void> | null = null;

  constructor(options: KeysOptions) {
    this.#options = options;
  }

  /** True while the keys at hand may be used. */
  get ready(): boolean {
    return this.#age() < KEY_TIMES.usable;
  }

  /** Fetches the keys now, if they are not fresh. @throws ChaperoneError `ISSUER_GONE` where there are none to use */
  async refresh(): Promise<void> {
    if (this.#age() >= KEY_TIMES.fresh) await this.#load();
    if (!this.ready) throw this.#gone();
  }

  /**
   * The key that a token's header names.
   * @throws ChaperoneError `ISSUER_GONE`, and the JOSEError of a header that names none, or several
   */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    await this.refresh();
    try {
      return await this.#held!.find(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const before = this.#held;
      await this.#load();
      if (this.#held === before) throw error;
      return this.#held!.find(header);
    }
  }

  /** Never throws: what could not be fetched is told by what is at hand. */
  async #load(): Promise<void> {
    const now = this.#options.clock.now();
    if (this.#loading === null && now >= this.#asked && now < this.#asked + KEY_TIMES.rest) return;
    this.#loading ??= this.#fetch(now).finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  async #fetch(now: Micros): Promise<void> {
    this.#asked = now;
    try {
      const keys = usable(await this.#options.load());
      this.#held = { find: createLocalJWKSet({ keys }), at: now };
      this.#failure = null;
    } catch (error) {
      this.#failure = error;
    }
  }

  /** A clock that was set back makes them old, not young. */
  #age(): Micros {
    if (this.#held === null) return Number.POSITIVE_INFINITY;
    const age = this.#options.clock.now() - this.#held.at;
    return age < -KEY_TIMES.rest ? Number.POSITIVE_INFINITY : age;
  }

  #gone(): ChaperoneError {
    if (this.#failure instanceof ChaperoneError) return this.#failure;
    return new ChaperoneError('ISSUER_GONE', 'the keys of the issuer cannot be fetched', {
      cause: this.#failure,
    });
  }
}

/** Public keys for signatures. @throws ChaperoneError `ISSUER_GONE` where there is none */
function usable(published: unknown): JWK[] {
  const { keys } = (published ?? {}) as { keys?: unknown };
  const all: unknown[] = Array.isArray(keys) ? keys.slice(0, MAX_KEYS) : [];
  const fit = all.filter((key): key is JWK => {
    const { kty, use = 'sig', d } = (key ?? {}) as JWK;
    return KINDS.has(kty ?? '') && use === 'sig' && d === undefined;
  });
  if (fit.length === 0) throw new ChaperoneError('ISSUER_GONE', 'the issuer publishes no key for signatures');
  return fit;
}
