/**
 * The text of a terminal's output, line by line, as a person would have read it: controls are gone, what was
 * overwritten in its line (a progress bar, a corrected command) is as it was in the end, what a full-screen
 * program placed here and there comes as the pieces it wrote.
 */
import type { Micros } from '../audit/units.ts';
import { type AnsiHandler, AnsiParser } from './ansi.ts';
import { Line, MAX_LINE } from './line.ts';

/** No screen is wider: a few bytes must not move, insert or erase more than that. */
const MAX_COUNT = 1024;

export interface TextLine {
  text: string;
  /** When the last of it was written, in whatever `write` was told. */
  at: Micros;
  /** True if the line goes on with the next one: it was too long to be held. */
  continues: boolean;
}

export class TextLines implements AnsiHandler {
  readonly #parser = new AnsiParser(this);
  readonly #line: Line;
  #now: Micros = 0;
  #writtenAt: Micros = 0;
  #lines: TextLine[] = [];

  /** `cols`: the terminal's width; absent where there is none. */
  constructor(cols?: number) {
    this.#line = new Line(rowWidth(cols));
  }

  /** The lines that `text`, written at `at`, completed. */
  write(text: string, at: Micros): TextLine[] {
    this.#now = at;
    this.#parser.write(text);
    return this.#drain();
  }

  resize(cols: number): void {
    this.#line.cols = rowWidth(cols);
  }

  /** The line that was not completed. */
  end(): TextLine[] {
    this.#break();
    return this.#drain();
  }

  print(text: string): void {
    this.#writtenAt = this.#now;
    for (let from = 0; from < text.length; ) {
      const to = pieceEnd(text, from);
      this.#line.print(to - from === text.length ? text : text.slice(from, to));
      if (this.#line.isLong) this.#emit(true);
      from = to;
    }
  }

  control(code: number): void {
    if (code >= 0x0a && code <= 0x0c) this.#feed();
    else if (code === 0x0d) this.#line.return();
    else if (code === 0x08) this.#line.move(-1);
    else if (code === 0x09) this.#line.tab();
  }

  escape(final: string): void {
    // IND, NEL go a line down; RI up; RIS starts afresh
    if (final === 'D' || final === 'E') this.#feed();
    else if (final === 'M' || final === 'c') this.#break();
  }

  csi(final: string, params: string): void {
    if (!/^[\d;:]*$/.test(params)) {
      // a private mode: entering and leaving the alternate screen changes what the cursor stands in
      if (/^\?(?:47|1047|1049)$/.test(params) && (final === 'h' || final === 'l')) this.#break();
      return;
    }
    this.#edit(final, Math.min(Number.parseInt(params, 10) || 0, MAX_COUNT));
  }

  #edit(final: string, parameter: number): void {
    const line = this.#line;
    const count = Math.max(parameter, 1);
    if (final === 'C') line.move(count);
    else if (final === 'D') line.move(-count);
    else if (final === 'G' || final === '`') line.moveToColumn(count - 1);
    else if (final === 'A') this.#up(count);
    else if (final === 'B') this.#down(count);
    else if (final === 'K') line.eraseRow(parameter === 0 ? 'after' : parameter === 1 ? 'before' : 'all');
    else if (final === 'J' && parameter === 0) line.eraseBelow();
    else if (final === 'P') line.delete(count);
    else if (final === '@') line.insert(count);
    else if (final === 'X') line.erase(count);
    else if ('EFHJdf'.includes(final)) this.#break();
  }

  #feed(): void {
    if (!this.#line.down()) this.#emit(false);
  }

  #up(rows: number): void {
    if (!this.#line.up(rows)) this.#break();
  }

  #down(rows: number): void {
    let row = 0;
    while (row < rows && this.#line.down()) row += 1;
    if (row < rows) this.#break();
  }

  /** The cursor leaves the line without a line feed; an empty one says nothing. */
  #break(): void {
    if (!this.#line.isEmpty) this.#emit(false);
    else this.#line.take();
  }

  #emit(continues: boolean): void {
    const at = this.#line.isEmpty ? this.#now : this.#writtenAt;
    this.#lines.push({ text: this.#line.take(), at, continues });
  }

  #drain(): TextLine[] {
    const lines = this.#lines;
    if (lines.length > 0) this.#lines = [];
    return lines;
  }
}

/** Where a piece that the line can take ends; never between the halves of a character. */
function pieceEnd(text: string, from: number): number {
  const to = from + MAX_LINE;
  if (to >= text.length) return text.length;
  return (text.charCodeAt(to - 1) & 0xfc00) === 0xd800 ? to - 1 : to;
}

function rowWidth(cols: number | undefined): number {
  return cols === undefined ? MAX_LINE : Math.max(1, Math.min(cols, MAX_LINE));
}
