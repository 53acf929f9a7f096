/** Who looked is evidence too, and law one holds for it: recorded before anything is shown. */
import type { Look } from '../audit/access.ts';
import type { BodyOf, DraftBody } from '../audit/event.ts';
import { type Micros, type SessionId, SYSTEM } from '../audit/units.ts';
import type { Journal } from '../log/ports.ts';
import type { CredentialsRefused } from './credentials.ts';
import { Noise } from './noise.ts';
import type { Login } from './principal.ts';

/** Looking again within this time is the same look: a page fetches a session in several requests. */
const SAME_LOOK: Micros = 10 * 60 * 1_000_000;
const MAX_REMEMBERED = 4096;

export type Refusal = Omit<BodyOf<'access.refused'>, 'type' | 'login' | 'omitted'>;
/** In the place of a login's name, which has a hyphen or is a word. */
const NOBODY = '';

export class AccessRecord {
  readonly #journal: Journal;
  readonly #now: () => Micros;
  readonly #noise: Noise;
  /** The last record of each look; the oldest leave first. */
  readonly #looks = new Map<string, { at: Micros; recorded: Promise<void> }>();

  constructor(journal: Journal, now: () => Micros) {
    this.#journal = journal;
    this.#now = now;
    this.#noise = new Noise({ burst: 20, refill: 3_000_000, now });
  }

  /** @throws ChaperoneError of `Journal.append`: then the login must not happen. */
  async login({ how, name, principal }: Login, from: string): Promise<void> {
    const { user, subject } = principal;
    const who = { login: name, user, ...(subject !== undefined && { subject }) };
    await this.#append({ type: 'access.login', how, from, ...who });
  }

  /** Resolves once it is recorded or counted, as `refused`. @throws ChaperoneError of `Journal.append` */
  async refusedLogin({ detail, user }: CredentialsRefused, from: string): Promise<void> {
    const who = user === undefined ? {} : { user };
    await this.refused({ from, what: 'login', reason: 'credentials', detail, ...who }, null);
  }

  /** @throws ChaperoneError of `Journal.append`: the login has ended all the same */
  async logout({ name, principal }: Login, reason: 'asked' | 'withdrawn'): Promise<void> {
    await this.#append({ type: 'access.logout', login: name, user: principal.user, reason });
  }

  /** @throws ChaperoneError of `Journal.append`: then nothing may be shown. */
  async viewed(session: SessionId, what: Look, login: Login, about?: string): Promise<void> {
    const { name: by, principal } = login;
    const said = { session, what, ...(about !== undefined && { about }) };
    const body: DraftBody = { type: 'access.viewed', ...said, by, user: principal.user };
    // Every export leaves the house for itself.
    if (what === 'export') return this.#append(body);
    const key = `${login.name} ${what} ${session} ${about ?? ''}`;
    const last = this.#looks.get(key);
    if (last !== undefined && this.#now() - last.at < SAME_LOOK) return last.recorded;
    const recorded = this.#append(body);
    this.#remember(key, recorded);
    try {
      await recorded;
    } catch (error) {
      this.#looks.delete(key);
      throw error;
    }
  }

  /**
   * Resolves once it is recorded that somebody was refused something, or counted where they are refused too much.
   *
   * @throws ChaperoneError of `Journal.append`
   */
  async refused(refusal: Refusal, login: Login | null): Promise<void> {
    const omitted = this.#noise.take(login?.name ?? NOBODY);
    if (omitted === null) return;
    const who = login === null ? {} : { user: login.principal.user, login: login.name };
    await this.#append({
      type: 'access.refused',
      ...refusal,
      ...who,
      ...(omitted > 0 && { omitted }),
    });
  }

  #remember(key: string, recorded: Promise<void>): void {
    this.#looks.delete(key);
    this.#looks.set(key, { at: this.#now(), recorded });
    if (this.#looks.size > MAX_REMEMBERED) this.#looks.delete(this.#looks.keys().next().value!);
  }

  async #append(body: DraftBody): Promise<void> {
    await this.#journal.append(SYSTEM, [{ at: this.#now(), body }]);
  }
}
