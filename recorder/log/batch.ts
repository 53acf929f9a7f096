/**
 * One atomic batch in the making: drafts of many sessions become events, leaves, content and projections.
 * Nothing of the log's own state changes before the batch is stored; then the log takes over `frontier` and `tails`.
 */
import { canonicalBytes } from '../audit/canonical.ts';
import { checkEvent } from '../audit/decode.ts';
import type { AuditEvent, Draft, DraftBody, EventBody } from '../audit/event.ts';
import { type Frontier, leafHash } from '../audit/merkle.ts';
import type { SessionId } from '../audit/units.ts';
import { orderFault } from '../audit/verify.ts';
import { ChaperoneError } from '../errors.ts';
import {
  type Context,
  commit,
  newSalt,
  type Piece,
  packAlone,
  packAsIs,
  packGrouped,
} from '../store/content.ts';
import { encodeRun, KEYS } from '../store/keys.ts';
import { encodeLeaf } from '../store/leaf.ts';
import type { Packed } from '../store/packer.ts';
import type { Write } from '../store/store.ts';
import type { Effort } from './effort.ts';
import { mentionWrites } from './mentions.ts';
import { isKept } from './stored-tree.ts';
import { subjectWrites } from './subjects.ts';
import { advance, encodeTail, searchText, type Tail } from './tail.ts';

/** Bytes of one event in canonical form, and of one piece of content. */
export const EVENT_LIMIT = 1 << 20;
export const CONTENT_LIMIT = 4 << 20;

/** What the log knows of a session while it is written. Immutable, so that a batch that fails leaves no trace. */
export interface Place {
  tail: Tail;
  /** What its output said last, for compressing what comes next. */
  context: Context | null;
}

interface Arrival {
  session: SessionId;
  draft: Draft;
  /** Its content, where that has been packed already. */
  packed: Packed | null;
}

/**
 * Bytes of a request's or answer's body up to which it is stored as it is: setting a compressor up costs more than the
 * body is worth, and LevelDB compresses the blocks that such bodies share.
 */
const SMALL_BODY = 4 << 10;

interface Staged {
  event: AuditEvent;
  bytes: Buffer;
  content: Buffer | null;
  place: Place;
  /** The run that ended before this event, because others stand between. The last run of a session is in its tail. */
  closed: Tail['run'] | null;
}

export class Batch {
  readonly frontier: Frontier;
  /** The sessions that this batch touches, as they are after it. */
  readonly places = new Map<SessionId, Place>();
  readonly #before: ReadonlyMap<SessionId, Place>;
  readonly #effort: Effort;
  readonly #records: Write[] = [];

  /** @param before the sessions that exist already, at least those that `add` will name */
  constructor(frontier: Frontier, before: ReadonlyMap<SessionId, Place>, effort: Effort) {
    this.frontier = frontier;
    this.#before = before;
    this.#effort = effort;
  }

  /**
   * All of the drafts or, if one is not fit, none.
   * @param packed the content of each draft, where it has been packed already
   * @throws ChaperoneError `EVENT_INVALID`, `TOO_LARGE`
   */
  add(session: SessionId, drafts: readonly Draft[], packed: readonly Packed[] | null = null): void {
    let place = this.places.get(session) ?? this.#before.get(session) ?? null;
    const staged: Staged[] = [];
    for (const [i, draft] of drafts.entries()) {
      const index = this.frontier.size + staged.length;
      const next = this.#stage({ session, draft, packed: packed?.[i] ?? null }, place, index);
      place = next.place;
      staged.push(next);
    }
    if (place === null || staged.length === 0) return;
    for (const next of staged) this.#put(next);
    this.places.set(session, place);
  }

  /** Everything to be written at once. */
  writes(): Write[] {
    const writes = this.#records;
    for (const [session, { tail }] of this.places) {
      writes.push({ key: KEYS.session(session), value: encodeTail(tail) });
    }
    return writes;
  }

