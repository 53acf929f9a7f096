/**
 * When the echo of what was typed is on the screen: it has to come from the container and back, and nothing says that it
 * is complete. So it is waited for until the text that was typed last stands in front of the cursor and the screen is at
 * rest, but not for ever.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** A screen is at rest on which nothing happened for so long. */
const REST_MS = 40;
/** Keys that are no text may show nothing. */
const SILENT_MS = 250;
/** Text that is not shown by then is not meant to be. */
const LONGEST_MS = 1000;

export class Echo {
  #typedAt = Number.NEGATIVE_INFINITY;
  #shownAt = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | null = null;

  typed(): void {
    this.#typedAt = performance.now();
  }

  shown(): void {
    this.#shownAt = performance.now();
    this.#wake?.();
  }

  /** Whether anything was shown since something was typed. */
  get answered(): boolean {
    return this.#shownAt > this.#typedAt;
  }

  /** Resolves when nothing was shown for a moment, or after a while. */
  async rest(): Promise<void> {
    await this.#until(() => this.#restLeft());
  }

  /** The same, and what was typed last is shown. @param there whether it is; null where that cannot be said */
  async settled(there: (() => boolean) | null): Promise<void> {
    await this.#until(() => {
      if (there !== null && !there()) return LONGEST_MS;
      if (there === null && !this.answered) return Math.max(0, this.#typedAt + SILENT_MS - performance.now());
      return this.#restLeft();
    });
  }

  #restLeft(): number {
    return Math.max(0, Math.max(this.#typedAt, this.#shownAt) + REST_MS - performance.now());
  }

  /** @param left milliseconds that are still to wait, if nothing is shown meanwhile */
  async #until(left: () => number): Promise<void> {
    const deadline = performance.now() + LONGEST_MS;
    for (;;) {
      const wait = Math.min(left(), deadline - performance.now());
      if (wait <= 0) return;
      const stop = new AbortController();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        delay(wait + 1, undefined, { signal: stop.signal }).then(resolve, () => undefined);
      });
      this.#wake = null;
      stop.abort();
    }
  }
}
