/**
 * How much time may go into compressing well: a share of the clock, so that a quiet terminal is kept in little space
 * and a flood is kept up with.
 */
const SHARE = 0.06;
const BURST_MS = 100;
/** What ends a flood. */
const PAUSE_MS = 25;

export class Effort {
  #left = BURST_MS;
  #at = performance.now();

  /** Runs `work` and counts its time, if there is time for it; otherwise null. */
  afford<T>(work: () => T): T | null {
    if (this.spent) return null;
    const result = work();
    this.#left -= performance.now() - this.#at;
    return result;
  }

  /** Whether there is no time left. */
  get spent(): boolean {
    const now = performance.now();
    this.#left = Math.min(BURST_MS, this.#left + (now - this.#at) * SHARE);
    this.#at = now;
    return this.#left <= 0;
  }

  /** A flood is dealt with elsewhere: no time is left until it pauses. */
  hold(): void {
    this.#left = -PAUSE_MS * SHARE;
    this.#at = performance.now();
  }
}
