/** Verifies everything in a store: one pass over the log in its order, then over the records beside it. */
import type { Checkpoint } from '../audit/checkpoint.ts';
import { equal, Frontier, type Hash, type Node } from '../audit/merkle.ts';
import { FORMAT, KEYS, numberIn, RANGES } from '../store/keys.ts';
import type { Entry, Range, Reader } from '../store/store.ts';
import type { Findings } from './findings.ts';
import { SessionCheck } from './session-check.ts';
import { isKept, storedSize } from './stored-tree.ts';

/** A tree head that was signed, and where the note with it was found. */
export interface Signed extends Checkpoint {
  from: 'DATA' | 'elsewhere';
}

export interface WalkOptions {
  store: Reader;
  findings: Findings;
  /** What the log must extend. */
  signed: readonly Signed[];
  signal?: AbortSignal | undefined;
  progress?: ((done: number, total: number) => void) | undefined;
}

/** How many events go by between two words of progress. */
const STRIDE = 256;

export async function walk(options: WalkOptions): Promise<{ size: number; sessions: number }> {
  const { store, findings, signed, signal, progress } = options;
  const sessions = new SessionCheck(store, findings);
  const tree = new TreeCheck(store, findings, signed);
  const size = await storedSize(store);
  const contents = new Cursor(store.entries(RANGES.contents()), findings);
  let expected = 0;
  try {
    for await (const { key, value } of store.entries(RANGES.events())) {
      if (key.length !== KEYS.event(0).length) {
        findings.add('RECORD_UNKNOWN', {}, printable(key));
        continue;
      }
      const index = numberIn(key);
      if (index > expected) {
        await sessions.missing(expected);
        tree.lose();
      }
      await tree.add(await sessions.event(index, value, await contents.take(index)));
      expected = index + 1;
      if (expected % STRIDE !== 0) continue;
      signal?.throwIfAborted();
      progress?.(expected, size);
    }
    await contents.take(Number.MAX_SAFE_INTEGER);
  } finally {
    await contents.close();
  }
  await tree.finish(size);
  if (!findings.full) {
    await sessions.finish();
    if (sessions.intact)
      await countRest(options, {
        ...sessions.expected,
        subtrees: tree.kept,
        from: await sessions.mentionsFrom(),
        isBySubject: (await sessions.subjectsFrom()) === 0,
      });
    await findStrangers(options);
  }
  progress?.(size, size);
  return { size, sessions: sessions.recorded };
}

/** The content of the events as they go by. */
class Cursor {
  readonly #entries: AsyncIterator<Entry>;
  readonly #findings: Findings;
  #next: IteratorResult<Entry> | null = null;

  constructor(entries: AsyncIterable<Entry>, findings: Findings) {
    this.#entries = entries[Symbol.asyncIterator]();
    this.#findings = findings;
  }

  /** What is stored for the event at `index`; what is stored for earlier ones belongs to no event. */
  async take(index: number): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#next ??= await this.#entries.next();
      if (this.#next.done) return undefined;
      const { key, value } = this.#next.value;
      const at = key.length === KEYS.content(0).length ? numberIn(key) : -1;
      if (at > index) return undefined;
      this.#next = null;
      if (at === index) return value;
      this.#findings.add('RECORD_UNKNOWN', {}, printable(key));
    }
  }

  async close(): Promise<void> {
    await this.#entries.return?.();
  }
}

/** The tree of the leaves that go by, held against the hashes that are stored and the roots that were signed. */
class TreeCheck {
  kept = 0;
  readonly #store: Reader;
  readonly #findings: Findings;
  readonly #signed: readonly Signed[];
  readonly #frontier = Frontier.empty();
  #lost = false;

  constructor(store: Reader, findings: Findings, signed: readonly Signed[]) {
    this.#store = store;
    this.#findings = findings;
    this.#signed = signed;
  }

  /** A leaf is missing: no hash behind it can be checked. */
  lose(): void {
    this.#lost = true;
  }

