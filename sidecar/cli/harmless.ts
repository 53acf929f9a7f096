/**
 * Takes control strings out of what a replay prints: OSC, DCS, SOS, PM, APC. They act on more than the screen: they
 * set the clipboard (OSC 52), raise notifications, rename the window, load keys and fonts, and who recorded them is
 * not who watches. What is seen stays as it was, but for pictures.
 *
 *     ESC ] … BEL     ESC P … ESC \     and their C1 forms, U+0090 to U+009F
 *
 * Terminals carry out C0 controls in the middle of an introducer, so `ESC BEL ]` begins one too. Spec: ECMA-48 §5.6,
 * https://vt100.net/emu/dec_ansi_parser
 */
const BEGIN = /\u001b[\u0000-\u0017\u0019\u001c-\u001f\u007f]*[\]PX^_]|[\u0090\u0098\u009d-\u009f]/;
/** An introducer whose rest is still to come. */
const OPEN = /\u001b[\u0000-\u0017\u0019\u001c-\u001f\u007f]*$/;
/** BEL, CAN, SUB, ESC and ST; of the other strings BEL is content, but nobody means it there. */
const END = /[\u0007\u0018\u001a\u001b\u009c]/;
/** Stands where a string was: what was open before it must not go on with what comes after it. */
const CANCEL = '\u0018';
/** More controls than this behind an ESC are no introducer that anybody wrote: they are dropped. */
const MAX_HELD = 256;

/** One for each stream: a sequence may be cut anywhere. */
export class Harmless {
  #held = '';
  #inString = false;

  /** What of `text` may be printed now. */
  write(text: string): string {
    let rest = this.#held + text;
    let shown = '';
    this.#held = '';
    while (rest !== '') {
      if (this.#inString) {
        rest = this.#skip(rest);
        continue;
      }
      const begin = BEGIN.exec(rest);
      if (begin === null) return shown + this.#hold(rest);
      shown += rest.slice(0, begin.index) + CANCEL;
      rest = rest.slice(begin.index + begin[0].length);
      this.#inString = true;
    }
    return shown;
  }

  /** What follows the string that `rest` is in. An ESC that does not end it as ST begins something else. */
  #skip(rest: string): string {
    const end = rest.search(END);
    if (end === -1) return '';
    this.#inString = false;
    return rest.slice(rest[end] === '\u001b' ? end : end + 1);
  }

  #hold(rest: string): string {
    const open = OPEN.exec(rest);
    if (open === null) return rest;
    this.#held = open[0].length > MAX_HELD ? '' : open[0];
    return rest.slice(0, open.index);
  }
}
