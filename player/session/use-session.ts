import { useCallback, useEffect, useState } from 'preact/hooks';
import { type EventOf, getEvents, getSession, type SessionSummary } from '../api.ts';

const REFRESH_MS = 2000;

export interface SessionState {
  session: SessionSummary | null;
  error: Error | null;
  /** Asks again, e.g. because the stream says that the session ended. */
  refresh: () => void;
}

/** One session's summary, renewed while it runs; an `error` beside a `session` says that it is out of date. */
export function useSession(id: string): SessionState {
  const [session, setSession] = useState<SessionSummary | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  const refresh = useCallback(() => setRound((now) => now + 1), []);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const later = () => {
      timer = setTimeout(refresh, REFRESH_MS);
    };
    getSession(id, abort.signal).then(
      (fresh) => {
        setSession(fresh);
        setError(null);
        if (fresh.state === 'live') later();
      },
      (failure: Error) => {
        if (abort.signal.aborted) return;
        setError(failure);
        if (session !== null) later();
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, round]);

  return { session, error, refresh };
}

/** The event that opened the session: the policy in force and who recorded it. */
export function useStart(id: string): EventOf<'session.start'> | null {
  const [start, setStart] = useState<EventOf<'session.start'> | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    // The first line is the one: the rest of the session is not waited for.
    getEvents(id, { types: ['session.start'] }, abort.signal)
      .next()
      .then(
        ({ value }) => {
          abort.abort();
          setStart(value ?? null);
        },
        () => {},
      );
    return () => abort.abort();
  }, [id]);
  return start;
}
