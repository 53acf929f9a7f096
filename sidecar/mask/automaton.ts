/**
 * Finds many patterns in one pass (Aho and Corasick, 1975), whatever the text: linear in its length. In front of it
 * stands a sieve, because hardly any text has a pattern in it: every pattern of at least m bytes that lies in the text
 * covers one of the places 0, s, 2s, … with s = m - 3 such that four of its first bytes begin there. Where the four
 * bytes at such a place are none of those, no pattern lies around them.
 *
 *     text    . . . . . . . . p a s s w o r d . .      m = 8, s = 5
 *     places  ^         ^         ^         ^             `sswo` is known: the automaton starts at most s - 1 before
 *
 * Pure.
 */

export interface Pattern {
  bytes: Uint8Array;
  /** In which view it is masked. */
  record: boolean;
  agent: boolean;
}

/** From `start` to before `end`; `pattern` is the longest one that ended last in it. */
export interface Span {
  start: number;
  end: number;
  pattern: number;
}

export interface Found {
  /** In order; none overlaps another. */
  record: Span[];
  agent: Span[];
  /** Where at the end of the text something begins that more text may complete; the text's length if nothing does. */
  partial: number;
}

/** The shortest pattern there may be: the sieve looks at four bytes. */
export const SHORTEST = 4;
const GRAM = 4;
const MAX_STRIDE = 13;

export class Automaton {
  /** Bytes of the longest pattern. */
  readonly longest: number;
  readonly #sieve: Uint32Array;
  readonly #shift: number;
  readonly #stride: number;
  /** The trie: node 0 is its root; children of a node are a list, `#first` and then `#next`. */
  readonly #byte: Uint8Array;
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #depth: Int32Array;
  /** The node of the longest proper suffix that is in the trie. */
  readonly #fail: Int32Array;
  /** The longest pattern, by its number plus one, that ends where this node does. */
  readonly #record: Int32Array;
  readonly #agent: Int32Array;
  readonly #root = new Int32Array(256);
  readonly #lengths: Int32Array;
  #nodes = 1;

