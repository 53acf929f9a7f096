/**
 * One base64 message as it arrives in pieces. Pure. https://www.rfc-editor.org/rfc/rfc4648#section-4
 *
 * Node's own decoder passes over whatever is not of the alphabet; here that is an error, as it is to Go.
 */
const NOTHING = Buffer.alloc(0);

export class Base64Reader {
  /** Up to three characters that are not a group of four yet. */
  #pending = '';
  #padded = false;

  /** The bytes of all whole groups, or null if this is no base64, or the last piece leaves a group open. */
  push(piece: Buffer, last: boolean): Buffer | null {
    const text = this.#pending + piece.toString('latin1');
    const whole = text.length - (text.length % 4);
    this.#pending = text.slice(whole);
    if (last && this.#pending !== '') return null;
    if (whole === 0) return NOTHING;
    if (this.#padded || !/^[A-Za-z0-9+/]*={0,2}$/.test(text.slice(0, whole))) return null;
    this.#padded = text[whole - 1] === '=';
    return Buffer.from(text.slice(0, whole), 'base64');
  }
}
