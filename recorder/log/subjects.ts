/**
 * The index by whom sessions are of, for who may see those of some: kept with each batch, and made afterwards for what
 * former versions stored. It is none of the evidence: `verify` holds it against that, and a list looks up what it names.
 */
import { hash } from 'node:crypto';
import type { AuditEvent } from '../audit/event.ts';
import type { Identity } from '../audit/identity.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { KEYS, RANGES, TERM_BYTES } from '../store/keys.ts';
import type { Reader, Store, Write } from '../store/store.ts';
import { HERE, keptFrom, keptSince } from './mentions.ts';
import type { Subject } from './ports.ts';
import { decodeStored } from './reader.ts';
import { storedSize } from './stored-tree.ts';
import { decodeTail } from './tail.ts';

/** Sessions that are indexed at once, and subjects that are asked at once. */
const STRIDE = 256;
/** Ids that are read at once of one subject: a page, as a rule, has a few of each. */
const READ_AT_ONCE = 16;

export function subjectOf({ user, pod }: Pick<Identity, 'user' | 'pod'>): Subject {
  return pod === undefined ? { user } : { user, namespace: pod.namespace };
}

/** Names are of any length, and keys are not. */
export function subjectKey({ user, namespace }: Subject): Buffer {
  const names = namespace === undefined ? [user] : [user, namespace];
  return hash('sha256', JSON.stringify(names), 'buffer').subarray(0, TERM_BYTES);
}

/** What is kept for the event that a session begins with; nothing for any other. */
export function subjectWrites({ session, body }: AuditEvent): Write[] {
  if (body.type !== 'session.start' || session === SYSTEM) return [];
  const subject = subjectOf(body.identity);
  const key = subjectKey(subject);
  return [
    { key: KEYS.subject(key), value: Buffer.from(JSON.stringify(subject)) },
    { key: KEYS.sessionOf(key, session), value: HERE },
  ];
}

/** From which event on the index is kept: 0 once it is for all. */
export function subjectsFrom(store: Reader): ReturnType<typeof keptFrom> {
  return keptFrom(store, KEYS.subjectsFrom);
}

export function subjectsBegin(index: number): Write {
  return keptSince(KEYS.subjectsFrom, index);
}

/** Makes the index for the sessions that were there before it. Where it is interrupted it begins anew. Memory: one stride. */
export async function completeSubjects(store: Store): Promise<void> {
  const begun = await subjectsFrom(store);
  const end = typeof begun === 'number' ? begun : await storedSize(store);
  if (end === 0) {
    if (begun !== 0) await store.write([subjectsBegin(0)]);
    return;
  }
  let places: number[] = [];
  const write = async () => {
    const starts = await store.getMany(places.map(KEYS.event));
    await store.write(
      starts.flatMap((value) => (value === undefined ? [] : subjectWrites(decodeStored(value)))),
    );
    places = [];
  };
  for await (const { value } of store.entries(RANGES.sessions())) {
    const { first } = decodeTail(value);
    if (first >= end) continue;
    places.push(first);
    if (places.length === STRIDE) await write();
  }
  await write();
  await store.write([subjectsBegin(0)]);
}

/** All whose sessions there are. */
export async function subjects(store: Reader): Promise<Subject[]> {
  const found: Subject[] = [];
  for await (const { value } of store.entries(RANGES.subjects())) found.push(decoded(value));
  return found;
}

/** @throws ChaperoneError `STORE_CORRUPT` */
function decoded(value: Uint8Array): Subject {
  try {
    const { user, namespace } = JSON.parse(Buffer.from(value).toString('utf8')) as Partial<Subject>;
    if (typeof user === 'string' && (namespace === undefined || typeof namespace === 'string'))
      return namespace === undefined ? { user } : { user, namespace };
  } catch {
    // What is no JSON is none of ours either.
  }
  throw new ChaperoneError('STORE_CORRUPT', 'the list of whose sessions there are is damaged: run verify');
}

/** Sessions of these subjects, the newest first. Costs a look for each subject, whatever else there is. */
export async function* sessionsOf(
  store: Reader,
  whose: readonly Subject[],
  before: SessionId | undefined,
): AsyncGenerator<SessionId> {
  const heads: Head[] = [];
  for (let at = 0; at < whose.length; at += STRIDE) {
    const some = whose.slice(at, at + STRIDE).map((one) => new Head(store, subjectKey(one), before));
    await Promise.all(some.map((head) => head.fill()));
    heads.push(...some.filter(({ id }) => id !== undefined));
  }
  for (;;) {
    const newest = heads.reduce<Head | null>((best, one) => (isNewer(one, best) ? one : best), null);
    const id = newest?.id;
    if (newest === null || id === undefined) return;
    yield id;
    await newest.advance();
  }
}

function isNewer({ id }: Head, best: Head | null): boolean {
  return id !== undefined && (best?.id === undefined || id > best.id);
}

/** The sessions of one subject, the newest first, a few at a time. */
class Head {
  readonly #store: Reader;
  readonly #subject: Buffer;
  #before: SessionId | undefined;
  #ids: SessionId[] = [];

  constructor(store: Reader, subject: Buffer, before: SessionId | undefined) {
    this.#store = store;
    this.#subject = subject;
    this.#before = before;
  }

  /** The newest that is left. */
  get id(): SessionId | undefined {
    return this.#ids[0];
  }

  async advance(): Promise<void> {
    this.#ids.shift();
    if (this.#ids.length === 0) await this.fill();
  }

  async fill(): Promise<void> {
    const range = RANGES.sessionsOf(this.#subject, this.#before);
    for await (const { key } of this.#store.entries({ ...range, reverse: true, limit: READ_AT_ONCE }))
      this.#ids.push(Buffer.from(key).toString('latin1', 1 + TERM_BYTES));
    this.#before = this.#ids.at(-1) ?? this.#before;
  }
}
