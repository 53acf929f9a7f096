/**
 * Verifies events one by one as they stand in the log: each is what was written, follows the one before it in its
 * session, and all that lists and searches show of it is what it says.
 */
import { type AuditEvent, contentOf } from '../audit/event.ts';
import { equal, type Hash } from '../audit/merkle.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { orderFault } from '../audit/verify.ts';
import { decodeRun, encodeRun, KEYS, numberIn, RANGES } from '../store/keys.ts';
import { eventIn, leafOf } from '../store/leaf.ts';
import type { Reader } from '../store/store.ts';
import { ContentCheck } from './content-check.ts';
import type { Findings } from './findings.ts';
import { HERE, mentionKeys, mentionsFrom } from './mentions.ts';
import { subjectsFrom, subjectWrites } from './subjects.ts';
import { advance, decodeTail, encodeTail, searchText, type Tail } from './tail.ts';

/** By the first letter of a key. */
const WHAT: Readonly<Record<string, string>> = {
  s: 'its line in the list',
  r: 'where its events stand',
  x: 'what a search finds',
  b: 'what blame finds',
  p: 'whose session it is',
  q: 'whose sessions there are',
};

export class SessionCheck {
  /** How many records of each kind there must be for what was seen so far. */
  readonly expected = { sessions: 0, runs: 0, searches: 0, mentions: 0, sessionsOf: 0, subjects: 0 };
  /** Sessions seen so far, without the recorder's own. */
  recorded = 0;
  readonly #store: Reader;
  readonly #findings: Findings;
  readonly #content: ContentCheck;
  /** Sessions that have not ended. */
  readonly #tails = new Map<SessionId, Tail>();
  /** Sessions with a damaged or missing event: nothing more can be said of their order and their figures. */
  readonly #lost = new Set<SessionId>();
  #mentionsFrom: number | null = null;
  #subjectsFrom: number | null = null;
  readonly #subjects = new Set<string>();
  #intact = true;

  constructor(store: Reader, findings: Findings) {
    this.#store = store;
    this.#findings = findings;
    this.#content = new ContentCheck(store, findings);
  }

  /** Whether each event was there and as it was written, so that `expected` can be relied on. */
  get intact(): boolean {
    return this.#intact;
  }

