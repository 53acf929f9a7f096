/**
 * Which of the keys that were typed the terminal has shown. Pure.
 *
 * Whether a terminal "echoes" cannot be read off its ECHO flag: readline and every editor clear it and show the keys themselves,
 * and at a password prompt behind ssh the local flag says nothing at all. What counts is what was shown. So typed
 * text is held back, line by line, and let go only when the output has shown each of its characters, in order,
 * before the line's end. One that was not shown, as at a password prompt or in an editor's command mode,
 * takes its whole line with it: what remains of that is its Enter.
 *
 * Errs on the side of silence: typing ahead of a busy program, or a redraw that is not understood, loses the line too.
 */

/** A longer line is not kept. */
const LINE_LIMIT = 1 << 16;
/** Lines that may wait for their echo, as after a paste; the oldest goes first. */
const LINES_WAITING = 1024;

interface Line {
  /** All keys, control keys included. */
  keys: string;
  /** Characters that must be shown. */
  text: string[];
  /** How many of them have been. */
  shown: number;
  ended: boolean;
  secret: boolean;
}

const KEYS = /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O[\x40-\x7e])|[\s\S]/gu;
/** CSI, OSC and other escape sequences, single controls, and characters. */
const SHOWN =
  /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x20-\x2f]*[\x30-\x7e])|[\s\S]/gu;
/** An escape sequence that a read has cut in two. */
const CUT_OFF = /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*|\][^\x07\x1b]*\x1b?|[\x20-\x2f]*)?$/;
const CUT_OFF_LIMIT = 4096;

export class EchoFilter {
  readonly #lines: Line[] = [emptyLine()];
  readonly #typedText = new TextDecoder();
  readonly #shownText = new TextDecoder();
  #cutOff = '';
  /** Column of the next shown character, counted in shown characters of the first line. */
  #column = 0;

  /** Keys on their way to the terminal. */
  typed(bytes: Uint8Array): void {
    const text = this.#typedText.decode(bytes, { stream: true });
    for (const [key] of text.matchAll(KEYS)) this.#key(key);
  }

  /** Output on its way to the screen. Returns the keys that are now known to have been shown, possibly none. */
  shown(bytes: Uint8Array): string {
    const text = this.#cutOff + this.#shownText.decode(bytes, { stream: true });
    const cut = CUT_OFF.exec(text)?.index ?? text.length;
    this.#cutOff = text.slice(cut, cut + CUT_OFF_LIMIT);
    let released = '';
    if (this.#isSettled()) return released;
    for (const [unit] of text.slice(0, cut).matchAll(SHOWN)) released += this.#unit(unit);
    return released;
  }

  /** What can be let go when nothing more will be shown. */
  end(): string {
    return this.#lines
      .filter((line) => line.ended)
      .map(letGo)
      .join('');
  }

  /** Whether output can change nothing, as when a program floods the screen: the usual case, and it must cost nothing. */
  #isSettled(): boolean {
    const [first] = this.#lines;
    return first === undefined || first.keys === '' || (first.secret && !first.ended);
  }

  #key(key: string): void {
    const line = this.#lines.at(-1)!;
    line.keys += key;
    if (isText(key)) line.text.push(key);
    if (line.keys.length > LINE_LIMIT) {
      line.secret = true;
      line.keys = '';
      line.text = [];
    }
    if (key === '\r' || key === '\n' || key === '\x03' || key === '\x04') {
      line.ended = true;
      line.keys = line.keys === '' ? key : line.keys;
      if (this.#lines.length < LINES_WAITING) this.#lines.push(emptyLine());
      else this.#lines.splice(0, this.#lines.length, emptyLine());
    }
  }

  #unit(unit: string): string {
    const line = this.#lines[0]!;
    if (unit === '\n') return this.#newline(line);
    if (unit === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (unit.startsWith('\x1b[') && unit.endsWith('D'))
      this.#column = Math.max(0, this.#column - (Number.parseInt(unit.slice(2), 10) || 1));
    else if (isText(unit)) this.#character(line, unit);
    return '';
  }

  #character(line: Line, character: string): void {
    const { text } = line;
    if (this.#column < line.shown && text[this.#column] === character) {
      this.#column += 1; // drawn again
    } else if (line.shown < text.length) {
      if (text[line.shown] === character) {
        line.shown += 1;
        this.#column = line.shown;
      } else if (character !== ' ') {
        line.secret = true;
      }
    }
  }

  /** The first line ends on the screen: whatever of it has not been shown by now was not meant to be. */
  #newline(line: Line): string {
    if (line.keys === '') return '';
    if (line.shown < line.text.length) line.secret = true;
    if (!line.ended) return '';
    this.#lines.shift();
    this.#column = 0;
    return letGo(line);
  }
}

function emptyLine(): Line {
  return { keys: '', text: [], shown: 0, ended: false, secret: false };
}

function letGo(line: Line): string {
  const whole = !line.secret && line.shown === line.text.length;
  return whole ? line.keys : line.keys.slice(-1);
}

/** Neither a control character nor an escape sequence. An Alt key is an ESC and then text, which must be shown too. */
function isText(unit: string): boolean {
  return unit >= ' ' && unit !== '\x7f' && !unit.startsWith('\x1b') && !/^[\x80-\x9f]$/.test(unit);
}