  /** The event that a draft becomes. Time never runs backwards within a session. */
  #stage({ session, draft, packed }: Arrival, place: Place | null, index: number): Staged {
    const seq = place?.tail.events ?? 0;
    const at = Math.max(draft.at, place?.tail.lastAt ?? 0);
    const { body, piece } = packed === null ? refer(draft.body, seq) : refersTo(draft.body, packed);
    const event = checkEvent({ v: 1, session, seq, at, body });
    const wrong = orderFault(event, place?.tail ?? null);
    if (wrong !== null) throw new ChaperoneError('EVENT_INVALID', wrong);
    const bytes = canonicalBytes(event);
    if (bytes.length > EVENT_LIMIT) {
      throw new ChaperoneError(
        'TOO_LARGE',
        `an event of ${bytes.length} bytes is over the limit of ${EVENT_LIMIT}`,
      );
    }
    const tail = advance(place?.tail ?? null, event, index);
    const closed = place === null || tail.run.seq === place.tail.run.seq ? null : place.tail.run;
    const { content, context } =
      packed === null
        ? this.#pack(body.type, piece, place?.context ?? null)
        : { content: packed.value, context: null };
    return { event, bytes, content, place: { tail, context }, closed };
  }

  /** What is stored of a piece, and what the session's output says up to here. */
  #pack(
    type: EventBody['type'],
    piece: Piece | null,
    before: Context | null,
  ): { content: Buffer | null; context: Context | null } {
    if (piece === null) return { content: null, context: before };
    if (type.startsWith('request.') && piece.bytes.length <= SMALL_BODY)
      return { content: packAsIs(piece), context: before };
    // Input stands alone: it is rare, and what was typed should not lie in the dictionary of what was printed.
    if (type !== 'session.output') return { content: packAlone(piece), context: before };
    const packed = this.#effort.afford(() => packGrouped(piece, before));
    if (packed === null) return { content: packAlone(piece), context: null };
    return { content: packed.value, context: packed.context };
  }

  #put({ event, bytes, content, closed }: Staged): void {
    const index = this.frontier.size;
    const leaf = leafHash(bytes);
    if (closed !== null) {
      this.#records.push({ key: KEYS.run(event.session, closed.seq), value: encodeRun(closed) });
    }
    this.#records.push({ key: KEYS.event(index), value: encodeLeaf(event, bytes, leaf) });
    if (content !== null) this.#records.push({ key: KEYS.content(index), value: content });
    const text = searchText(event);
    if (text !== null) {
      this.#records.push({ key: KEYS.search(event.session, event.seq), value: Buffer.from(text) });
    }
    this.#records.push(...mentionWrites(event, index), ...subjectWrites(event));
    this.frontier.append(leaf, (node, hash) => {
      if (isKept(node)) this.#records.push({ key: KEYS.subtree(node), value: hash });
    });
  }
}

function hasContent(body: DraftBody): body is DraftBody & { content: Uint8Array } {
  return 'content' in body && body.content !== undefined;
}

function refersTo(body: DraftBody, { ref }: Packed): { body: EventBody; piece: null } {
  return { body: { ...body, content: ref } as EventBody, piece: null };
}

/** Content is replaced by what the leaf says of it. */
function refer(body: DraftBody, seq: number): { body: EventBody; piece: Piece | null } {
  if (!hasContent(body)) return { body: body as EventBody, piece: null };
  const bytes = body.content;
  if (!(bytes instanceof Uint8Array)) throw new ChaperoneError('EVENT_INVALID', `${body.type} without bytes`);
  if (bytes.length > CONTENT_LIMIT) {
    throw new ChaperoneError(
      'TOO_LARGE',
      `${bytes.length} bytes at once are over the limit of ${CONTENT_LIMIT}`,
    );
  }
  const salt = newSalt();
  return { body: { ...body, content: commit(salt, bytes) } as EventBody, piece: { salt, bytes, seq } };
}
