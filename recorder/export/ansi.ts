/**
 * Tells what a terminal would print from what it would obey: the classic parser of VT500-like terminals,
 * with as few states as plain text needs. It holds its state between writes, so a sequence may be cut anywhere.
 *
 *                 ┌────────── any other ──────────┐
 *     ground ─ESC─▶ escape ─0x20–0x2f─▶ intermediate ─final─▶ ground
 *        ▲           ├─ [ ──▶ csi ─────────0x40–0x7e────────▶ ground
 *        │           └─ ] P X ^ _ ─▶ string ─ST, BEL (of ])─▶ ground      (CAN, SUB: from anywhere)
 *
 * Spec: ECMA-48, https://vt100.net/emu/dec_ansi_parser
 */
export interface AnsiHandler {
  /** A run without controls. */
  print(text: string): void;
  /** A C0 control that is not part of a sequence. */
  control(code: number): void;
  /** `ESC final`, without intermediates; the C1 control of the same meaning too. */
  escape(final: string): void;
  /** `CSI params final`; params as written, e.g. `?25` or `1;2`. */
  csi(final: string, params: string): void;
}

type State = 'ground' | 'escape' | 'intermediate' | 'csi' | 'string';

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** What may end a string: BEL, CAN, SUB, ESC, ST. */
const STRING_END = /[\u0007\u0018\u001a\u001b\u009c]/g;
const ESC = 0x1b;
const BEL = 0x07;
/** Parameters beyond this mean nothing to any terminal; the sequence still ends where it ends. */
const MAX_PARAMS = 64;

export class AnsiParser {
  readonly #handler: AnsiHandler;
  #state: State = 'ground';
  #params = '';
  #bellEnds = false;

  constructor(handler: AnsiHandler) {
    this.#handler = handler;
  }

  write(text: string): void {
    let at = 0;
    while (at < text.length) {
      switch (this.#state) {
        case 'ground':
          at = this.#ground(text, at);
          break;
        case 'string':
          at = this.#string(text, at);
          break;
        default:
          this.#sequence(text.charCodeAt(at));
          at += 1;
      }
    }
  }

  #ground(text: string, from: number): number {
    const end = find(CONTROL, text, from);
    if (end > from) this.#handler.print(text.slice(from, end));
    if (end < text.length) this.#control(text.charCodeAt(end));
    return end + 1;
  }

  #string(text: string, from: number): number {
    const end = find(STRING_END, text, from);
    if (end === text.length) return end;
    const code = text.charCodeAt(end);
    if (code !== BEL || this.#bellEnds) this.#state = code === ESC ? 'escape' : 'ground';
    return end + 1;
  }

  /** C0 and C1, which act in the middle of a sequence as well. */
  #control(code: number): void {
    if (code === ESC) this.#state = 'escape';
    else if (code === 0x18 || code === 0x1a) this.#state = 'ground';
    else if (code < 0x20) this.#handler.control(code);
    else if (code >= 0x80) this.#escape(code - 0x40);
  }

  #sequence(code: number): void {
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) this.#control(code);
    else if (this.#state === 'escape' || this.#state === 'intermediate') this.#escape(code);
    else if (code >= 0x40) this.#finish(code);
    else if (this.#params.length < MAX_PARAMS) this.#params += String.fromCharCode(code);
  }

  #escape(code: number): void {
    if (code < 0x30) {
      this.#state = 'intermediate';
      return;
    }
    const designates = this.#state === 'intermediate';
    this.#state = 'ground';
    if (designates) return;
    const final = String.fromCharCode(code);
    if (final === '[') {
      this.#state = 'csi';
      this.#params = '';
    } else if (']PX^_'.includes(final)) {
      this.#state = 'string';
      this.#bellEnds = final === ']';
    } else this.#handler.escape(final);
  }

  #finish(code: number): void {
    this.#state = 'ground';
    this.#handler.csi(String.fromCharCode(code), this.#params);
  }
}

function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length;
}