  /** The first event that the index of mentions is kept for: what is below is made when somebody asks. */
  async mentionsFrom(): Promise<number> {
    if (this.#mentionsFrom !== null) return this.#mentionsFrom;
    const from = await mentionsFrom(this.#store);
    if (from === 'damaged') this.#findings.add('INDEX_DAMAGED', {}, 'how far blame has its index');
    this.#mentionsFrom = typeof from === 'number' ? from : Number.POSITIVE_INFINITY;
    return this.#mentionsFrom;
  }

  /** The first event that the index of subjects is kept for; 0 where it is complete. */
  async subjectsFrom(): Promise<number> {
    if (this.#subjectsFrom !== null) return this.#subjectsFrom;
    const from = await subjectsFrom(this.#store);
    if (from === 'damaged') this.#findings.add('INDEX_DAMAGED', {}, 'how far the list of subjects goes');
    this.#subjectsFrom = typeof from === 'number' ? from : Number.POSITIVE_INFINITY;
    return this.#subjectsFrom;
  }

  /** @returns the event's leaf hash, of the bytes as they are stored */
  async event(index: number, value: Uint8Array, content: Uint8Array | undefined): Promise<Hash> {
    const { leaf, intact } = leafOf(value);
    const event = decode(value);
    if (!intact || event === null) {
      await this.#damaged(index);
      return leaf;
    }
    const before = this.#tails.get(event.session) ?? null;
    const wrong = this.#lost.has(event.session) ? null : orderFault(event, before);
    if (wrong !== null)
      this.#findings.add('EVENT_DISORDERED', { session: event.session, seq: event.seq }, wrong);
    await this.#projections(event, index, before);
    await this.#contents(event, content, before?.outputBytes ?? 0);
    return leaf;
  }

  /** An event is not there: says whose it was, as far as the index of its session tells. */
  async missing(index: number): Promise<void> {
    const whose = await this.whose(index);
    this.#findings.add('EVENT_MISSING', whose, `number ${index} of the log`);
    this.#lose(whose.session);
  }

  /** Holds the lists against what was seen of the sessions that have not ended. */
  async finish(): Promise<void> {
    for (const [session, tail] of this.#tails) await this.#finishSession(session, tail);
  }

  /** Whose event stands at `index`, by the runs of the sessions. */
  async whose(index: number): Promise<{ session?: SessionId; seq?: number }> {
    if (this.#findings.full) return {};
    for await (const { key, value } of this.#store.entries(RANGES.allRuns())) {
      const run = decodeRun(value);
      if (index < run.index || index >= run.index + run.count) continue;
      const session = Buffer.from(key).toString('latin1', 1, key.indexOf(0, 1));
      return { session, seq: numberIn(key) + index - run.index };
    }
    for await (const { key, value } of this.#store.entries(RANGES.allSessions())) {
      const run = lastRun(value);
      if (run === null || index < run.index || index >= run.index + run.count) continue;
      return { session: Buffer.from(key).toString('latin1', 1), seq: run.seq + index - run.index };
    }
    return {};
  }

  async #damaged(index: number): Promise<void> {
    const whose = await this.whose(index);
    this.#findings.add('EVENT_DAMAGED', whose, `number ${index} of the log`);
    this.#lose(whose.session);
  }

  #lose(session: SessionId | undefined): void {
    this.#intact = false;
    if (session !== undefined) this.#lost.add(session);
  }

  async #projections(event: AuditEvent, index: number, before: Tail | null): Promise<void> {
    const { session } = event;
    const tail = { ...advance(before, event, index), events: event.seq + 1 };
    if (before === null) {
      this.expected.sessions += 1;
      if (session !== SYSTEM) this.recorded += 1;
    }
    if (before !== null && tail.run.seq !== before.run.seq) {
      this.expected.runs += 1;
      if (!this.#lost.has(session)) await this.#checkRun(session, before.run);
    }
    const text = searchText(event);
    if (text !== null) {
      this.expected.searches += 1;
      await this.#compare(KEYS.search(session, event.seq), Buffer.from(text), session, event.seq);
    }
    if (index >= (await this.subjectsFrom())) {
      for (const { key, value } of subjectWrites(event)) {
        this.#count(key);
        await this.#compare(key, value, session, event.seq);
      }
    }
    if (index >= (await this.mentionsFrom())) {
      for (const key of mentionKeys(event, index)) {
        this.expected.mentions += 1;
        await this.#compare(key, HERE, session, event.seq);
      }
    }
    this.#tails.set(session, tail);
    if (tail.ended !== undefined) await this.#finishSession(session, tail);
  }

  #count(key: Uint8Array): void {
    if (key[0] === KEYS.subject(key)[0]) this.#subjects.add(Buffer.from(key).toString('latin1'));
    else this.expected.sessionsOf += 1;
    this.expected.subjects = this.#subjects.size;
  }

  async #contents(event: AuditEvent, content: Uint8Array | undefined, at: number): Promise<void> {
    const ref = contentOf(event);
    if (ref !== null) await this.#content.check(event, ref, content, at);
    else if (content !== undefined) {
      this.#findings.add('CONTENT_UNEXPECTED', { session: event.session, seq: event.seq });
    }
  }

  async #finishSession(session: SessionId, tail: Tail): Promise<void> {
    this.#tails.delete(session);
    this.#content.forget(session);
    if (this.#lost.has(session)) return;
    await this.#compare(KEYS.session(session), encodeTail(tail), session);
  }

  #checkRun(session: SessionId, run: Tail['run']): Promise<void> {
    return this.#compare(KEYS.run(session, run.seq), encodeRun(run), session, run.seq);
  }

  async #compare(
    key: Uint8Array,
    expected: Uint8Array | null,
    session: SessionId,
    seq?: number,
  ): Promise<void> {
    const stored = await this.#store.get(key);
    if (stored !== undefined && expected !== null && equal(expected, stored)) return;
    const what = WHAT[String.fromCharCode(key[0]!)];
    this.#findings.add('INDEX_DAMAGED', { session, ...(seq !== undefined && { seq }) }, what);
  }
}

function lastRun(value: Uint8Array): Tail['run'] | null {
  try {
    return decodeTail(value).run;
  } catch {
    return null;
  }
}

function decode(value: Uint8Array): AuditEvent | null {
  try {
    return eventIn(value);
  } catch {
    return null;
  }
}
