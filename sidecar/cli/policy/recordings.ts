/** Every recorded decision, with what the record tells of the action, newest session first. Memory stays flat. */
import { hostname, userInfo } from 'node:os';
import type { AuditEvent } from '../../../recorder/audit/event.ts';
import type { Archive, SessionSummary } from '../../../recorder/log/ports.ts';
import { type DecidedBody, isDecided, type Recorded, recorded } from '../../policy/replay/recorded.ts';
import { homeDirectory } from '../home.ts';

export interface Replayed {
  session: SessionSummary;
  event: AuditEvent;
  body: DecidedBody;
  recorded: Recorded;
  /** The same with what was kept of its body: a look into the store of its own, for whom it matters. */
  withContent(): Promise<Recorded>;
}

/** Sessions whose decisions are listed. */
export async function* recordedSessions(archive: Archive): AsyncGenerator<SessionSummary> {
  for (let before: string | undefined; ; ) {
    const page = await archive.sessions({ limit: 500, ...(before !== undefined && { before }) });
    for (const session of page.sessions) if (session.commands + session.requests > 0) yield session;
    if (page.next === undefined) return;
    before = page.next;
  }
}

/** @param progress told how many decisions of how many are done */
export async function* replay(
  archive: Archive,
  progress: (done: number, total: number) => void,
): AsyncGenerator<Replayed> {
  let total = 0;
  for await (const { commands, requests } of recordedSessions(archive)) total += commands + requests;
  let done = 0;
  for await (const session of recordedSessions(archive)) {
    const home = homeOf(session);
    for await (const { event } of archive.events(session.id, { content: false })) {
      const { body } = event;
      if (!isDecided(body)) continue;
      progress(Math.min(++done, total), total);
      const withContent = async () =>
        recorded(body, { session, home, content: await contentOf(archive, event) });
      yield { session, event, body, recorded: recorded(body, { session, home }), withContent };
    }
  }
}

/** Of the one who asks, on this machine. */
function homeOf({ identity, host, entrance }: SessionSummary): string | null {
  const own = entrance === undefined && host === hostname() && identity.user === userInfo().username;
  return own ? homeDirectory() : null;
}

async function contentOf(archive: Archive, { session, seq }: AuditEvent): Promise<Uint8Array | null> {
  for await (const { content } of archive.events(session, { from: seq })) return content;
  return null;
}
