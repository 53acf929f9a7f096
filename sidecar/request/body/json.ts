/**
 * JSON as strictly as it can be read: UTF-8, no member twice in an object, not too deep. Parsers disagree on which of
 * two members counts, so what they would disagree on is refused. Pure.
 * https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
import type { Json } from '../../action.ts';
import { Unfit } from '../refusal.ts';

/** How deep objects and lists may be nested; a CustomResourceDefinition's schema is about thirty deep. */
export const MAX_DEPTH = 200;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws Unfit */
export function parseJson(bytes: Uint8Array): Json {
  const text = decodeText(bytes);
  try {
    // Before anything that is recursive sees the text.
    scan(text);
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof Unfit) throw error;
    throw new Unfit('body-syntax', 'the body is not JSON');
  }
}

/** @throws Unfit */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unfit('body-syntax', 'the body is not UTF-8');
  }
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENS_LIST = 0x5b;
const CLOSES_LIST = 0x5d;
const OPENS_OBJECT = 0x7b;
const CLOSES_OBJECT = 0x7d;

/**
 * Looks at depth and members. Whether the text is JSON it leaves to the parser: of what is none it may say anything.
 * @throws Unfit, SyntaxError
 */
function scan(text: string): void {
  const open: Members[] = [];
  let start = 0;
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        start = at;
        end = endOfString(text, at);
        at = end;
        break;
      case COLON:
        // The string in front of a colon is a member's name.
        open.at(-1)?.add(text, start, end + 1);
        break;
      case OPENS_OBJECT:
      case OPENS_LIST:
        if (open.push(new Members()) > MAX_DEPTH) {
          throw new Unfit('body-depth', `the body is nested deeper than ${MAX_DEPTH}`);
        }
        break;
      case CLOSES_OBJECT:
      case CLOSES_LIST:
        open.pop();
    }
  }
}

/** Place of the quote that closes the string which opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new SyntaxError('a string without an end');
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** More names than this are not looked through one by one. */
const FEW = 16;

/** The names of one object's members so far. */
class Members {
  readonly #few: string[] = [];
  #many: Set<string> | null = null;

  /** @param start of the name's quotes in the text, `end` behind them */
  add(text: string, start: number, end: number): void {
    const quoted = text.slice(start, end);
    const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
    if (this.#has(name) || !name.isWellFormed()) {
      throw new Unfit(
        'body-duplicate',
        `the member ${JSON.stringify(name.slice(0, 64))} stands twice in one object`,
      );
    }
    if (this.#many !== null) this.#many.add(name);
    else if (this.#few.push(name) > FEW) this.#many = new Set(this.#few);
  }

  #has(name: string): boolean {
    return this.#many === null ? this.#few.includes(name) : this.#many.has(name);
  }
}
