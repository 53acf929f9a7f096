/** What happened on a terminal, in order, as far as it is known: filled by a recording or by a live stream. */
import type { TerminalSize } from '../../recorder/audit/session.ts';
import { countWhile } from '../ordered.ts';

/** Output as text, or a new size. */
export type Item = string | TerminalSize;

/** More than any monitor has room for, and little enough to allocate: a cell is 192 pixels of canvas. */
const LARGEST: TerminalSize = { cols: 640, rows: 240 };

/**
 * A size that a screen can have. The session says what it likes, and the screen allocates every cell of it.
 * 0 is what a terminal without a size says.
 */
export function screenSize(cols: unknown, rows: unknown): TerminalSize {
  return { cols: cells(cols, LARGEST.cols, 80), rows: cells(rows, LARGEST.rows, 24) };
}

function cells(value: unknown, most: number, otherwise: number): number {
  return typeof value === 'number' && value >= 1 ? Math.min(Math.floor(value), most) : otherwise;
}

/** Append-only; times are seconds since the start of the session and never go backwards. */
export class Tape {
  /** The size at the start. */
  readonly size: TerminalSize;
  /** True where it grows because the session runs, so that its end is the present. */
  readonly live: boolean;
  readonly #times: number[] = [];
  readonly #items: Item[] = [];
  /** Characters of output up to and with each event. */
  readonly #volumes: number[] = [];
  #end = 0;
  #complete = false;

  constructor(size: TerminalSize, options: { live?: boolean } = {}) {
    this.size = size;
    this.live = options.live ?? false;
  }

  append(time: number, item: Item): void {
    this.reach(time);
    this.#times.push(this.#end);
    this.#items.push(item);
    this.#volumes.push(this.volume + (typeof item === 'string' ? item.length : 0));
  }

  /** Time has passed without anything to draw. */
  reach(time: number): void {
    this.#end = Math.max(this.#end, time);
  }

  /** No more will come. */
  finish(): void {
    this.#complete = true;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get length(): number {
    return this.#items.length;
  }

  /** How far it is known. */
  get end(): number {
    return this.#end;
  }

  /** When the event at `index` came; after all time past the last, before all time before the first. */
  time(index: number): number {
    return this.#times[index] ?? (index < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  }

  item(index: number): Item | undefined {
    return this.#items[index];
  }

  /** Characters of output so far. */
  get volume(): number {
    return this.#volumes.at(-1) ?? 0;
  }

  /** How many events lie at or before `time`. */
  countUntil(time: number): number {
    return countWhile(this.#times, (at) => at <= time);
  }

  /** How many events lie before `time`. */
  countBefore(time: number): number {
    return countWhile(this.#times, (at) => at < time);
  }

  /** How many events make that share of all the output. */
  countAtShare(share: number): number {
    const most = share * this.volume;
    return countWhile(this.#volumes, (volume) => volume <= most);
  }
}

/** Output volume over `duration`, as `buckets` values from 0 to 1 on a logarithmic scale. */
export function activity(tape: Tape, duration: number, buckets: number): number[] {
  const volume = new Array<number>(buckets).fill(0);
  if (duration <= 0) return volume;
  for (let index = 0; index < tape.length; index++) {
    const item = tape.item(index);
    if (typeof item !== 'string') continue;
    const bucket = Math.min(buckets - 1, Math.floor((tape.time(index) / duration) * buckets));
    volume[bucket]! += item.length;
  }
  const peak = Math.log1p(Math.max(...volume, 1));
  return volume.map((amount) => Math.log1p(amount) / peak);
}
