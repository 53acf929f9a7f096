/** Proofs from the stored tree, in the form of RFC 6962 §2.1: for a verifier who has a checkpoint and nothing else. */
import { consistencyPath, type Hash, inclusionPath } from '../audit/merkle.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { KEYS } from '../store/keys.ts';
import { canonicalOf } from '../store/leaf.ts';
import type { Reader } from '../store/store.ts';
import { indices } from './reader.ts';
import { rangeHash } from './stored-tree.ts';

export interface InclusionProof {
  /** Index of the event in the log, and the size of the tree that the proof leads to. */
  index: number;
  size: number;
  /** The canonical bytes: the leaf. */
  leaf: Uint8Array;
  path: Hash[];
}

/** @throws ChaperoneError `NOT_FOUND` where there is no such event in a log of that size */
export async function proveInclusion(
  store: Reader,
  { session, seq }: { session: SessionId; seq: number },
  size: number,
): Promise<InclusionProof> {
  for await (const index of indices(store, session, seq, seq + 1)) {
    const value = await store.get(KEYS.event(index));
    if (value === undefined || index >= size) break;
    return { index, size, leaf: canonicalOf(value), path: await hashes(store, inclusionPath(index, size)) };
  }
  throw new ChaperoneError(
    'NOT_FOUND',
    `session ${session} has no event ${seq} among the first ${size} of the log`,
  );
}

/** That the log of `size` events extends that of `old`. */
export async function proveConsistency(store: Reader, old: number, size: number): Promise<Hash[]> {
  if (!(old >= 1 && old <= size)) {
    throw new ChaperoneError('NOT_FOUND', `a log of ${size} events does not extend one of ${old}`);
  }
  return await hashes(store, consistencyPath(old, size));
}

async function hashes(store: Reader, path: readonly { from: number; to: number }[]): Promise<Hash[]> {
  const found: Hash[] = [];
  for (const range of path) found.push(await rangeHash(store, range));
  return found;
}
