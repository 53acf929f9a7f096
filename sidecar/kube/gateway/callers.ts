/** Those who come in: each with a session of their own in the log, and a share of what there is. */
import type { Micros } from '../../../recorder/audit/units.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Left } from '../../../recorder/offboard/left.ts';
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
  /** Sees to it that this part of a token is masked wherever it turns up, until it is told that this is over. */
  pin(part: string): () => void;
  limits: Limits;
  /** Who left: tokens from before that open nothing. */
  left: Left;
  clock: Clock;
  report(error: unknown): void;
}

const MINUTE: Micros = 60_000_000;

export const CALLERS = {
  /** A session in which nothing was asked for so long ends. */
  idle: 15 * MINUTE,
  /** Sessions at once. */
  most: 2000,
  /** The latest tokens that are masked, of all callers, by so many characters at their end: each more costs time. */
  pins: 64,
  pinned: 64,
} as const;

interface Entry {
  caller: Caller;
  session: Pick<ApiSession, 'bearer' | 'end'>;
  bucket: Bucket;
  last: Micros;
}

export class Callers implements Door {
  readonly #options: CallersOptions;
  /** By who they are and as whom they go on: what a token changes in that begins another session. */
  readonly #entries = new Map<string, Entry>();
  /** By the end of the token, the oldest first. */
  readonly #pins = new Map<string, () => void>();
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
    this.#refuseShut(caller);
    const entry = this.#entryOf(caller);
    this.#pin(token);
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

  /** The session of a caller is ended from outside: the tokens that they have by now open nothing any more. */
  shut({ identity }: Caller): void {
    this.#options.left.note(identity.user);
    for (const [key, { caller }] of this.#entries)
      if (caller.identity.user === identity.user) void this.#end(key, 'ended');
  }

  /** Ends what nobody uses any more; to be called now and then. */
  sweep(): void {
    const now = this.#options.clock.now();
    const before = now - CALLERS.idle;
    this.#options.left.sweep();
    for (const [key, { last, session }] of this.#entries)
      if (last < before && session.bearer.running === 0) void this.#end(key, 'nothing was asked for a while');
  }

  /** Resolves when all sessions have ended. */
  async close(reason: string): Promise<void> {
    this.#closed = true;
    await this.end(() => true, reason);
    await Promise.all(this.#ending);
    for (const release of this.#pins.values()) release();
    this.#pins.clear();
  }

  /** @throws ChaperoneError `UNAUTHENTICATED` */
  #refuseShut({ identity, issued }: Caller): void {
    if (this.#options.left.refuses(identity.user, issued))
      throw new ChaperoneError('UNAUTHENTICATED', 'your session was ended: log in again');
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

  #pin(token: string): void {
    const part = token.slice(-CALLERS.pinned);
    if (this.#pins.has(part)) return;
    this.#pins.set(part, this.#options.pin(part));
    for (const [former, release] of this.#pins) {
      if (this.#pins.size <= CALLERS.pins) return;
      this.#pins.delete(former);
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

  async #finish({ session }: Entry, reason: string): Promise<void> {
    await session.bearer.revoke(reason);
    await session.end();
  }
}
