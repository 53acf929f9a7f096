/**
 * One base64 message as it arrives in pieces. Pure. https://www.rfc-editor.org/rfc/rfc4648#section-4
 *
 * Node's own decoder passes over whatever is not of the alphabet; here that is an error, as it is to Go.
 */
export class Base64Reader {
  /** Up to three characters that are not a group of four yet. */
  #pending = '';
  #padded = false;

  /**
   * The bytes of all whole groups up to the first that is none. Not `valid`: there was one, or the last piece
   * leaves a group open.
   */
  push(piece: Buffer, last: boolean): { data: Buffer; valid: boolean } {
    const text = this.#pending + piece.toString('latin1');
    const whole = text.length - (text.length % 4);
    this.#pending = text.slice(whole);
    const good = this.#padded ? 0 : goodGroups(text.slice(0, whole));
    if (good > 0) this.#padded = text[good - 1] === '=';
    const valid = good === whole && !(last && this.#pending !== '');
    return { data: Buffer.from(text.slice(0, good), 'base64'), valid };
  }
}

/** How many characters of `text` are groups of base64, padded at most once. */
function goodGroups(text: string): number {
  const odd = text.search(/[^A-Za-z0-9+/]/);
  if (odd < 0) return text.length;
  const before = odd - (odd % 4);
  const padded = /^[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=)$/.test(text.slice(before, before + 4));
  return padded ? before + 4 : before;
}
