/**
 * When the echo of what was typed is on the screen: it has to come from the container and back, and nothing says that it
 * is complete. So it is waited for until the text that was typed last stands in front of the cursor and the screen is at
 * rest, but not for ever. How long a rest has to be depends on the link: what it took lately is what it may take again.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** A screen is at rest on which nothing happened for so long, or for half of what an echo took lately. */
const REST_MS = 40;
/** Keys that are no text may show nothing: that is believed after so long, or after three times of what an echo took. */
const SILENT_MS = 250;
/** So many echoes are remembered, */
const REMEMBERED = 16;
/** and none counts for longer: text that is not shown by then is not meant to be. */
const LONGEST_MS = 1000;

export class Echo {
  #typedAt = Number.NEGATIVE_INFINITY;
  #shownAt = Number.NEGATIVE_INFINITY;
  /** When the text was typed whose echo is not there yet. */
  #awaitedSince: number | null = null;
  /** Milliseconds that the last echoes took. */
  readonly #took: number[] = [];
  #wake: (() => void) | null = null;

  /** @param echoes whether it is text, which is shown as soon as it arrives: what Enter starts takes its own time */
  typed(echoes: boolean): void {
    this.#typedAt = performance.now();
    this.#awaitedSince = echoes ? (this.#awaitedSince ?? this.#typedAt) : null;
  }

  shown(): void {
    this.#shownAt = performance.now();
    if (this.#awaitedSince !== null) {
      this.#took.push(Math.min(this.#shownAt - this.#awaitedSince, LONGEST_MS));
      if (this.#took.length > REMEMBERED) this.#took.shift();
      this.#awaitedSince = null;
    }
    this.#wake?.();
  }

  /** The slowest echo of late, in milliseconds; 0 where none is known. */
  get #slowest(): number {
    return Math.max(0, ...this.#took);
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
      if (there === null && !this.answered) return this.#silenceLeft();
      return this.#restLeft();
    });
  }

  #restLeft(): number {
    const rest = Math.max(REST_MS, this.#slowest / 2);
    return Math.max(0, Math.max(this.#typedAt, this.#shownAt) + rest - performance.now());
  }

  #silenceLeft(): number {
    const silence = Math.max(SILENT_MS, this.#slowest * 3);
    return Math.max(0, this.#typedAt + silence - performance.now());
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
