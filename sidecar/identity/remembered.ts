/** What was found out about a token, kept for a short time: nobody is asked twice in a row, and nothing is kept for long. */
import { hash } from 'node:crypto';
import type { Micros } from '../../recorder/audit/units.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Clock } from '../clock.ts';

const SECOND: Micros = 1_000_000;

export const REMEMBERED = {
  /** So long a token is still good whose Pod is gone. */
  good: 60 * SECOND,
  /** So long one is refused without asking again. */
  refused: 10 * SECOND,
  entries: 10_000,
  /** Questions under way at once. */
  asking: 32,
} as const;

export interface RememberedOptions<T> {
  clock: Clock;
  ask(token: string): Promise<T>;
  /** When the token runs out by itself. */
  until(token: string): Micros;
}

interface Entry<Found> {
  found: Found;
  from: Micros;
  until: Micros;
}

export class Remembered<T> {
  readonly #options: RememberedOptions<T>;
  /** By SHA-256 of the token, the oldest first; apart, so that made-up tokens do not drive out the good ones. */
  readonly #good = new Map<string, Entry<T>>();
  readonly #refused = new Map<string, Entry<ChaperoneError>>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(options: RememberedOptions<T>) {
    this.#options = options;
  }

  /** @throws what `ask` throws, and ChaperoneError `BUSY` where too much is being asked already */
  async get(token: string): Promise<T> {
    const key = hash('sha256', token, 'base64');
    const good = this.#holding(this.#good, key);
    if (good !== null) return good.found;
    const refused = this.#holding(this.#refused, key);
    if (refused !== null) throw refused.found;
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    if (this.#asking.size >= REMEMBERED.asking)
      throw new ChaperoneError('BUSY', 'too many tokens are being checked: try again in a moment');
    const asked = this.#ask(key, token).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #ask(key: string, token: string): Promise<T> {
    const { ask, until, clock } = this.#options;
    try {
      const found = await ask(token);
      this.#keep(this.#good, key, { found, until: Math.min(until(token), clock.now() + REMEMBERED.good) });
      return found;
    } catch (error) {
      // What could not be found out is asked again.
      if (error instanceof ChaperoneError && error.code === 'UNAUTHENTICATED')
        this.#keep(this.#refused, key, { found: error, until: clock.now() + REMEMBERED.refused });
      throw error;
    }
  }

  #holding<Found>(entries: ReadonlyMap<string, Entry<Found>>, key: string): Entry<Found> | null {
    const now = this.#options.clock.now();
    const entry = entries.get(key);
    return entry !== undefined && now >= entry.from && now < entry.until ? entry : null;
  }

  #keep<Found>(
    entries: Map<string, Entry<Found>>,
    key: string,
    { found, until }: Omit<Entry<Found>, 'from'>,
  ): void {
    entries.delete(key);
    entries.set(key, { found, from: this.#options.clock.now(), until });
    for (const oldest of entries.keys()) {
      if (entries.size <= REMEMBERED.entries) break;
      entries.delete(oldest);
    }
  }
}
