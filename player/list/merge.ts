/** How fresh pages join what is already shown. */
import type { SessionSummary } from '../../recorder/log/ports.ts';

/** `fresh` replaces sessions of the same id; all stay newest first. */
export function mergeSessions(
  shown: readonly SessionSummary[],
  fresh: readonly SessionSummary[],
): SessionSummary[] {
  const byId = new Map(shown.map((session) => [session.id, session]));
  for (const session of fresh) byId.set(session.id, session);
  return [...byId.values()].sort(newestFirst);
}

/** Ids are ULIDs: their order is the order of the starts. */
function newestFirst(a: SessionSummary, b: SessionSummary): number {
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

export interface Day {
  name: string;
  sessions: SessionSummary[];
}

/** Runs of sessions that share a day. */
export function byDay(
  sessions: readonly SessionSummary[],
  nameOf: (session: SessionSummary) => string,
): Day[] {
  const days: Day[] = [];
  for (const session of sessions) {
    const name = nameOf(session);
    const last = days.at(-1);
    if (last?.name === name) last.sessions.push(session);
    else days.push({ name, sessions: [session] });
  }
  return days;
}
