import { useCallback, useEffect, useState } from 'preact/hooks';
import { isRoutine } from '../../recorder/audit/event.ts';
import { type EventOf, getEvents, getSession, type SessionSummary } from '../api.ts';
import { type Command, toCommand } from './command.ts';

const REFRESH_MS = 2000;

export interface SessionState {
  session: SessionSummary | null;
  error: Error | null;
  /** Asks again, e.g. because the stream says that the session ended. */
  refresh: () => void;
}

/** One session's summary, renewed while it runs. */
export function useSession(id: string): SessionState {
  const [session, setSession] = useState<SessionSummary | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  const refresh = useCallback(() => setRound((now) => now + 1), []);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    getSession(id, abort.signal).then(
      (fresh) => {
        setSession(fresh);
        setError(null);
        if (fresh.state === 'live') timer = setTimeout(refresh, REFRESH_MS);
      },
      (failure: Error) => abort.signal.aborted || setError(failure),
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, round]);

  return { session, error, refresh };
}

export interface Commands {
  commands: Command[];
  loaded: boolean;
  error: Error | null;
}

/** The decided commands; those that came since are fetched whenever `news` changes. */
export function useCommands(session: SessionSummary, news: unknown): Commands {
  const [state, setState] = useState<Commands>({ commands: [], loaded: false, error: null });

  useEffect(() => {
    const abort = new AbortController();
    const from = (state.commands.at(-1)?.seq ?? -1) + 1;
    getEvents(session.id, { type: 'command.decided', from }, abort.signal).then(
      (events) => {
        const shown = events.filter(({ body }) => !isRoutine(body));
        const fresh = shown.map((event) => toCommand(event, session.startedAt));
        setState((now) => ({ commands: joined(now.commands, fresh), loaded: true, error: null }));
      },
      (error: Error) => abort.signal.aborted || setState((now) => ({ ...now, loaded: true, error })),
    );
    return () => abort.abort();
  }, [session.id, news]);

  return state;
}

function joined(known: Command[], fresh: Command[]): Command[] {
  const last = known.at(-1)?.seq ?? -1;
  const news = fresh.filter(({ seq }) => seq > last);
  return news.length === 0 ? known : [...known, ...news];
}

/** The event that opened the session: the policy in force and who recorded it. */
export function useStart(id: string): EventOf<'session.start'> | null {
  const [start, setStart] = useState<EventOf<'session.start'> | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    getEvents(id, { type: 'session.start' }, abort.signal).then(
      ([event]) => setStart(event ?? null),
      () => {},
    );
    return () => abort.abort();
  }, [id]);
  return start;
}
