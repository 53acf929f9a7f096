/**
 * The Merkle tree of the log: hashing, growth, proofs, and the verification of proofs. Pure.
 *
 *            root(7)                      leaf(d)    = SHA-256(0x00 ‖ d)
 *           /       \                     node(l, r) = SHA-256(0x01 ‖ l ‖ r)
 *        h(0..3)   h(4..6)
 *        /    \     /   \                 The left side of every node is the largest full subtree that is
 *     h(0,1) h(2,3) h(4,5) 6              smaller than the whole, so a full subtree never changes again.
 *
 * https://www.rfc-editor.org/rfc/rfc6962#section-2.1 and https://www.rfc-editor.org/rfc/rfc9162#section-2.1
 *
 * Sizes and indices are integers below 2^53, hence division where other texts shift.
 */
import { hash } from 'node:crypto';

export type Hash = Uint8Array;
export const HASH_BYTES = 32;

const LEAF = Uint8Array.of(0);

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Hash = hash('sha256', new Uint8Array(0), 'buffer');

export function leafHash(data: Uint8Array): Hash {
  return hash('sha256', Buffer.concat([LEAF, data]), 'buffer');
}

/** Reused: hashing is synchronous, and nothing keeps it. */
const pair = Buffer.alloc(1 + 2 * HASH_BYTES);
pair[0] = 1;

export function nodeHash(left: Hash, right: Hash): Hash {
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return hash('sha256', pair, 'buffer');
}

/** The full subtree over leaves [index·2^level, (index+1)·2^level). */
export interface Node {
  level: number;
  index: number;
}

/**
 * The right edge of a growing tree: the roots of its full subtrees, one for each 1 in the binary form of its
 * size. It is all that appending needs (RFC 9162 calls the idea an incremental tree).
 */
export class Frontier {
  #size: number;
  /** By level; present where that bit of the size is 1. */
  readonly #roots: (Hash | undefined)[];

  private constructor(size: number, roots: (Hash | undefined)[]) {
    this.#size = size;
    this.#roots = roots;
  }

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /** From the hashes of `fullSubtrees(0, size)`, in that order. */
  static from(size: number, hashes: readonly Hash[]): Frontier {
    const nodes = fullSubtrees(0, size);
    if (nodes.length !== hashes.length) throw new RangeError('a frontier has one hash for each full subtree');
    const roots: (Hash | undefined)[] = [];
    nodes.forEach((node, i) => {
      roots[node.level] = hashes[i];
    });
    return new Frontier(size, roots);
  }

  get size(): number {
    return this.#size;
  }

  copy(): Frontier {
    return new Frontier(this.#size, [...this.#roots]);
  }

  /** Adds a leaf and calls `completed` for each full subtree that it completes above the leaf itself. */
  append(leaf: Hash, completed?: (node: Node, hash: Hash) => void): void {
    let carry = leaf;
    let level = 0;
    for (let bits = this.#size; bits % 2 === 1; bits = (bits - 1) / 2) {
      carry = nodeHash(this.#roots[level]!, carry);
      this.#roots[level] = undefined;
      level += 1;
      completed?.({ level, index: (bits - 1) / 2 }, carry);
    }
    this.#roots[level] = carry;
    this.#size += 1;
  }

  root(): Hash {
    const present = this.#roots.filter((root) => root !== undefined);
    if (present.length === 0) return EMPTY_ROOT;
    return present.reduce((right, left) => nodeHash(left, right));
  }
}

/** The root of the leaves given: for tests and small trees. */
export function rootOf(leaves: readonly Hash[]): Hash {
  const frontier = Frontier.empty();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/** A run of leaves [from, to) whose subtree hash is a step of a proof. */
export interface LeafRange {
  from: number;
  to: number;
}

/** The full subtrees that make up [from, to), left to right. `from` must be aligned as in the tree itself. */
export function fullSubtrees(from: number, to: number): Node[] {
  const nodes: Node[] = [];
  for (let at = from; at < to; ) {
    const span = largestPower(to - at);
    nodes.push({ level: Math.log2(span), index: at / span });
    at += span;
  }
  return nodes;
}

/** The hash of a range from those of its full subtrees (left to right). */
export function joinSubtrees(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return EMPTY_ROOT;
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** RFC 6962 §2.1.1, PATH(m, D[n]): the ranges whose hashes prove that leaf `index` is in the tree of `size`. */
export function inclusionPath(index: number, size: number): LeafRange[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
    }
  }
  return path.reverse();
}

/** RFC 6962 §2.1.2, PROOF(m, D[n]): the ranges whose hashes prove that the tree of `size` extends that of `old`. */
export function consistencyPath(old: number, size: number): LeafRange[] {
  if (!(old >= 1 && old <= size)) throw new RangeError(`a tree of ${size} cannot extend one of ${old}`);
  const path: LeafRange[] = [];
  let from = 0;
  let to = size;
  let whole = true;
  while (old !== to) {
    const middle = from + split(to - from);
    if (old <= middle) {
      path.push({ from: middle, to });
      to = middle;
    } else {
      path.push({ from, to: middle });
      from = middle;
      whole = false;
    }
  }
  if (!whole) path.push({ from, to });
  return path.reverse();
}

export interface Inclusion {
  index: number;
  size: number;
  leaf: Hash;
  root: Hash;
}

/** RFC 9162 §2.1.3.2. */
export function verifyInclusion(claim: Inclusion, proof: readonly Hash[]): boolean {
  if (!(claim.index >= 0 && claim.index < claim.size)) return false;
  let at = claim.index;
  let last = claim.size - 1;
  let result = claim.leaf;
  for (const step of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      result = nodeHash(step, result);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      result = nodeHash(result, step);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(result, claim.root);
}

export interface Extension {
  old: number;
  size: number;
  oldRoot: Hash;
  root: Hash;
}

/** RFC 9162 §2.1.4.2; a tree of no leaves is extended by every tree, and a tree extends itself. */
export function verifyConsistency(claim: Extension, proof: readonly Hash[]): boolean {
  const { old, size, oldRoot, root } = claim;
  if (old < 0 || old > size) return false;
  if (old === size) return proof.length === 0 && equal(oldRoot, root);
  if (old === 0) return proof.length === 0 && equal(oldRoot, EMPTY_ROOT);
  const path = largestPower(old) === old ? [oldRoot, ...proof] : [...proof];
  let at = old - 1;
  let last = size - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  const first = path.shift();
  if (first === undefined) return false;
  let before = first;
  let after = first;
  for (const step of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      before = nodeHash(step, before);
      after = nodeHash(step, after);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      after = nodeHash(after, step);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(before, oldRoot) && equal(after, root);
}

export function equal(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The largest power of two that is not above n. */
function largestPower(n: number): number {
  let power = 1;
  while (power * 2 <= n) power *= 2;
  return power;
}

/** RFC 6962: the largest power of two *below* n. */
function split(n: number): number {
  const power = largestPower(n);
  return power === n ? n / 2 : power;
}

function half(n: number): number {
  return Math.floor(n / 2);
}
