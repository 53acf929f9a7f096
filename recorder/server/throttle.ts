/**
 * Token buckets, and the one for failed logins. Our secrets are too long to be guessed, so a right one always passes: who
 * makes noise must not shut others out. What is bounded is what the noise may cost.
 */
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';

export interface BucketOptions {
  /** What may come at once. */
  burst: number;
  /** Microseconds until one more is allowed. */
  refill: Micros;
  now(): Micros;
}

/** Answered with status 429 (RFC 6585) and Retry-After. */
export class TooManyLogins extends ChaperoneError {
  /** Seconds. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super('UNAUTHENTICATED', `too many failed logins: try again in ${retryAfter} s`);
    this.retryAfter = retryAfter;
  }
}

/** A token bucket: `burst` at once, and one more each `refill`. */
export class Bucket {
  readonly #options: BucketOptions;
  #level: number;
  #at: Micros;

  constructor(options: BucketOptions) {
    this.#options = options;
    this.#level = options.burst;
    this.#at = options.now();
  }

  /** Takes one: 0, or the microseconds until there is one again where there is none. */
  take(): Micros {
    const { burst, refill, now } = this.#options;
    const at = now();
    this.#level = Math.min(burst, this.#level + Math.max(0, at - this.#at) / refill);
    this.#at = at;
    if (this.#level < 1) return (1 - this.#level) * refill;
    this.#level -= 1;
    return 0;
  }
}

export class Throttle {
  readonly #bucket: Bucket;

  constructor(options: BucketOptions) {
    this.#bucket = new Bucket(options);
  }

  /** Counts one failure. @throws TooManyLogins if there were too many of late */
  fail(): void {
    const wait = this.#bucket.take();
    if (wait > 0) throw new TooManyLogins(Math.max(1, Math.ceil(wait / 1e6)));
  }
}
