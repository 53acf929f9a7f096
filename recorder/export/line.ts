/**
 * One logical line of a terminal and the cursor in it. It may be longer than the screen is wide: then it
 * stands in several rows, as a shell's long command line does.
 *
 *     cols = 8:   position  0 1 2 3 4 5 6 7 │ 8 9 …      "pending": the row is full, and the cursor waits at
 *     row 0 and 1           $   e c h o   a │ b c █       its end; the next character goes to the next row
 *
 * As long as text is only added at the end, and that is nearly always, the line is one string.
 */
import { cellsOf, lastFull, TAB_STOP, widthOf } from './cells.ts';

/** A longer line is given out in parts. UTF-16 units, or cells. */
export const MAX_LINE = 16_384;
/** UTF-16 units that one cell holds: what combines beyond that is left out, as terminals do, or it would have no bound. */
const MAX_CELL = 64;

export class Line {
  #cols: number;
  #text = '';
  /** A carriage return that nothing followed yet: `\r\n` must not cost the fast way. */
  #returned = false;
  /** Null while the line is one string with the cursor at its end. */
  #cells: string[] | null = null;
  #at = 0;
  #pending = false;

  /** `cols`: the width of a row, 1 to MAX_LINE; MAX_LINE where there is no terminal. */
  constructor(cols: number) {
    this.#cols = cols;
  }

  set cols(cols: number) {
    this.#edit();
    this.#settle();
    this.#cols = cols;
  }

  get isEmpty(): boolean {
    return this.#cells === null ? this.#text === '' : this.#cells.length === 0;
  }

  get isLong(): boolean {
    return (this.#cells ?? this.#text).length >= MAX_LINE;
  }

  /** The text, and an empty line again. */
  take(): string {
    const text = this.#cells === null ? this.#text : this.#cells.join('');
    this.#text = '';
    this.#cells = null;
    this.#returned = false;
    this.#at = 0;
    this.#pending = false;
    return text;
  }

  print(text: string): void {
    if (this.#cells === null && !this.#returned) {
      this.#text += text;
      return;
    }
    const cells = this.#edit();
    for (const character of text) this.#put(cells, character);
  }

  return(): void {
    if (this.#cells === null) {
      this.#returned = true;
      return;
    }
    this.#settle();
    this.#at = this.#rowStart();
  }

  tab(): void {
    if (this.#cells === null && !this.#returned) {
      this.#text += '\t';
      return;
    }
    this.#edit();
    this.#settle();
    this.#moveTo(this.#at + TAB_STOP - (this.#column() % TAB_STOP));
  }

  /** Columns to the right, or to the left if negative; never out of the row. */
  move(columns: number): void {
    this.#edit();
    this.#settle();
    this.#moveTo(this.#at + columns);
  }

  moveToColumn(column: number): void {
    this.#edit();
    this.#settle();
    this.#moveTo(this.#rowStart() + column);
  }

  /** False where this line has no such row. */
  up(rows: number): boolean {
    this.#edit();
    this.#settle();
    if (rows * this.#cols > this.#at) return false;
    this.#at -= rows * this.#cols;
    return true;
  }

  /**
   * To the next row: true if this line has one, false if here it ends. Shells go down to erase what a
   * shorter command line left there; rows that are blank by then are no part of it.
   */
  down(): boolean {
    const cells = this.#cells;
    if (cells === null) return false;
    this.#settle();
    const below = this.#rowEnd();
    let at = below;
    while (at < cells.length && (cells[at] === ' ' || cells[at] === '')) at += 1;
    if (at < cells.length) this.#at += this.#cols;
    else if (below < cells.length) cells.length = below;
    return at < cells.length;
  }

  /** From the cursor to the end of the row, from its start to the cursor, or all of it. */
  eraseRow(part: 'after' | 'before' | 'all'): void {
    const cells = this.#edit();
    this.#settle();
    const from = part === 'after' ? this.#at : this.#rowStart();
    const to = part === 'before' ? this.#at + 1 : this.#rowEnd();
    blank(cells, from, to);
  }

  /** All behind the cursor, in the rows below too. */
  eraseBelow(): void {
    const cells = this.#edit();
    this.#settle();
    if (this.#at < cells.length) cells.length = this.#at;
  }

  erase(count: number): void {
    const cells = this.#edit();
    this.#settle();
    blank(cells, this.#at, Math.min(this.#at + count, this.#rowEnd()));
  }

  /** Takes `count` cells out of the row; its rest moves to the left. */
  delete(count: number): void {
    const cells = this.#edit();
    this.#settle();
    const end = Math.min(this.#rowEnd(), cells.length);
    const taken = Math.min(count, end - this.#at);
    if (taken <= 0) return;
    split(cells, this.#at);
    split(cells, this.#at + taken);
    cells.splice(this.#at, taken);
    // the rows below stay where they are
    if (end - taken < cells.length) cells.splice(end - taken, 0, ...spaces(taken));
  }

  /** Makes room for `count` cells; what leaves the row on its right is lost. */
  insert(count: number): void {
    const cells = this.#edit();
    this.#settle();
    if (this.#at >= cells.length) return;
    const added = Math.min(count, this.#rowEnd() - this.#at);
    split(cells, this.#at);
    const lost = Math.max(0, Math.min(this.#rowEnd(), cells.length) + added - this.#rowEnd());
    cells.splice(this.#rowEnd() - lost, lost);
    cells.splice(this.#at, 0, ...spaces(added));
  }

  #put(cells: string[], character: string): void {
    const width = widthOf(character);
    if (width === 0 && this.#at > 0 && this.#at <= cells.length) {
      const cell = lastFull(cells, this.#at);
      if (cells[cell]!.length < MAX_CELL) cells[cell] += character;
      return;
    }
    while (cells.length < this.#at) cells.push(' ');
    split(cells, this.#at);
    split(cells, this.#at + Math.max(width, 1));
    cells[this.#at] = character;
    if (width === 2) cells[this.#at + 1] = '';
    this.#at += Math.max(width, 1);
    this.#pending = this.#at % this.#cols === 0;
  }

  /** The cells, with a carriage return that was put off carried out. */
  #edit(): string[] {
    if (this.#cells !== null) return this.#cells;
    const cells = this.#open();
    if (this.#returned) this.return();
    return cells;
  }

  #open(): string[] {
    const cells = cellsOf(this.#text);
    this.#cells = cells;
    this.#at = cells.length;
    this.#pending = this.#at > 0 && this.#at % this.#cols === 0;
    return cells;
  }

  /** A cursor that waits at the end of a full row stands on its last column for all but printing. */
  #settle(): void {
    if (this.#pending) this.#at -= 1;
    this.#pending = false;
  }

  #column(): number {
    return this.#at % this.#cols;
  }

  #rowStart(): number {
    return this.#at - this.#column();
  }

  #rowEnd(): number {
    return this.#rowStart() + this.#cols;
  }

  #moveTo(position: number): void {
    this.#at = Math.max(this.#rowStart(), Math.min(position, this.#rowEnd() - 1));
  }
}

/** Spaces from `from` to `to`; at the end of the line, nothing instead. */
function blank(cells: string[], from: number, to: number): void {
  split(cells, from);
  split(cells, to);
  if (to < cells.length) cells.fill(' ', from, to);
  else if (from < cells.length) cells.length = from;
}

function spaces(count: number): string[] {
  return new Array<string>(count).fill(' ');
}

/** Before a change that begins or ends at `at`: of a wide character that would lose a half, nothing stays. */
function split(cells: string[], at: number): void {
  if (cells[at] !== '') return;
  cells[at - 1] = ' ';
  cells[at] = ' ';
}
