/** What the log tells of a shell whose recorder was started anew: how far its output is stored. */
import type { SessionId } from '../../recorder/audit/units.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Archive, SessionSummary } from '../../recorder/log/ports.ts';
import type { DataStream, Offsets } from './shell-frame.ts';

export interface Restored {
  summary: SessionSummary;
  streams: DataStream[];
  stored: Offsets;
}

/** Null where it is none that can go on. */
export async function restored(archive: Archive, session: SessionId): Promise<Restored | null> {
  const summary = await archive.session(session).catch(unknown);
  if (summary?.entrance?.kind !== 'launcher' || summary.state === 'ended') return null;
  const joined = summary.terminal !== undefined;
  const stored: Offsets = { stdout: 0, stderr: 0, terminal: 0 };
  for await (const { event } of archive.events(session, { content: false })) {
    if (event.body.type !== 'session.output') continue;
    const { stream = joined ? 'terminal' : 'stdout', covers, content } = event.body;
    stored[stream] += covers ?? content.bytes;
  }
  return { summary, streams: joined ? ['terminal'] : ['stdout', 'stderr'], stored };
}

function unknown(error: unknown): null {
  if (error instanceof ChaperoneError && error.code === 'SESSION_UNKNOWN') return null;
  throw error;
}
