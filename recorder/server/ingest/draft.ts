/**
 * The drafts of an append frame, read strictly: each must be an event of the closed union that a writer may
 * say, and every byte of content is claimed exactly once. Pure.
 */
import { checkEvent } from '../../audit/decode.ts';
import type { Draft, DraftBody, EventBody } from '../../audit/event.ts';
import { type SessionId, SYSTEM } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { AppendFrame } from './frame.ts';

export interface Append {
  call: number;
  session: SessionId;
  drafts: Draft[];
}

const MAX_DRAFTS = 10_000;
/** Stands where the hash will be, so that a draft can be checked by the schema of events. */
const HASH_TO_COME = 'A'.repeat(43);

/** @throws ChaperoneError `EVENT_INVALID` or `FORBIDDEN`, saying which event is wrong */
export function decodeDrafts({ call, head, content }: AppendFrame): Append {
  const { session, drafts } = readHead(head);
  const reader = { content, offset: 0 };
  const decoded = drafts.map((draft) => decodeDraft(session, draft, reader));
  if (reader.offset !== content.length) throw invalid('more bytes came than its events claim');
  return { call, session, drafts: decoded };
}

function readHead(head: unknown): { session: SessionId; drafts: unknown[] } {
  if (!hasExactly(head, ['session', 'drafts'])) throw invalid('its head is not {session, drafts}');
  const { session, drafts } = head;
  if (typeof session !== 'string') throw invalid('its session is no text');
  if (!Array.isArray(drafts) || drafts.length === 0 || drafts.length > MAX_DRAFTS) {
    throw invalid(`it must hold 1 to ${MAX_DRAFTS} events`);
  }
  return { session, drafts };
}

function decodeDraft(session: SessionId, draft: unknown, reader: { content: Buffer; offset: number }): Draft {
  if (!hasExactly(draft, ['at', 'body'])) throw invalid('an event of it is not {at, body}');
  const length = contentLength(draft.body);
  const body =
    length === null
      ? draft.body
      : { ...(draft.body as object), content: { bytes: length, hash: HASH_TO_COME } };
  const event = checkEvent({ v: 1, session, seq: 0, at: draft.at, body });
  refuseWhatIsNotTheWriters(session, event.body);
  if (length === null) return { at: event.at, body: event.body as DraftBody };
  const end = reader.offset + length;
  if (end > reader.content.length) throw invalid('its events claim more bytes than came');
  const bytes = reader.content.subarray(reader.offset, end);
  reader.offset = end;
  return { at: event.at, body: { ...event.body, content: bytes } as DraftBody };
}

/** On the wire `content` is the number of its bytes; null where there is none, or nothing that counts. */
function contentLength(body: unknown): number | null {
  const content = (body as { content?: unknown } | null)?.content;
  if (content === undefined) return null;
  if (!Number.isSafeInteger(content) || (content as number) < 0)
    throw invalid('a content is no number of bytes');
  return content as number;
}

function refuseWhatIsNotTheWriters(session: SessionId, body: EventBody): void {
  switch (body.type) {
    case 'session.start':
      // Nothing on this path has verified a signature or heard a hook: a writer can only claim.
      if (body.identity.proof !== 'claimed')
        throw forbidden(`an identity whose proof is ${body.identity.proof}`);
      break;
    case 'session.output':
    case 'session.input':
    case 'session.resize':
    case 'session.end':
    case 'session.file':
    case 'connection.opened':
    case 'connection.closed':
    case 'command.decided':
    case 'tool.decided':
    case 'hook.received':
    case 'request.admitted':
    case 'request.answer':
    case 'request.ended':
    case 'gap':
      break;
    case 'policy.loaded':
    case 'policy.rejected':
      if (session === SYSTEM) return;
      throw forbidden(`${body.type} in a session`);
    case 'identity.proven':
    case 'approval.requested':
    case 'approval.effect':
    case 'approval.voted':
    case 'approval.settled':
    case 'approval.used':
    case 'approval.returned':
    case 'approval.revoked':
    case 'access.login':
    case 'access.logout':
    case 'access.viewed':
    case 'access.refused':
    case 'access.offboarded':
      throw forbidden(`${body.type}, which is the recorder's own to say`);
  }
  if (session === SYSTEM) throw forbidden(`${body.type} outside a session`);
}

function hasExactly<K extends string>(value: unknown, keys: readonly K[]): value is Record<K, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const own = Object.keys(value);
  return own.length === keys.length && keys.every((key) => Object.hasOwn(value, key));
}

function invalid(why: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', `an append cannot be recorded: ${why}`);
}

function forbidden(what: string): ChaperoneError {
  return new ChaperoneError('FORBIDDEN', `a writer may not record ${what}`);
}
