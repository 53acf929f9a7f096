/**
 * How much time may go into compressing well: a share of the clock, so that a quiet terminal is kept in little space
 * and a flood is kept up with.
 */
const SHARE = 0.06;
const BURST_MS = 100;

export class Effort {
  #left = BURST_MS;
  #at = performance.now();

  /** Runs `work` and counts its time, if there is time for it; otherwise null. */
  afford<T>(work: () => T): T | null {
    const now = performance.now();
    this.#left = Math.min(BURST_MS, this.#left + (now - this.#at) * SHARE);
    this.#at = now;
    if (this.#left <= 0) return null;
    const result = work();
    this.#left -= performance.now() - now;
    return result;
  }
}
