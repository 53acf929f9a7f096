/** A screen, and how much of a tape it shows. */
import type { TerminalSize } from '../../recorder/audit/session.ts';
import type { Tape } from './tape.ts';

/** Where a reel draws. */
export interface Screen {
  /** A new, empty terminal. */
  reset(size: TerminalSize): void;
  resize(size: TerminalSize): void;
  output(text: string): void;
  /** Whether time passes: the cursor blinks only then. */
  running(on: boolean): void;
  /** Whether it is the one that is seen. */
  show(on: boolean): void;
}

/** Output handed to the terminal in one call, in characters. */
const BLOCK = 64 * 1024;

export class Reel {
  readonly screen: Screen;
  readonly #tape: Tape;
  #applied = 0;

  constructor(tape: Tape, screen: Screen) {
    this.screen = screen;
    this.#tape = tape;
    this.rewind();
  }

  /** How many events of the tape the screen shows. */
  get applied(): number {
    return this.#applied;
  }

  rewind(): void {
    this.#applied = 0;
    this.screen.reset(this.#tape.size);
  }

  /** Brings the screen up to the first `count` events, or as far as `slice` characters go. */
  advance(count: number, slice: number): void {
    let block = '';
    let spent = 0;
    while (this.#applied < count && spent < slice) {
      const item = this.#tape.item(this.#applied++)!;
      if (typeof item === 'string') {
        block += item;
        spent += item.length;
        if (block.length < BLOCK) continue;
      }
      if (block !== '') this.screen.output(block);
      block = '';
      if (typeof item !== 'string') this.screen.resize(item);
    }
    if (block !== '') this.screen.output(block);
  }
}
