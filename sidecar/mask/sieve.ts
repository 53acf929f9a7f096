/**
 * Stands in front of the automaton, because hardly any text has a pattern in it: every pattern of at least m bytes that
 * lies in the text covers one of the places 0, s, 2s, … with s = m - 3 such that the four bytes that follow are among
 * those at its first s places. Where they are none of those, no pattern lies around the place.
 *
 *     text    . . . . . . . . p a s s w o r d . .      m = 8, s = 5
 *     places  ^         ^         ^         ^             `sswo` is known: a pattern begins at most s - 1 before
 *
 * Line breaks within a pattern only make it longer: it still covers a place less than s behind its beginning, and the
 * four bytes that follow there are the next four that are no line breaks.
 *
 *     text    . . . . . . . . p a CR LF s s w o r d
 *     places  ^         ^         ^            `sswo`
 *
 * Pure.
 */

/** The shortest pattern there may be: as many bytes as are looked at. */
export const GRAM = 4;
/** Beyond it the time goes elsewhere. */
const LONGEST_STRIDE = 64;
/** Many patterns have many beginnings, which would fill the sieve: then the stride stays as short as … */
const MODEST_STRIDE = 13;
/** … unless there are no more of them than this. */
const GRAMS = 1 << 15;
/** Two bits are set for each of them: one place in a thousand is caught by chance. */
const BITS_PER_GRAM = 64;
const [FEWEST_BITS, MOST_BITS] = [13, 22];

const LF = 0x0a;
const CR = 0x0d;
/** There are no four bytes. */
const NONE = 2 ** 32;
/** Odd multipliers without a pattern: what they leave in the upper bits is a hash. */
const [FIRST, SECOND] = [0x9e3779b1, 0x85ebca6b];

export class Sieve {
  readonly stride: number;
  readonly #bits: Uint32Array;
  readonly #shift: number;

  /** @param patterns at least one, each of at least `GRAM` bytes */
  constructor(patterns: readonly Uint8Array[]) {
    const shortest = Math.min(...patterns.map(({ length }) => length));
    const affordable = Math.max(MODEST_STRIDE, Math.floor(GRAMS / patterns.length));
    this.stride = Math.min(shortest - GRAM + 1, affordable, LONGEST_STRIDE);
    const bits = Math.ceil(Math.log2(patterns.length * this.stride * BITS_PER_GRAM));
    const size = Math.min(MOST_BITS, Math.max(FEWEST_BITS, bits));
    this.#shift = 32 - size;
    this.#bits = new Uint32Array(2 ** (size - 5));
    for (const bytes of patterns) this.#strain(bytes);
  }

  /**
   * The first of the places `from`, `from` + stride, … that a pattern may cover, be it only with its beginning: where
   * less than four bytes are left, too.
   * @param broken whether line breaks are passed over
   */
  next(text: Uint8Array, from: number, broken: boolean): number {
    const bits = this.#bits;
    const shift = this.#shift;
    const stride = this.stride;
    const last = text.length - GRAM;
    let place = from;
    for (; place <= last; place += stride) {
      const gram = gramAt(text, place);
      if (broken && mayBreak(gram)) {
        const visible = visibleGram(text, place);
        if (visible === NONE || this.#holds(visible)) return place;
        // Up to the next byte that is no line break, all places are alike.
        place += stride * Math.floor((afterBreaks(text, place) - place) / stride);
        continue;
      }
      const slot = Math.imul(gram, FIRST) >>> shift;
      if (((bits[slot >>> 5]! >>> (slot & 31)) & 1) === 1 && this.#holds(gram)) return place;
    }
    return place;
  }

  #holds(gram: number): boolean {
    return this.#isSet(Math.imul(gram, FIRST)) && this.#isSet(Math.imul(gram, SECOND));
  }

  #isSet(hash: number): boolean {
    const slot = hash >>> this.#shift;
    return ((this.#bits[slot >>> 5]! >>> (slot & 31)) & 1) === 1;
  }

  /** Remembers the four bytes at each place of its beginning. */
  #strain(bytes: Uint8Array): void {
    for (let place = 0; place < this.stride; place++) {
      const gram = gramAt(bytes, place);
      for (const hash of [Math.imul(gram, FIRST), Math.imul(gram, SECOND)]) {
        const slot = hash >>> this.#shift;
        this.#bits[slot >>> 5]! |= 1 << (slot & 31);
      }
    }
  }
}

export function isBreak(byte: number): boolean {
  return byte === LF || byte === CR;
}

/** Whether one of four bytes may be a line break: one of 08 to 0f is. https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord */
function mayBreak(gram: number): boolean {
  const zeros = (gram ^ 0x08080808) & 0xf8f8f8f8;
  return ((zeros - 0x01010101) & ~zeros & 0x80808080) !== 0;
}

function gramAt(text: Uint8Array, at: number): number {
  return text[at]! | (text[at + 1]! << 8) | (text[at + 2]! << 16) | (text[at + 3]! << 24);
}

/** The next four bytes that are no line breaks; `NONE` where there are fewer. */
function visibleGram(text: Uint8Array, place: number): number {
  let gram = 0;
  let at = place;
  for (let shift = 0; shift < 32; at++) {
    if (at >= text.length) return NONE;
    const byte = text[at]!;
    if (isBreak(byte)) continue;
    gram |= byte << shift;
    shift += 8;
  }
  return gram;
}

function afterBreaks(text: Uint8Array, place: number): number {
  let at = place;
  while (at < text.length && isBreak(text[at]!)) at++;
  return at;
}
