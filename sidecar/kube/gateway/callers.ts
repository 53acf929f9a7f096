/** Those who come in: each with a session of their own in the log, and a share of what there is. */
import type { Micros } from '../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Clock } from '../../clock.ts';
import type { ApiSession } from '../api-session.ts';
import { type Bearer, bearerToken, type Door } from '../credentials/bearers.ts';
import { TooMany } from '../too-many.ts';
import { Bucket } from './bucket.ts';
import type { Limits } from './configuration.ts';
import type { Caller } from './mapping.ts';

export interface CallersOptions {
  /** @throws ChaperoneError where nobody is proven who may come in */
  authenticate(token: string): Promise<Caller>;
  begin(caller: Caller): Pick<ApiSession, 'bearer' | 'end'>;
  /** Sees to it that the token is masked wherever it turns up, until it is told that this is over. */
  pin(token: string): () => void;
  limits: Limits;
  clock: Clock;
  report(error: unknown): void;
}

const MINUTE: Micros = 60_000_000;

export const CALLERS = {
  /** A session in which nothing was asked for so long ends. */
  idle: 15 * MINUTE,
  /** Sessions at once. */
  most: 2000,
  /** Tokens of one caller that are remembered for masking. */
  pins: 4,
} as const;

interface Entry {
  caller: Caller;
  session: Pick<ApiSession, 'bearer' | 'end'>;
  bucket: Bucket;
  pins: Map<string, () => void>;
  last: Micros;
}

export class Callers implements Door {
  readonly #options: CallersOptions;
  /** By who they are and as whom they go on: what a token changes in that begins another session. */
  readonly #entries = new Map<string, Entry>();
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Requests under way, of all. */
  get running(): number {
    return [...this.#entries.values()].reduce((sum, { session }) => sum + session.bearer.running, 0);
  }

  /** @throws ChaperoneError `UNAUTHENTICATED`, `FORBIDDEN`, `BUSY`, `ISSUER_GONE`; TooMany */
  async find(authorization: string | undefined): Promise<Bearer> {
    const token = bearerToken(authorization);
    if (token === null)
      throw new ChaperoneError('UNAUTHENTICATED', 'show a token of yours: Authorization: Bearer …');
    const caller = await this.#options.authenticate(token);
    const entry = this.#entryOf(caller);
    this.#pin(entry, token);
    const { bearer } = entry.session;
    const { limits, clock } = this.#options;
    entry.last = clock.now();
    if (bearer.running >= limits.concurrent)
      throw new TooMany(`more than ${limits.concurrent} requests of yours are under way`, 1);
    const wait = entry.bucket.take(entry.last);
    if (wait > 0)
      throw new TooMany(`more than ${limits.requestsPerSecond} requests a second`, Math.ceil(wait));
    return bearer;
  }

  /** Ends the sessions of whom `whose` picks, and what is under way in them. @returns how many */
  async end(whose: (caller: Caller) => boolean, reason: string): Promise<number> {
    const chosen = [...this.#entries].filter(([, { caller }]) => whose(caller));
    await Promise.all(chosen.map(([key]) => this.#end(key, reason)));
    return chosen.length;
  }

  /** Ends what nobody uses any more; to be called now and then. */
  sweep(): void {
    const before = this.#options.clock.now() - CALLERS.idle;
    for (const [key, { last, session }] of this.#entries)
      if (last < before && session.bearer.running === 0) void this.#end(key, 'nothing was asked for a while');
  }

  /** Resolves when all sessions have ended. */
  async close(reason: string): Promise<void> {
    this.#closed = true;
    await this.end(() => true, reason);
    await Promise.all(this.#ending);
  }

  #entryOf(caller: Caller): Entry {
    if (this.#closed) throw new ChaperoneError('BUSY', 'chaperone is stopping');
    const key = JSON.stringify([caller.identity, caller.as]);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    this.#makeRoom();
    const { begin, limits, clock } = this.#options;
    const now = clock.now();
    const entry = {
      caller,
      session: begin(caller),
      bucket: new Bucket(limits, now),
      pins: new Map(),
      last: now,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Who has been silent longest makes room. @throws ChaperoneError `BUSY` where nobody is silent */
  #makeRoom(): void {
    if (this.#entries.size < CALLERS.most) return;
    let oldest: [key: string, last: Micros] | null = null;
    for (const [key, { last, session }] of this.#entries)
      if (session.bearer.running === 0 && (oldest === null || last < oldest[1])) oldest = [key, last];
    if (oldest === null)
      throw new ChaperoneError('BUSY', `more than ${CALLERS.most} callers are served at once`);
    void this.#end(oldest[0], 'room was needed');
  }

  #pin({ pins }: Entry, token: string): void {
    if (pins.has(token)) return;
    pins.set(token, this.#options.pin(token));
    for (const [former, release] of pins) {
      if (pins.size <= CALLERS.pins) return;
      pins.delete(former);
      release();
    }
  }

  #end(key: string, reason: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return Promise.resolve();
    this.#entries.delete(key);
    const ended = this.#finish(entry, reason)
      .catch(this.#options.report)
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    return ended;
  }

  async #finish({ session, pins }: Entry, reason: string): Promise<void> {
    await session.bearer.revoke(reason);
    await session.end();
    for (const release of pins.values()) release();
  }
}
