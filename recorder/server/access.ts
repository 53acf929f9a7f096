/** Who looked is evidence too, and law one holds for it: recorded before anything is shown. */
import { type DraftBody, type Micros, type SessionId, SYSTEM } from '../audit/event.ts';
import type { Journal } from '../log/ports.ts';
import type { Login } from './login.ts';

export type Viewed = 'replay' | 'live' | 'export';

/** Looking again within this time is the same look: a page fetches a session in several requests. */
const SAME_LOOK: Micros = 10 * 60 * 1_000_000;
const MAX_REMEMBERED = 4096;

export class AccessRecord {
  readonly #journal: Journal;
  readonly #now: () => Micros;
  /** The last record of each look; the oldest leave first. */
  readonly #looks = new Map<string, { at: Micros; recorded: Promise<void> }>();

  constructor(journal: Journal, now: () => Micros) {
    this.#journal = journal;
    this.#now = now;
  }

  /** @throws ChaperoneError of `Journal.append`: then the login must not happen. */
  async login(how: Login['how'], from: string): Promise<void> {
    await this.#append({ type: 'access.login', how, from });
  }

  /** @throws ChaperoneError of `Journal.append`: then nothing may be shown. */
  async viewed(session: SessionId, what: Viewed, login: Login): Promise<void> {
    const body: DraftBody = { type: 'access.viewed', session, what, by: login.name };
    // Every export leaves the house for itself.
    if (what === 'export') return this.#append(body);
    const key = `${login.name} ${what} ${session}`;
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

  #remember(key: string, recorded: Promise<void>): void {
    this.#looks.delete(key);
    this.#looks.set(key, { at: this.#now(), recorded });
    if (this.#looks.size > MAX_REMEMBERED) this.#looks.delete(this.#looks.keys().next().value!);
  }

  async #append(body: DraftBody): Promise<void> {
    await this.#journal.append(SYSTEM, [{ at: this.#now(), body }]);
  }
}
