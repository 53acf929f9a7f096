/** A token bucket: so many at once, and then so many a second. Pure but for its own level. */
import type { Micros } from '../../../recorder/audit/units.ts';

export class Bucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #level: number;
  #at: Micros;

  constructor({ burst, requestsPerSecond }: { burst: number; requestsPerSecond: number }, now: Micros) {
    this.#burst = burst;
    this.#perSecond = requestsPerSecond;
    this.#level = burst;
    this.#at = now;
  }

  /** Takes one; or answers after how many seconds there is one again. */
  take(now: Micros): number {
    const passed = Math.max(0, now - this.#at) / 1e6;
    this.#level = Math.min(this.#burst, this.#level + passed * this.#perSecond);
    this.#at = now;
    if (this.#level < 1) return (1 - this.#level) / this.#perSecond;
    this.#level -= 1;
    return 0;
  }
}
