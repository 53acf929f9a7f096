/** How fresh pages join what is already shown. */
import type { SessionPage, SessionSummary } from '../../recorder/log/ports.ts';

/** The newest sessions, and where the older ones go on. */
export interface Listed {
  sessions: SessionSummary[];
  next: string | undefined;
}

/**
 * The list with the first page as it is now, and with sessions further down asked for one by one.
 * Where more has come than a page holds (the tab slept) the list starts over: a list with a hole would
 * pass over sessions.
 */
export function refreshed(shown: Listed, first: SessionPage, single: readonly SessionSummary[]): Listed {
  const known = new Set(shown.sessions.map(({ id }) => id));
  const joins = first.next === undefined || first.sessions.some(({ id }) => known.has(id));
  if (!joins) return { sessions: first.sessions, next: first.next };
  return { sessions: mergeSessions(shown.sessions, [...first.sessions, ...single]), next: shown.next };
}

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
