/** The list of sessions, newest first: ids sort by time, so the newest are the last keys. */
import { isSessionId } from '../audit/decode.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { KEYS, RANGES } from '../store/keys.ts';
import type { Reader } from '../store/store.ts';
import type { SessionPage, SessionQuery, SessionState, SessionSummary } from './ports.ts';
import { decodeStored } from './reader.ts';
import { decodeTail, type Tail } from './tail.ts';

const LIMIT = { default: 50, most: 500 };
/** A search looks through this many sessions at most for one page; `next` then says where to go on. */
const SEARCH_SESSIONS = 20_000;

/** @throws ChaperoneError `USAGE` for a cursor that no page has given */
export async function listSessions(
  store: Reader,
  live: ReadonlySet<SessionId>,
  query: SessionQuery = {},
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
  for await (const { key, value } of store.entries({ ...RANGES.sessions(before), reverse: true })) {
    if (found.length === limit || seen === SEARCH_SESSIONS) {
      return { sessions: await summarise(store, live, found), ...(last !== undefined && { next: last }) };
    }
    const id = Buffer.from(key).toString('latin1', 1);
    seen += 1;
    last = id;
    if (words.length === 0 || (await matches(store, id, words))) found.push([id, decodeTail(value)]);
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
