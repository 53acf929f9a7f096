/** Which of the keys that are typed accept a line. Pure. */

/** What comes next of what was typed. */
export interface Keystrokes {
  kind: 'typed' | 'accept' | 'outside';
  bytes: Buffer;
  /** The bytes after it. */
  rest: Buffer;
}

/** Enter, Ctrl-J, and Ctrl-O, by which readline runs a line and fetches the next. */
const ACCEPTING = new Set([0x0d, 0x0a, 0x0f]);
/** Ctrl-C, Ctrl-Z, Ctrl-\: they give a line up. */
const ABANDONING = new Set([0x03, 0x1a, 0x1c]);
/** Ctrl-D, Ctrl-Q, Ctrl-S: where nothing is typed they have nothing to do with a line. */
const IDLE = new Set([0x04, 0x11, 0x13]);
/** Enter of the keypad, in application mode: ESC O M. */
const KEYPAD = Buffer.from('\x1bOM');
const PASTE_BEGINS = Buffer.from('\x1b[200~');
const PASTE_ENDS = Buffer.from('\x1b[201~');
/** What is typed of one line and remembered, to be found on the screen again. */
const TAIL = 64;

export class Keys {
  /** The last bytes that were typed: a sequence may come in pieces. */
  #last = Buffer.alloc(0);
  readonly #decoder = new TextDecoder();
  #sequence: Sequence = 'none';
  #pasting = false;
  /** What was pasted holds line ends. */
  pastedLines = false;
  /** Keys other than text were used on this line. */
  edited = false;
  /** The text that was typed since the last other key. */
  tail = '';
  /** Something was typed on this line. */
  any = false;

  /** A line is begun. */
  reset(): void {
    this.pastedLines = false;
    this.edited = false;
    this.tail = '';
    this.any = false;
  }

  /**
   * Takes the keys of the line up to one that accepts it or is outside of it, or that one.
   * @param paste whether the program knows pasted text
   */
  next(bytes: Buffer, paste: boolean): Keystrokes {
    let end = 0;
    for (; end < bytes.length; end += 1) {
      const byte = bytes[end]!;
      if (this.#accepts(byte) || this.#isOutside(byte, end)) break;
      this.#note(byte, paste);
    }
    if (end > 0) {
      const typed = bytes.subarray(0, end);
      this.#text(this.#decoder.decode(typed, { stream: true }));
      return { kind: 'typed', bytes: typed, rest: bytes.subarray(end) };
    }
    const kind = this.#accepts(bytes[0]!) ? 'accept' : 'outside';
    this.#last = Buffer.alloc(0);
    return { kind, bytes: bytes.subarray(0, 1), rest: bytes.subarray(1) };
  }

  #accepts(byte: number): boolean {
    if (this.#pasting) {
      this.pastedLines ||= byte === 0x0d || byte === 0x0a;
      return false;
    }
    return (
      ACCEPTING.has(byte) ||
      Buffer.concat([this.#last, Buffer.of(byte)])
        .subarray(-3)
        .equals(KEYPAD)
    );
  }

  #isOutside(byte: number, place: number): boolean {
    if (this.#pasting) return false;
    return ABANDONING.has(byte) || (IDLE.has(byte) && !this.any && place === 0);
  }

  /** Whether a key gives up what was typed. */
  static abandons(key: Buffer): boolean {
    return ABANDONING.has(key[0]!);
  }

  #note(byte: number, paste: boolean): void {
    this.#last = Buffer.concat([this.#last.subarray(1 - PASTE_BEGINS.length), Buffer.of(byte)]);
    if (this.#last.equals(PASTE_BEGINS)) this.#pasting = paste;
    if (this.#last.equals(PASTE_ENDS)) this.#pasting = false;
  }

  #text(text: string): void {
    this.any = true;
    for (const character of text) this.#character(character);
  }

  #character(character: string): void {
    const inside = this.#sequence;
    this.#sequence = following(inside, character);
    const isText = inside === 'none' && this.#sequence === 'none' && character >= ' ' && character !== '\x7f';
    if (isText) this.tail = (this.tail + character).slice(-TAIL);
    else {
      this.edited = true;
      this.tail = '';
    }
  }
}

/** Where in an escape sequence a character leaves us: ESC x, ESC O x, ESC [ … x. */
type Sequence = 'none' | 'escape' | 'single' | 'control';

function following(inside: Sequence, character: string): Sequence {
  if (character === '\x1b') return 'escape';
  switch (inside) {
    case 'none':
    case 'single':
      return 'none';
    case 'escape':
      return character === '[' ? 'control' : character === 'O' ? 'single' : 'none';
    case 'control':
      return character >= '@' ? 'none' : 'control';
  }
}