  async add(leaf: Hash): Promise<void> {
    if (this.#lost) return;
    const completed: { node: Node; hash: Hash }[] = [];
    this.#frontier.append(leaf, (node, hash) => {
      if (isKept(node)) completed.push({ node, hash });
    });
    for (const { node, hash } of completed) await this.#compare(node, hash);
    this.#compareRoots();
  }

  async finish(size: number): Promise<void> {
    for (const signed of this.#signed) {
      if (size < signed.size) this.#findings.add('LOG_TRUNCATED', {}, truncated(size, signed));
      if (signed.size === 0 && !equal(signed.root, Frontier.empty().root()))
        this.#findings.add('ROOT_MISMATCH', {}, sourceOf(signed));
    }
  }

  async #compare(node: Node, hash: Hash): Promise<void> {
    this.kept += 1;
    const stored = await this.#store.get(KEYS.subtree(node));
    if (stored !== undefined && equal(stored, hash)) return;
    const span = 2 ** node.level;
    const from = node.index * span;
    this.#findings.add('TREE_DAMAGED', {}, `over the events ${from} to ${from + span - 1} of the log`);
  }

  #compareRoots(): void {
    const { size } = this.#frontier;
    for (const signed of this.#signed) {
      if (signed.size !== size || equal(this.#frontier.root(), signed.root)) continue;
      this.#findings.add(
        'ROOT_MISMATCH',
        {},
        `something among its first ${size} events; ${sourceOf(signed)}`,
      );
    }
  }
}

function truncated(size: number, signed: Signed): string {
  return `${size} events are there, ${signed.size} were signed; ${sourceOf(signed)}`;
}

/** Which of the signed notes it is that the log does not extend. */
export function sourceOf({ from }: Signed): string {
  switch (from) {
    case 'DATA':
      return 'by the checkpoint beside it';
    case 'elsewhere':
      return 'by the checkpoint that was kept elsewhere';
  }
}

/** The records beside the log: no more than there must be. */
async function countRest(
  { store, findings, signal }: WalkOptions,
  expected: SessionCheck['expected'] & { subtrees: number; from: number; isBySubject: boolean },
): Promise<void> {
  const counts: [range: Range, right: number, what: string, from?: number][] = [
    [RANGES.subtrees(), expected.subtrees, 'hashes of the tree'],
    [RANGES.allSessions(), expected.sessions, 'sessions in the list'],
    [RANGES.allRuns(), expected.runs, 'runs of events'],
    [RANGES.allSearches(), expected.searches, 'lines for the search'],
    // Below there may be those that are being made for what a former version stored.
    [RANGES.allMentions(), expected.mentions, 'mentions', expected.from],
  ];
  // Until it is complete there may be any that a former attempt has made.
  if (expected.isBySubject)
    counts.push(
      [RANGES.allSessionsOf(), expected.sessionsOf, 'sessions of somebody'],
      [RANGES.subjects(), expected.subjects, 'subjects'],
    );
  for (const [range, right, what, from = null] of counts) {
    signal?.throwIfAborted();
    const found = await count(store, range, from);
    if (found !== right) findings.add('INDEX_DAMAGED', {}, `${found} ${what}, where ${right} belong`);
  }
}

/** Records that are not of any kind of ours, and the one that says which kinds there are. */
async function findStrangers({ store, findings }: WalkOptions): Promise<void> {
  const format = await store.get(KEYS.format);
  if (format === undefined || !FORMAT.equals(format))
    findings.add('INDEX_DAMAGED', {}, 'the format of the store');
  for (const range of RANGES.nothing()) {
    for await (const { key } of store.entries({ ...range, limit: 1 })) {
      findings.add('RECORD_UNKNOWN', {}, printable(key));
    }
  }
}

/** @param from those of earlier events are not counted; null counts all */
async function count(store: Reader, range: Range, from: number | null): Promise<number> {
  let found = 0;
  for await (const { key } of store.entries(range)) if (from === null || numberIn(key) >= from) found += 1;
  return found;
}

function printable(key: Uint8Array): string {
  return `key ${Buffer.from(key.subarray(0, 64)).toString('hex')}`;
}
