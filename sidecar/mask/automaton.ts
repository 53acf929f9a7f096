/**
 * Finds many patterns in one pass (Aho and Corasick, 1975), whatever the text: linear in its length. It only runs where
 * the sieve in front of it lets something through.
 *
 * Pure.
 */
import { Gaps } from './gaps.ts';
import { GRAM, isBreak, Sieve } from './sieve.ts';

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

/** The shortest pattern there may be. */
export const SHORTEST = GRAM;

export interface FindOptions {
  /** Whether a pattern is found although line breaks (CR, LF) stand within it; no pattern has one of its own. */
  broken: boolean;
}

export class Automaton {
  /** Bytes of the shortest pattern. */
  readonly shortest: number;
  readonly #sieve: Sieve;
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
    this.shortest = Math.min(...sizes);
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
    this.#sieve = new Sieve(patterns.map(({ bytes }) => bytes));
  }

  find(text: Uint8Array, { broken }: FindOptions): Found {
    const found: Found = { record: [], agent: [], partial: text.length };
    const { length } = text;
    /** Before it everything is searched. */
    let at = 0;
    while (at < length) {
      const place = this.#sieve.next(text, at, broken);
      const from = Math.max(at, place - this.#sieve.stride + 1);
      if (from >= length) break;
      at = this.#run(text, { from, until: place, broken }, found);
    }
    return found;
  }

  /**
   * Searches from `from` on, and beyond `until` for as long as something that began before it may go on.
   * @returns before where all is searched
   */
  #run(
    text: Uint8Array,
    { from, until, broken }: FindOptions & { from: number; until: number },
    found: Found,
  ): number {
    const { length } = text;
    const gaps = new Gaps();
    let passed = 0;
    let node = 0;
    for (let at = from; at < length; at++) {
      const byte = text[at]!;
      if (broken && isBreak(byte)) {
        gaps.add(at - passed, passed + 1);
        passed++;
        continue;
      }
      node = this.#step(node, byte);
      const end = at + 1 - passed;
      const record = this.#record[node]!;
      const agent = this.#agent[node]!;
      if (record > 0) note(found.record, gaps.raw(end - this.#lengths[record - 1]!), at + 1, record - 1);
      if (agent > 0) note(found.agent, gaps.raw(end - this.#lengths[agent - 1]!), at + 1, agent - 1);
      const depth = this.#depth[node]!;
      // With more of it begun already, to begin again would cost more than to go on.
      if (depth >= GRAM || at + 1 - depth <= until) continue;
      const begun = gaps.raw(end - depth);
      if (begun > until) return begun;
    }
    // What nothing can make longer is no beginning.
    while (this.#first[node] === 0) node = this.#fail[node]!;
    found.partial = gaps.raw(length - passed - this.#depth[node]!);
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
}

/** One that was begun before it was searched to its end is found again from its beginning: `end` may go back. */
function note(spans: Span[], start: number, end: number, pattern: number): void {
  let span: Span = { start, end, pattern };
  for (let last = spans.at(-1); last !== undefined && last.end > span.start; last = spans.at(-1)) {
    span = { start: Math.min(span.start, last.start), end: Math.max(span.end, last.end), pattern };
    spans.pop();
  }
  spans.push(span);
}
