/**
 * Cuts the JSON of an answer into what can be masked alone, as it flows: an object, a watch event, one item of a list,
 * one row of a Table. What stands between them is passed on as it is.
 *
 *     {"kind":"SecretList","items":[ {…} , {…} ]}     {"type":"ADDED","object":{…}} {"type":…}
 *     └────────── between ─────────┘ └┬┘ │ └┬┘ └┘     └────────── unit ───────────┘ └─ unit ─┘
 *                                    unit
 *
 * Pure.
 */
import { ChaperoneError } from '../../recorder/errors.ts';

export interface Piece {
  unit: boolean;
  bytes: Buffer;
}

/** Far above what etcd keeps of an object. */
const MAX_UNIT = 16 * 1024 * 1024;
const MAX_NAME = 64;
const NOTHING = Buffer.alloc(0);

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

export class Units {
  /** What is not handed out yet; before `#at` it is looked through. */
  #text: Buffer = NOTHING;
  #at = 0;
  #depth = 0;
  /** Where the string began that is open. */
  #string = -1;
  /** `before`: nothing is known of the document but that it may be a list; `list`: among its items; `after` them. */
  #place: 'before' | 'list' | 'after' = 'before';
  #kind = '';
  /** The last name, and the last text, right below the document's root. */
  #name = '';
  #last = '';
  #pieces: Piece[] = [];

  /** @throws ChaperoneError `TOO_LARGE` for an object that is, `EVENT_INVALID` for what is not JSON */
  push(bytes: Uint8Array): Piece[] {
    this.#text = this.#text.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#text, bytes]);
    while (this.#at < this.#text.length) {
      if (this.#string >= 0) this.#skipString();
      else this.#mark(this.#text[this.#at]!);
    }
    if (this.#text.length > MAX_UNIT) {
      throw new ChaperoneError('TOO_LARGE', `an object of more than ${MAX_UNIT} bytes cannot be masked`);
    }
    return this.#pieces.splice(0);
  }

  end(): Piece[] {
    if (this.#text.length > 0) this.#cut(this.#text.length, this.#text.toString('latin1').trim() !== '');
    return this.#pieces.splice(0);
  }

  #skipString(): void {
    const text = this.#text;
    let at = this.#at;
    while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
    this.#at = at + 1;
    if (at >= text.length) {
      this.#at = at;
      return;
    }
    if (this.#depth === 1) this.#heard(text.subarray(this.#string + 1, at));
    this.#string = -1;
  }

  #heard(text: Buffer): void {
    this.#last = text.length > MAX_NAME ? '' : text.toString('latin1');
    if (this.#name === 'kind') this.#kind = this.#last;
  }

  #mark(byte: number): void {
    const at = this.#at++;
    switch (byte) {
      case QUOTE:
        this.#string = at;
        return;
      case COLON:
        if (this.#depth === 1) this.#name = this.#last;
        return;
      case COMMA:
        if (this.#depth === 1) this.#name = '';
        return;
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.#open(at, byte);
        return;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.#close();
        return;
    }
  }

  #open(at: number, byte: number): void {
    if (this.#place === 'list' && this.#depth === 2) this.#cut(at, false);
    this.#depth++;
    if (byte !== OPEN_LIST || this.#depth !== 2 || this.#place !== 'before' || !this.#isList()) return;
    this.#cut(this.#at, false);
    this.#place = 'list';
  }

  #isList(): boolean {
    if (this.#kind === 'Table') return this.#name === 'rows';
    return this.#kind.endsWith('List') && this.#name === 'items';
  }

  #close(): void {
    this.#depth--;
    if (this.#depth < 0) throw new ChaperoneError('EVENT_INVALID', 'what has to be masked is not JSON');
    if (this.#place === 'list' && this.#depth === 2) this.#cut(this.#at, true);
    else if (this.#place === 'list' && this.#depth === 1) this.#place = 'after';
    else if (this.#depth === 0) this.#document();
  }

  #document(): void {
    this.#cut(this.#at, this.#place === 'before');
    this.#place = 'before';
    this.#kind = '';
    this.#name = '';
    this.#last = '';
  }

  #cut(end: number, unit: boolean): void {
    if (end > 0) this.#pieces.push({ unit, bytes: this.#text.subarray(0, end) });
    this.#text = this.#text.subarray(end);
    this.#at -= end;
    if (this.#at < 0) this.#at = 0;
  }
}
