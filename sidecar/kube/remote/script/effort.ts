/**
 * What may be spent on text that is looked at again and again, as one that ends nowhere is at each new line: who has
 * spent it waits, and so does the client that sends such text.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Characters that may be looked at without a wait. */
const AT_ONCE = 16 << 20;
/** Characters a millisecond: a fraction of what the parser can do. */
const RATE = 4096;

export class Effort {
  #left = AT_ONCE;
  #at = performance.now();

  async spend(characters: number): Promise<void> {
    const now = performance.now();
    this.#left = Math.min(AT_ONCE, this.#left + (now - this.#at) * RATE) - characters;
    this.#at = now;
    if (this.#left < 0) await delay(-this.#left / RATE);
  }
}
