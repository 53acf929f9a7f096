/** Decisions that two hooks share: Cursor asks about one command twice, and it is one decision. */
import type { Micros } from '../../recorder/audit/units.ts';
import type { Verdict } from '../action.ts';

interface Entry {
  event: string;
  verdict: Promise<Verdict>;
  decidedAt?: Micros;
}

const MOST = 4096;
/** The second hook of a thing follows its first at once. */
const HOLDS: Micros = 60_000_000;

export class Joined {
  readonly #now: () => Micros;
  readonly #open = new Map<string, Entry>();

  constructor(now: () => Micros) {
    this.#now = now;
  }

  /**
   * What the other hook of the same thing was told, once; else what `judge` says.
   * @param key names the thing within its generation
   */
  async verdict(key: string, event: string, judge: () => Promise<Verdict>): Promise<Verdict> {
    const other = this.#open.get(key);
    this.#open.delete(key);
    if (other !== undefined && other.event !== event && this.#holds(other)) return other.verdict;
    const entry: Entry = { event, verdict: judge() };
    this.#open.set(key, entry);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST && oldest !== undefined) this.#open.delete(oldest);
    try {
      return await entry.verdict;
    } catch (error) {
      if (this.#open.get(key) === entry) this.#open.delete(key);
      throw error;
    } finally {
      entry.decidedAt = this.#now();
    }
  }

  #holds({ decidedAt }: Entry): boolean {
    return decidedAt === undefined || this.#now() - decidedAt < HOLDS;
  }
}
