/** Rings for each request when it changes by itself: nobody decided in time, or what was decided holds no longer. */
import type { Micros } from '../audit/units.ts';
import { changesAt, isOver } from './approval.ts';
import type { Entry } from './entry.ts';

export interface AlarmsOptions {
  now(): Micros;
  /** Its time has come. Where that cannot be stored, it rings again. */
  due(entry: Entry): Promise<void>;
  /** Nothing that is asked for can have to do with it any more. */
  over(entry: Entry): void;
}

const MILLISECOND: Micros = 1000;
/** Node's timers know no longer delay. */
const LONGEST_DELAY = 2 ** 31 - 1;
const RETRY_MS = 1000;

export class Alarms {
  readonly #options: AlarmsOptions;
  #closed = false;

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  /** To be called whenever it has changed. */
  arm(entry: Entry): void {
    clearTimeout(entry.timer);
    if (this.#closed) return;
    const { now, over } = this.#options;
    if (isOver(entry.approval, now())) {
      over(entry);
      return;
    }
    const left = (changesAt(entry.approval) - now()) / MILLISECOND;
    const delay = Math.min(Math.max(0, Math.ceil(left)), LONGEST_DELAY);
    entry.timer = setTimeout(() => this.#ring(entry), delay);
    // Nobody waits for what is over to be forgotten.
    if (entry.approval.settled !== null) entry.timer.unref();
  }

  /** Rings no more. */
  close(): void {
    this.#closed = true;
  }

  #ring(entry: Entry): void {
    const { now, due, over } = this.#options;
    if (isOver(entry.approval, now())) over(entry);
    // A store that is full may take it later; until then nobody gets a yes.
    else due(entry).catch(() => this.#again(entry));
  }

  #again(entry: Entry): void {
    if (!this.#closed) entry.timer = setTimeout(() => this.#ring(entry), RETRY_MS).unref();
  }
}
