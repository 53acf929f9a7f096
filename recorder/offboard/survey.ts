/** Reads all sessions of somebody, newest first, for what their agents got hold of. */
import type { SessionId } from '../audit/units.ts';
import type { Archive, ArchiveBySubject, SessionSummary } from '../log/ports.ts';
import type { Credential } from './credential.ts';
import { Findings } from './findings.ts';
import { type CredentialReads, SessionTrail, type Unnamed } from './trail.ts';

export interface Survey {
  /** Newest first. */
  sessions: SessionSummary[];
  credentials: Credential[];
  /** True where there were more than are told apart. */
  overflow: boolean;
}

/** Of an answer that is longer it is not known which Secrets it names. */
const MAX_ANSWER = 16 * 1024 * 1024;
/** Answers that are read of one session; what is beyond counts as not kept. */
const MAX_ANSWERS = 500;
const PAGE = 500;

export async function survey(
  archive: Archive & ArchiveBySubject,
  users: readonly string[],
  { reads, signal }: { reads: CredentialReads; signal?: AbortSignal },
): Promise<Survey> {
  const findings = new Findings();
  const sessions: SessionSummary[] = [];
  for await (const session of sessionsOf(archive, users)) {
    signal?.throwIfAborted();
    sessions.push(session);
    await follow(archive, new SessionTrail(session, reads, findings), session.id);
  }
  return { sessions, credentials: findings.list(), overflow: findings.overflow };
}

/** Newest first. */
export async function* sessionsOf(
  archive: ArchiveBySubject,
  users: readonly string[],
): AsyncGenerator<SessionSummary> {
  for (let before: string | undefined; ; ) {
    const query = { limit: PAGE, ...(before !== undefined && { before }) };
    const page = await archive.sessionsOf(({ user }) => users.includes(user), query);
    yield* page.sessions;
    if (page.next === undefined) return;
    before = page.next;
  }
}

/** First without its content, most of which is what a terminal showed; then the few answers that are needed. */
async function follow(archive: Archive, trail: SessionTrail, id: SessionId): Promise<void> {
  for await (const { event } of archive.events(id, { content: false })) trail.add(event);
  for (const [n, request] of trail.unnamed().entries())
    trail.name(request.id, n < MAX_ANSWERS ? await answer(archive, id, request) : null);
}

/** Null where it is not kept, or not wholly. */
async function answer(archive: Archive, session: SessionId, { id, seq }: Unnamed): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const { event, content } of archive.events(session, { from: seq })) {
    const { body } = event;
    if ((body.type !== 'request.answer' && body.type !== 'request.ended') || body.id !== id) continue;
    if ('content' in body && body.content !== undefined) {
      if (content === null) return null;
      pieces.push(content);
      size += content.length;
    }
    if (size > MAX_ANSWER) return null;
    if (body.type === 'request.ended') {
      if (body.answer?.withheld !== undefined || body.answer?.cut !== undefined) return null;
      break;
    }
  }
  return size === 0 ? null : Buffer.concat(pieces).toString('utf8');
}
