/**
 * What may come too often to be recorded each time, by who it comes from: a token bucket for each, and a count of what
 * was left out. One who makes noise does not hide another.
 */
import { Bucket, type BucketOptions } from './throttle.ts';

const MAX_SOURCES = 1024;

export class Noise {
  readonly #options: BucketOptions;
  /** The one heard of longest ago leaves first. */
  readonly #sources = new Map<string, { bucket: Bucket; omitted: number }>();

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** How many were left out before this one; null where it is to be left out as well. */
  take(source: string): number | null {
    const known = this.#sources.get(source) ?? { bucket: new Bucket(this.#options), omitted: 0 };
    this.#sources.delete(source);
    this.#sources.set(source, known);
    if (this.#sources.size > MAX_SOURCES) this.#sources.delete(this.#sources.keys().next().value!);
    if (known.bucket.take() > 0) {
      known.omitted += 1;
      return null;
    }
    const { omitted } = known;
    known.omitted = 0;
    return omitted;
  }
}
