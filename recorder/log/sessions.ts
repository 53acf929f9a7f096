/** The list of sessions, newest first: ids sort by time, so the newest are the last keys. */
import { isSessionId } from '../audit/decode.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { KEYS, RANGES } from '../store/keys.ts';
import type { Reader } from '../store/store.ts';
import type { SessionPage, SessionQuery, SessionState, SessionSummary, Subject } from './ports.ts';
import { decodeStored } from './reader.ts';
import { sessionsOf, subjectOf, subjects } from './subjects.ts';
import { decodeTail, type Tail } from './tail.ts';

const LIMIT = { default: 50, most: 500 };
/** A search looks through this many sessions at most for one page; `next` then says where to go on. */
const SEARCH_SESSIONS = 20_000;

/** The newest first, before a cursor: all that may be on the page. */
type Candidates = (before: SessionId | undefined) => AsyncIterable<[SessionId, Tail]>;

/** @throws ChaperoneError `USAGE` for a cursor that no page has given */
export function listSessions(
  store: Reader,
  live: ReadonlySet<SessionId>,
  query: SessionQuery = {},
): Promise<SessionPage> {
  return page(store, live, query, (before) => allOf(store, before));
}

/** Of some subjects only. @throws ChaperoneError as `listSessions` does */
export function listSessionsOf(
  store: Reader,
  live: ReadonlySet<SessionId>,
  sees: (subject: Subject) => boolean,
  query: SessionQuery = {},
): Promise<SessionPage> {
  return page(store, live, query, (before) => someOf(store, sees, before));
}

async function* allOf(store: Reader, before: SessionId | undefined): AsyncGenerator<[SessionId, Tail]> {
  for await (const { key, value } of store.entries({ ...RANGES.sessions(before), reverse: true }))
    yield [Buffer.from(key).toString('latin1', 1), decodeTail(value)];
}

async function* someOf(
  store: Reader,
  sees: (subject: Subject) => boolean,
  before: SessionId | undefined,
): AsyncGenerator<[SessionId, Tail]> {
  const whose = (await subjects(store)).filter(sees);
  for await (const id of sessionsOf(store, whose, before)) {
    const tail = await tailOf(store, id);
    const start = tail === null ? undefined : await store.get(KEYS.event(tail.first));
    if (tail === null || start === undefined) continue;
    const { body } = decodeStored(start);
    // The index only says where to look.
    if (body.type === 'session.start' && sees(subjectOf(body.identity))) yield [id, tail];
  }
}

async function page(
  store: Reader,
  live: ReadonlySet<SessionId>,
  query: SessionQuery,
  candidates: Candidates,
): Promise<SessionPage> {
  const { before } = query;
  // Anything else could reach beyond the sessions: `system` has its place behind them.
  if (before !== undefined && (before === SYSTEM || !isSessionId(before)))
    throw new ChaperoneError('USAGE', `${JSON.stringify(before.slice(0, 40))} is not the \`next\` of a page`);
  const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? LIMIT.default)), LIMIT.most);
  const words = (query.search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const found: [SessionId, Tail][] = [];
  let seen = 0;
  let last: SessionId | undefined;
  for await (const [id, tail] of candidates(before)) {
    if (found.length === limit || seen === SEARCH_SESSIONS) {
      return { sessions: await summarise(store, live, found), ...(last !== undefined && { next: last }) };
    }
    seen += 1;
    last = id;
    if (words.length === 0 || (await matches(store, id, words))) found.push([id, tail]);
  }
  return { sessions: await summarise(store, live, found) };
}

/** @throws ChaperoneError `SESSION_UNKNOWN` */
export async function oneSession(
  store: Reader,
  live: ReadonlySet<SessionId>,
  id: SessionId,
): Promise<SessionSummary> {
  const tail = id === SYSTEM ? null : await tailOf(store, id);
  if (tail === null) throw unknown(id);
  const [summary] = await summarise(store, live, [[id, tail]]);
  return summary!;
}

/** Null where there is no such session. */
export async function tailOf(store: Reader, id: SessionId): Promise<Tail | null> {
  const value = await store.get(KEYS.session(id));
  return value === undefined ? null : decodeTail(value);
}

export function unknown(id: SessionId): ChaperoneError {
  return new ChaperoneError(
    'SESSION_UNKNOWN',
    `there is no session ${id.slice(0, 40)}: see \`chaperone sessions\``,
  );
}

/** Each word stands in some line, program, user or host of the session, not all in the same. */
async function matches(store: Reader, id: SessionId, words: readonly string[]): Promise<boolean> {
  let missing = [...words];
  for await (const { value } of store.entries(RANGES.searches(id))) {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
    missing = missing.filter((word) => !text.includes(word));
    if (missing.length === 0) return true;
  }
  return false;
}

async function summarise(
  store: Reader,
  live: ReadonlySet<SessionId>,
  found: readonly [SessionId, Tail][],
): Promise<SessionSummary[]> {
  const starts = await store.getMany(found.map(([, tail]) => KEYS.event(tail.first)));
  return found.map(([id, tail], i) => summary(id, tail, starts[i], live));
}

function summary(
  id: SessionId,
  tail: Tail,
  start: Uint8Array | undefined,
  live: ReadonlySet<SessionId>,
): SessionSummary {
  const event = start === undefined ? null : decodeStored(start);
  if (event === null || event.session !== id || event.body.type !== 'session.start') {
    throw new ChaperoneError('STORE_CORRUPT', `the first event of session ${id} is missing: run verify`);
  }
  const { identity, host, command, cwd, terminal, entrance } = event.body;
  const state: SessionState = tail.ended !== undefined ? 'ended' : live.has(id) ? 'live' : 'cut-off';
  const { startedAt, lastAt, events, outputBytes, commands, requests, refused, unjudged, ended } = tail;
  const figures = { startedAt, lastAt, events, outputBytes, commands, requests, refused, unjudged };
  const optional = { ...(terminal && { terminal }), ...(entrance && { entrance }) };
  return { id, state, identity, host, command, cwd, ...optional, ...figures, ...ended };
}
