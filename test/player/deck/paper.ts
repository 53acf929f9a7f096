/** A deck whose screens keep what they were given, and whose frames come when the test says so. */
import { Deck, type Frames } from '../../../player/deck/deck.ts';
import type { Screen } from '../../../player/deck/reel.ts';
import { type Item, Tape } from '../../../player/deck/tape.ts';

export const SIZE = { cols: 80, rows: 24 };

/** What a terminal was given since it was last reset. */
export class Paper implements Screen {
  seen = '';
  resets = 0;
  on = false;
  shown = false;
  show(on: boolean): void {
    this.shown = on;
  }
  reset(): void {
    this.seen = '';
    this.resets++;
  }
  resize({ cols, rows }: { cols: number; rows: number }): void {
    this.seen += `<${cols}x${rows}>`;
  }
  output(text: string): void {
    this.seen += text;
  }
  running(on: boolean): void {
    this.on = on;
  }
}

/** Frames that come when the test says so. */
export class HandFrames implements Frames {
  now = 0;
  #next = 1;
  #waiting = new Map<number, (milliseconds: number) => void>();
  request(callback: (milliseconds: number) => void): number {
    this.#waiting.set(this.#next, callback);
    return this.#next++;
  }
  cancel(id: number): void {
    this.#waiting.delete(id);
  }
  get waiting(): boolean {
    return this.#waiting.size > 0;
  }
  /** `seconds` pass in frames of 20 ms. */
  pass(seconds: number): void {
    for (let frame = 0; frame < Math.round(seconds * 50); frame++) this.#one(20);
  }
  /** Frames until none is wanted, without time passing. */
  settle(): void {
    for (let frame = 0; frame < 1000 && this.waiting; frame++) this.#one(0);
  }
  #one(milliseconds: number): void {
    this.now += milliseconds;
    const callbacks = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const callback of callbacks) callback(this.now);
  }
}

export function shown(tape: Tape, until: number): string {
  let text = '';
  for (let index = 0; index < tape.countUntil(until); index++) {
    const item = tape.item(index)!;
    text += typeof item === 'string' ? item : `<${item.cols}x${item.rows}>`;
  }
  return text;
}

export function tapeOf(
  events: [time: number, item: Item][],
  options: { live?: boolean; open?: boolean } = {},
): Tape {
  const tape = new Tape(SIZE, options);
  for (const [time, item] of events) tape.append(time, item);
  if (!options.open) tape.finish();
  return tape;
}

export function deckOf(tape: Tape) {
  const paper = new Paper();
  const frames = new HandFrames();
  return { deck: new Deck(tape, paper, frames), paper, frames, tape };
}
