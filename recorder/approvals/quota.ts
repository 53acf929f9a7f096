/** How much waits, in all and of each asker. */
import { ChaperoneError } from '../errors.ts';

export const QUOTA = {
  waiting: 10_000,
  /** An agent that asks in a loop must not bury what others ask. */
  ofOne: 100,
} as const;

export class Quota {
  readonly #ofEach = new Map<string, number>();
  #all = 0;

  /** @throws ChaperoneError `BUSY` where there is no room for one more */
  take(asker: string): void {
    if (this.#all >= QUOTA.waiting || (this.#ofEach.get(asker) ?? 0) >= QUOTA.ofOne)
      throw new ChaperoneError('BUSY', 'too many requests wait for a human already');
    this.add(asker, 1);
  }

  /** Whatever the limits say: for what is there. */
  add(asker: string, change: 1 | -1): void {
    this.#all += change;
    const left = (this.#ofEach.get(asker) ?? 0) + change;
    if (left === 0) this.#ofEach.delete(asker);
    else this.#ofEach.set(asker, left);
  }
}