  /** @param patterns at least one, each of at least `SHORTEST` bytes */
  constructor(patterns: readonly Pattern[]) {
    const sizes = patterns.map(({ bytes }) => bytes.length);
    const total = sizes.reduce((sum, size) => sum + size, 1);
    this.longest = Math.max(...sizes);
    this.#lengths = Int32Array.from(sizes);
    this.#byte = new Uint8Array(total);
    this.#first = new Int32Array(total);
    this.#next = new Int32Array(total);
    this.#depth = new Int32Array(total);
    this.#fail = new Int32Array(total);
    this.#record = new Int32Array(total);
    this.#agent = new Int32Array(total);
    for (const [place, pattern] of patterns.entries()) this.#insert(pattern, place);
    this.#link();
    this.#stride = Math.min(Math.min(...sizes) - GRAM + 1, MAX_STRIDE);
    const bits = Math.min(22, Math.max(13, Math.ceil(Math.log2(patterns.length * this.#stride * 64))));
    this.#shift = 32 - bits;
    this.#sieve = new Uint32Array(2 ** (bits - 5));
    for (const { bytes } of patterns) this.#strain(bytes);
  }

  find(text: Uint8Array): Found {
    const found: Found = { record: [], agent: [], partial: text.length };
    const { length } = text;
    const stride = this.#stride;
    /** Before it everything is searched. */
    let at = 0;
    for (let place = 0; ; ) {
      while (place + GRAM <= length && !this.#caught(text, place)) place += stride;
      const from = Math.max(at, place - stride + 1);
      if (from >= length) return found;
      const last = place + GRAM > length;
      at = this.#run(text, { from, until: last ? length : place }, found);
      if (last || at === length) return found;
      place = at;
    }
  }

  /**
   * Searches from `from` on, and beyond `until` for as long as something that began before it may go on.
   * @returns before where all is searched
   */
  #run(text: Uint8Array, { from, until }: { from: number; until: number }, found: Found): number {
    const { length } = text;
    let node = 0;
    for (let at = from; at < length; at++) {
      node = this.#step(node, text[at]!);
      if (this.#record[node]! > 0) this.#note(found.record, at + 1, this.#record[node]! - 1);
      if (this.#agent[node]! > 0) this.#note(found.agent, at + 1, this.#agent[node]! - 1);
      const depth = this.#depth[node]!;
      // With more of it begun already, to begin again would cost more than to go on.
      if (depth < GRAM && at + 1 - depth > until) return at + 1 - depth;
    }
    // What nothing can make longer is no beginning.
    while (this.#first[node] === 0) node = this.#fail[node]!;
    found.partial = length - this.#depth[node]!;
    return length;
  }

  #step(node: number, byte: number): number {
    for (let from = node; from !== 0; from = this.#fail[from]!) {
      const child = this.#child(from, byte);
      if (child !== 0) return child;
    }
    return this.#root[byte]!;
  }

  #child(node: number, byte: number): number {
    let child = this.#first[node]!;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#next[child]!;
    return child;
  }

  /** One that was begun before it was searched to its end is found again from its beginning: `to` may go back. */
  #note(spans: Span[], to: number, pattern: number): void {
    let start = to - this.#lengths[pattern]!;
    let end = to;
    for (let last = spans.at(-1); last !== undefined && last.end > start; last = spans.at(-1)) {
      start = Math.min(start, last.start);
      end = Math.max(end, last.end);
      spans.pop();
    }
    spans.push({ start, end, pattern });
  }

  #insert({ bytes, record, agent }: Pattern, place: number): void {
    let node = 0;
    for (const byte of bytes) {
      const known = node === 0 ? this.#root[byte]! : this.#child(node, byte);
      node = known === 0 ? this.#grow(node, byte) : known;
    }
    if (record) this.#record[node] = place + 1;
    if (agent) this.#agent[node] = place + 1;
  }

  #grow(node: number, byte: number): number {
    const child = this.#nodes++;
    this.#byte[child] = byte;
    this.#depth[child] = this.#depth[node]! + 1;
    this.#next[child] = this.#first[node]!;
    this.#first[node] = child;
    if (node === 0) this.#root[byte] = child;
    return child;
  }

  /** Level by level: what a node falls back to lies above it. */
  #link(): void {
    const queue = new Int32Array(this.#nodes);
    let end = 0;
    for (let child = this.#first[0]!; child !== 0; child = this.#next[child]!) queue[end++] = child;
    for (let at = 0; at < end; at++) {
      const node = queue[at]!;
      const fail = this.#fail[node]!;
      if (this.#record[node] === 0) this.#record[node] = this.#record[fail]!;
      if (this.#agent[node] === 0) this.#agent[node] = this.#agent[fail]!;
      for (let child = this.#first[node]!; child !== 0; child = this.#next[child]!) {
        this.#fail[child] = this.#step(fail, this.#byte[child]!);
        queue[end++] = child;
      }
    }
  }

  /** Remembers the four bytes at each place of its beginning. */
  #strain(bytes: Uint8Array): void {
    for (let place = 0; place < this.#stride; place++) {
      const slot = this.#slot(bytes, place);
      this.#sieve[slot >>> 5]! |= 1 << (slot & 31);
    }
  }

  #caught(text: Uint8Array, place: number): boolean {
    const slot = this.#slot(text, place);
    return ((this.#sieve[slot >>> 5]! >>> (slot & 31)) & 1) === 1;
  }

  #slot(text: Uint8Array, at: number): number {
    const gram = text[at]! | (text[at + 1]! << 8) | (text[at + 2]! << 16) | (text[at + 3]! << 24);
    return Math.imul(gram, 0x9e3779b1) >>> this.#shift;
  }
}
