/**
 * One atomic batch in the making: drafts of many sessions become events, leaves, content and projections.
 * Nothing of the log's own state changes before the batch is stored; then the log takes over `frontier` and `tails`.
 */
import { randomFillSync } from 'node:crypto';
import { canonicalBytes } from '../audit/canonical.ts';
import { checkEvent } from '../audit/decode.ts';
import {
  type AuditEvent,
  type ContentRef,
  type Draft,
  type DraftBody,
  type EventBody,
  type SessionId,
  SYSTEM,
} from '../audit/event.ts';
import { type Frontier, leafHash } from '../audit/merkle.ts';
import { ChaperoneError } from '../errors.ts';
import { commit, encodeContent, SALT_BYTES } from '../store/content.ts';
import { encodeRun, KEYS } from '../store/keys.ts';
import type { Write } from '../store/store.ts';
import { isKept } from './stored-tree.ts';
import { advance, encodeTail, searchText, type Tail } from './tail.ts';

/** Bytes of one event in canonical form, and of one piece of content. */
export const EVENT_LIMIT = 1 << 20;
export const CONTENT_LIMIT = 4 << 20;

interface Staged {
  event: AuditEvent;
  bytes: Buffer;
  content: Buffer | null;
  /** The run that the event has become part of. */
  run: Tail['run'];
}

export class Batch {
  readonly frontier: Frontier;
  /** The sessions that this batch touches, as they are after it. */
  readonly tails = new Map<SessionId, Tail>();
  readonly #before: ReadonlyMap<SessionId, Tail>;
  readonly #records: Write[] = [];
  /** The last state of each run that this batch begins or lengthens. */
  readonly #runs = new Map<string, { key: Buffer; run: Tail['run'] }>();

  /** @param before tails of the sessions that exist, at least of those that `add` will name */
  constructor(frontier: Frontier, before: ReadonlyMap<SessionId, Tail>) {
    this.frontier = frontier;
    this.#before = before;
  }

  /**
   * All of the drafts or, if one is not fit, none.
   * @throws ChaperoneError `EVENT_INVALID`, `TOO_LARGE`
   */
  add(session: SessionId, drafts: readonly Draft[]): void {
    let tail = this.tails.get(session) ?? this.#before.get(session) ?? null;
    const staged: Staged[] = [];
    for (const draft of drafts) {
      const next = stage(session, draft, tail);
      checkOrder(next.event, tail);
      tail = advance(tail, next.event, this.frontier.size + staged.length);
      staged.push({ ...next, run: tail.run });
    }
    if (tail === null) return;
    for (const next of staged) this.#put(next);
    this.tails.set(session, tail);
  }

  /** Everything to be written at once. */
  writes(): Write[] {
    const writes = this.#records;
    for (const [session, tail] of this.tails) {
      writes.push({ key: KEYS.session(session), value: encodeTail(tail) });
    }
    for (const { key, run } of this.#runs.values()) writes.push({ key, value: encodeRun(run) });
    return writes;
  }

  #put({ event, bytes, content, run }: Staged): void {
    const index = this.frontier.size;
    this.#runs.set(`${event.session}/${run.seq}`, { key: KEYS.run(event.session, run.seq), run });
    this.#records.push({ key: KEYS.event(index), value: bytes });
    if (content !== null) this.#records.push({ key: KEYS.content(index), value: content });
    const text = searchText(event);
    if (text !== null) {
      this.#records.push({ key: KEYS.search(event.session, event.seq), value: Buffer.from(text) });
    }
    this.frontier.append(leafHash(bytes), (node, hash) => {
      if (isKept(node)) this.#records.push({ key: KEYS.subtree(node), value: hash });
    });
  }
}

/** The event that a draft becomes. Time never runs backwards within a session. */
function stage(session: SessionId, draft: Draft, tail: Tail | null) {
  const { body, content } = refer(draft.body);
  const at = Math.max(draft.at, tail?.lastAt ?? 0);
  const event = checkEvent({ v: 1, session, seq: tail?.events ?? 0, at, body });
  const bytes = canonicalBytes(event);
  if (bytes.length > EVENT_LIMIT) {
    throw new ChaperoneError(
      'TOO_LARGE',
      `an event of ${bytes.length} bytes is over the limit of ${EVENT_LIMIT}`,
    );
  }
  return { event, bytes, content };
}

function refer(body: DraftBody): { body: EventBody; content: Buffer | null } {
  if (body.type !== 'session.output' && body.type !== 'session.input') return { body, content: null };
  const bytes = body.content;
  if (!(bytes instanceof Uint8Array)) throw new ChaperoneError('EVENT_INVALID', `${body.type} without bytes`);
  if (bytes.length > CONTENT_LIMIT) {
    throw new ChaperoneError(
      'TOO_LARGE',
      `${bytes.length} bytes at once are over the limit of ${CONTENT_LIMIT}`,
    );
  }
  const salt = newSalt();
  const ref: ContentRef = commit(salt, bytes);
  return { body: { type: body.type, content: ref }, content: encodeContent(salt, bytes) };
}

/** A session begins with its start, once, and nothing follows its end. */
function checkOrder({ session, body }: AuditEvent, tail: Tail | null): void {
  if (session === SYSTEM) {
    if (body.type.startsWith('session.')) throw disorder(`${body.type} needs a session of its own`);
    return;
  }
  if (tail === null && body.type !== 'session.start') throw disorder(`session ${session} has not begun`);
  if (tail !== null && body.type === 'session.start') throw disorder(`session ${session} has begun already`);
  if (tail?.ended !== undefined) throw disorder(`session ${session} has ended`);
}

function disorder(message: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', message);
}

const pool = Buffer.alloc(256 * SALT_BYTES);
let used = pool.length;

/** Random bytes are cheaper by the pageful. */
function newSalt(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += SALT_BYTES;
  return Buffer.from(pool.subarray(used - SALT_BYTES, used));
}
