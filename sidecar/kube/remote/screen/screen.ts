/**
 * What the person sees: the output of a terminal session on an emulated screen.
 *
 * What is written to it comes from the container and may be hostile: sizes and counts are bounded, and nothing is answered.
 */
import type { IMarker, Terminal } from '@xterm/headless';
import type { TerminalSize } from '../../wire/remotecommand.ts';

const LARGEST = { columns: 1000, rows: 500 };
const SCROLLBACK = 500;
/** A count beyond it (of lines to insert, of characters to repeat) keeps an emulator busy for minutes. */
const COUNT_LIMIT = 9999;
const INTERMEDIATES = ['', ' ', '!', '"', '$', "'", '*'];

/** A place that moves with its text. */
export interface Place {
  marker: IMarker;
  column: number;
  /** What stands before it on its row. */
  before: string;
}

/** Text from a place to the end of what is shown. */
export interface Shown {
  text: string;
  /** There is more than blanks behind the cursor. */
  behind: boolean;
  /** There is something below the line that the cursor is on. */
  below: boolean;
}

export class Screen {
  readonly #terminal: Terminal;

  /** Loads the emulator, which nobody needs who opens no terminal. */
  static async open(): Promise<Screen> {
    const { default: xterm } = await import('@xterm/headless');
    return new Screen(
      new xterm.Terminal({
        ...{ cols: 80, rows: 24 },
        scrollback: SCROLLBACK,
        allowProposedApi: true,
        logLevel: 'off',
      }),
    );
  }

  private constructor(terminal: Terminal) {
    this.#terminal = terminal;
    dropHugeCounts(terminal);
  }

  /** Resolves when it is on the screen. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve));
  }

  /** A terminal that has no size yet keeps the one before. */
  resize({ columns, rows }: TerminalSize): void {
    if (columns < 2 || rows < 1) return;
    this.#terminal.resize(Math.min(columns, LARGEST.columns), Math.min(rows, LARGEST.rows));
  }

  /** A full-screen program has the screen. */
  get alternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get bracketedPaste(): boolean {
    return this.#terminal.modes.bracketedPasteMode;
  }

  /** Where the cursor is; null where there is no telling. */
  mark(): Place | null {
    const { cursorX, cursorY, baseY } = this.#terminal.buffer.active;
    const marker = this.#terminal.registerMarker(0);
    if (marker === undefined) return null;
    return { marker, column: cursorX, before: this.#row(baseY + cursorY).slice(0, cursorX) };
  }

  /** Whether what stood before the place still does. */
  holds({ marker, column, before }: Place): boolean {
    return !marker.isDisposed && this.#row(marker.line).slice(0, column) === before;
  }

  /** The wrapped line that the cursor is on, as far as the cursor. */
  toCursor(): string {
    const { cursorX } = this.#terminal.buffer.active;
    const last = this.#cursorRow();
    return this.#joined(this.#firstOfLine(last), last - 1) + this.#row(last).slice(0, cursorX);
  }

  /** The wrapped line that the cursor is on. */
  line(): string {
    const row = this.#cursorRow();
    return this.#joined(this.#firstOfLine(row), this.#lastOfLine(row)).trimEnd();
  }

  /** The same, and what is below. */
  toEnd(): string {
    return this.#joined(this.#firstOfLine(this.#cursorRow()), this.#lastShown());
  }

  /**
   * From a place that `holds` on, or from where the same prompt was drawn again last, as below a list of completions.
   * Rows that wrap are one line.
   */
  from({ marker, column, before }: Place): Shown {
    const { cursorX } = this.#terminal.buffer.active;
    const cursor = this.#cursorRow();
    let first = before.trim() === '' ? marker.line : cursor;
    while (first > marker.line && !this.#row(first).startsWith(before)) first -= 1;
    const line = this.#lastOfLine(cursor);
    const last = Math.max(line, this.#lastShown());
    const rest = this.#row(cursor).slice(cursorX) + this.#joined(cursor + 1, line);
    return {
      text: this.#joined(first, last).slice(column).trimEnd(),
      behind: rest.trim() !== '',
      below: last > line,
    };
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  #joined(from: number, to: number): string {
    let text = '';
    for (let row = from; row <= to; row += 1) {
      const content = this.#row(row);
      text += row === to || this.#wraps(row + 1) ? content : `${content.trimEnd()}\n`;
    }
    return text;
  }

  #row(row: number): string {
    return this.#terminal.buffer.active.getLine(row)?.translateToString(false) ?? '';
  }

  /** Whether a row goes on with the one before. Editors that draw a line anew take the mark away, so a full row counts. */
  #wraps(row: number): boolean {
    const { active } = this.#terminal.buffer;
    if (active.getLine(row)?.isWrapped) return true;
    const last = active.getLine(row - 1)?.getCell(this.#terminal.cols - 1);
    return last !== undefined && (last.getChars() !== '' || last.getWidth() === 0);
  }

  #cursorRow(): number {
    const { baseY, cursorY } = this.#terminal.buffer.active;
    return baseY + cursorY;
  }

  #firstOfLine(row: number): number {
    let first = row;
    while (first > 0 && this.#wraps(first)) first -= 1;
    return first;
  }

  #lastOfLine(row: number): number {
    let last = row;
    while (this.#wraps(last + 1)) last += 1;
    return last;
  }

  #lastShown(): number {
    const { baseY } = this.#terminal.buffer.active;
    let last = baseY + this.#terminal.rows - 1;
    while (last > 0 && this.#row(last).trim() === '') last -= 1;
    return last;
  }
}

function dropHugeCounts({ parser }: Terminal): void {
  const isHuge = (params: (number | number[])[]) => params.flat().some((count) => count > COUNT_LIMIT);
  for (const intermediates of INTERMEDIATES) {
    for (let final = 0x40; final <= 0x7e; final += 1)
      parser.registerCsiHandler({ intermediates, final: String.fromCharCode(final) }, isHuge);
  }
}
