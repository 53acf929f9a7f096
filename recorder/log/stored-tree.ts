/**
 * The Merkle tree as it is stored: the events are its leaves, and every 8th level of full subtrees is kept, so that
 * any hash of it is 255 reads away at most, and the frontier of a log of any size is ready in a few milliseconds.
 */
import {
  Frontier,
  fullSubtrees,
  type Hash,
  joinSubtrees,
  type LeafRange,
  type Node,
  rootOf,
} from '../audit/merkle.ts';
import { ChaperoneError } from '../errors.ts';
import { KEYS, numberIn, RANGES } from '../store/keys.ts';
import { leafOf } from '../store/leaf.ts';
import type { Reader } from '../store/store.ts';

/** A hash is kept for each full subtree of 256 leaves, of 65,536, and so on. */
const KEPT_EVERY = 8;
/** How many nodes of one kept level are below one of the next. */
export const KEPT_SPAN = 2 ** KEPT_EVERY;

export function isKept(node: Node): boolean {
  return node.level > 0 && node.level % KEPT_EVERY === 0;
}

/** How many leaves the store holds: one more than the highest index. */
export async function storedSize(store: Reader): Promise<number> {
  for await (const { key } of store.entries({ ...RANGES.events(), reverse: true, limit: 1 })) {
    return numberIn(key) + 1;
  }
  return 0;
}

/** @throws ChaperoneError `STORE_CORRUPT` where an event or a subtree is missing */
export async function frontierAt(store: Reader, size: number): Promise<Frontier> {
  const hashes: Hash[] = [];
  for (const node of fullSubtrees(0, size)) hashes.push(await subtreeHash(store, node));
  return Frontier.from(size, hashes);
}

/** The hash of a step of a proof. */
export async function rangeHash(store: Reader, { from, to }: LeafRange): Promise<Hash> {
  const hashes: Hash[] = [];
  for (const node of fullSubtrees(from, to)) hashes.push(await subtreeHash(store, node));
  return joinSubtrees(hashes);
}

async function subtreeHash(store: Reader, { level, index }: Node): Promise<Hash> {
  const base = level - (level % KEPT_EVERY);
  const span = 2 ** (level - base);
  const nodes = Array.from({ length: span }, (_, i) => ({ level: base, index: index * span + i }));
  const keys = nodes.map((node) => (base === 0 ? KEYS.event(node.index) : KEYS.subtree(node)));
  const values = await store.getMany(keys);
  const hashes = values.map((value, i) => {
    if (value === undefined) throw missing(nodes[i]!);
    return base === 0 ? leafOf(value).leaf : value;
  });
  return rootOf(hashes);
}

function missing({ level, index }: Node): ChaperoneError {
  const what = level === 0 ? `event ${index} of the log` : `the hash of subtree ${level}/${index}`;
  return new ChaperoneError('STORE_CORRUPT', `${what} is missing: run verify, and put back a backup`);
}
