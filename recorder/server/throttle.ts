/** A token bucket for failed logins. Secrets here are too long to guess; this bounds noise and log, not luck. */
import type { Micros } from '../audit/event.ts';

export interface ThrottleOptions {
  /** Failures that may come at once. */
  burst: number;
  /** Microseconds until one more is allowed. */
  refill: Micros;
  now(): Micros;
}

export class Throttle {
  readonly #options: ThrottleOptions;
  #level: number;
  #at: Micros;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    this.#level = options.burst;
    this.#at = options.now();
  }

  /** Whether another attempt may be looked at. */
  get open(): boolean {
    this.#fill();
    return this.#level >= 1;
  }

  /** Seconds until `open` is true again. */
  get retryAfter(): number {
    this.#fill();
    return Math.ceil((Math.max(0, 1 - this.#level) * this.#options.refill) / 1e6);
  }

  fail(): void {
    this.#fill();
    this.#level = Math.max(0, this.#level - 1);
  }

  #fill(): void {
    const now = this.#options.now();
    const gained = Math.max(0, now - this.#at) / this.#options.refill;
    this.#level = Math.min(this.#options.burst, this.#level + gained);
    this.#at = now;
  }
}
