/**
 * Verifies one session without reading the others: its events, its content, and that each event is a leaf of the tree
 * that was signed. Costs the 256 leaves around each event and the kept hashes above them, whatever the size of the log.
 */

import { equal, rootOf } from '../audit/merkle.ts';
import type { SessionId } from '../audit/units.ts';
import { KEYS } from '../store/keys.ts';
import { leafOf } from '../store/leaf.ts';
import type { Reader } from '../store/store.ts';
import type { Findings } from './findings.ts';
import { indices } from './reader.ts';
import { SessionCheck } from './session-check.ts';
import { tailOf, unknown } from './sessions.ts';
import { frontierAt, KEPT_SPAN, storedSize } from './stored-tree.ts';
import { type Signed, sourceOf, type WalkOptions } from './walk.ts';

export async function walkSession(
  session: SessionId,
  { store, findings, signed, signal, progress }: WalkOptions,
): Promise<{ size: number; sessions: number }> {
  const tail = await tailOf(store, session);
  if (tail === null) throw unknown(session);
  const check = new SessionCheck(store, findings);
  const blocks = new BlockCheck(store, findings, await storedSize(store));
  let done = 0;
  for await (const index of indices(store, session, 0, tail.events)) {
    signal?.throwIfAborted();
    const [value, content] = await store.getMany([KEYS.event(index), KEYS.content(index)]);
    if (value === undefined) await check.missing(index);
    else await check.event(index, value, content);
    await blocks.check(index);
    done += 1;
    progress?.(done, tail.events);
  }
  await check.finish();
  if (done !== tail.events) findings.add('INDEX_DAMAGED', { session }, 'where its events stand');
  for (const head of signed) await compareRoot(store, findings, head);
  return { size: done, sessions: 1 };
}

async function compareRoot(store: Reader, findings: Findings, signed: Signed): Promise<void> {
  const frontier = await frontierAt(store, signed.size).catch(() => null);
  if (frontier !== null && equal(frontier.root(), signed.root)) return;
  findings.add('ROOT_MISMATCH', {}, sourceOf(signed));
}

/** That stored hashes are those of what is below them, from the leaves around an event upwards. */
class BlockCheck {
  readonly #store: Reader;
  readonly #findings: Findings;
  readonly #size: number;
  readonly #done = new Set<string>();

  constructor(store: Reader, findings: Findings, size: number) {
    this.#store = store;
    this.#findings = findings;
    this.#size = size;
  }

  /** The kept subtrees above the leaf at `index`. An unfinished one is checked with the root. */
  async check(index: number): Promise<void> {
    for (let level = 8, span = KEPT_SPAN; ; level += 8, span *= KEPT_SPAN) {
      const block = Math.floor(index / span);
      if ((block + 1) * span > this.#size || this.#done.has(`${level}/${block}`)) return;
      if (this.#done.size > 65_536) this.#done.clear();
      this.#done.add(`${level}/${block}`);
      await this.#compare(level, block);
    }
  }

  async #compare(level: number, index: number): Promise<void> {
    const below = Array.from({ length: KEPT_SPAN }, (_, i) => index * KEPT_SPAN + i);
    const keys = below.map((i) =>
      level === 8 ? KEYS.event(i) : KEYS.subtree({ level: level - 8, index: i }),
    );
    const values = await this.#store.getMany(keys);
    const stored = await this.#store.get(KEYS.subtree({ level, index }));
    const hashes = values.map((value) => (level === 8 && value !== undefined ? leafOf(value).leaf : value));
    if (hashes.every((hash) => hash !== undefined) && stored !== undefined && equal(rootOf(hashes), stored))
      return;
    const from = index * 2 ** level;
    this.#findings.add('TREE_DAMAGED', {}, `over the events ${from} to ${from + 2 ** level - 1} of the log`);
  }
}
