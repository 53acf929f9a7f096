/** The screens of a tape: the one that is seen, and spares that wait out of sight, so that no jump starts from nothing. */
import { Reel, type Screen } from './reel.ts';
import type { Tape } from './tape.ts';

/** Output drawn at once on a screen that nobody waits for, in characters. */
const IDLE_SLICE = 512 * 1024;

export class Reels {
  readonly #tape: Tape;
  readonly #spares: Reel[] = [];
  #seen: Reel;

  constructor(tape: Tape, screen: Screen) {
    this.#tape = tape;
    this.#seen = new Reel(tape, screen);
    screen.show(true);
  }

  /** The one that is seen. */
  get seen(): Reel {
    return this.#seen;
  }

  /** Another screen, to wait at a place of its own. */
  addSpare(screen: Screen): void {
    screen.show(false);
    this.#spares.push(new Reel(this.#tape, screen));
  }

  /** Moves the spare screens a little on their way; false when each is where it waits. */
  prepare(): boolean {
    for (const [index, spare] of this.#spares.entries()) {
      const home = this.#tape.countAtShare((index + 1) / (this.#spares.length + 1));
      if (spare.applied === home) continue;
      if (spare.applied > home) spare.rewind();
      spare.advance(home, IDLE_SLICE);
      return true;
    }
    return false;
  }

  /** Shows the screen that is nearest before the first `count` events; `running` as before. */
  choose(count: number, running: boolean): void {
    const reach = ({ applied }: Reel) => (applied <= count ? applied : -1);
    const best = this.#spares.reduce(
      (nearest, spare) => (reach(spare) > reach(nearest) ? spare : nearest),
      this.#seen,
    );
    if (best !== this.#seen) this.#swap(best, running);
    if (this.#seen.applied > count) this.#seen.rewind();
  }

  #swap(spare: Reel, running: boolean): void {
    const former = this.#seen;
    this.#spares[this.#spares.indexOf(spare)] = former;
    this.#seen = spare;
    former.screen.running(false);
    spare.screen.running(running);
    spare.screen.show(true);
    former.screen.show(false);
  }
}
