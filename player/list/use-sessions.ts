import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { getSession, listSessions, type SessionSummary } from '../api.ts';
import { mergeSessions } from './merge.ts';

export interface SessionList {
  sessions: SessionSummary[];
  /** `first`: nothing shown yet; `more`: a further page is on its way. */
  loading: 'first' | 'more' | null;
  error: Error | null;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

interface State {
  search: string;
  sessions: SessionSummary[];
  next: string | undefined;
  loading: 'first' | 'more' | null;
  error: Error | null;
}

const REFRESH_MS = 2000;
/** Running sessions beyond the first page that a refresh asks for one by one. */
const MOST_SINGLE = 20;

/** The sessions that match `search`, newest first, a page at a time; refreshed while they are looked at. */
export function useSessions(search: string, watched: boolean): SessionList {
  const [state, setState] = useState<State>(() => empty(search));
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(state);
  latest.current = state;

  useEffect(() => {
    const abort = new AbortController();
    setState((now) =>
      now.search === search && now.error === null ? now : { ...empty(search), sessions: now.sessions },
    );
    listSessions({ search }, abort.signal).then(
      ({ sessions, next }) => setState({ search, sessions, next, loading: null, error: null }),
      (error: Error) => abort.signal.aborted || setState({ ...empty(search), loading: null, error }),
    );
    return () => abort.abort();
  }, [search, attempt]);

  useEffect(() => {
    if (!watched) return;
    return every(REFRESH_MS, (signal) => refresh(latest.current, setState, signal));
  }, [watched]);

  const loadMore = useCallback(() => {
    const { next, loading, search: shown } = latest.current;
    if (next === undefined || loading !== null) return;
    setState((now) => ({ ...now, loading: 'more' }));
    listSessions({ search: shown, before: next }).then(
      (page) => setState((now) => (now.search === shown ? grown(now, page.sessions, page.next) : now)),
      (error: Error) => setState((now) => ({ ...now, loading: null, error })),
    );
  }, []);

  const retry = useCallback(() => setAttempt((now) => now + 1), []);
  const { sessions, loading, error, next } = state;
  return { sessions, loading, error, hasMore: next !== undefined, loadMore, retry };
}

function empty(search: string): State {
  return { search, sessions: [], next: undefined, loading: 'first', error: null };
}

function grown(state: State, fresh: SessionSummary[], next: string | undefined): State {
  return { ...state, sessions: mergeSessions(state.sessions, fresh), next, loading: null, error: null };
}

/** News of the first page, and of running sessions further down. A failure keeps what is shown. */
async function refresh(state: State, setState: (update: (now: State) => State) => void, signal: AbortSignal) {
  if (state.loading !== null || state.error !== null) return;
  const { search } = state;
  const { sessions: first } = await listSessions({ search }, signal);
  const seen = new Set(first.map(({ id }) => id));
  const running = state.sessions.filter((session) => session.state === 'live' && !seen.has(session.id));
  const single = await Promise.all(running.slice(0, MOST_SINGLE).map(({ id }) => getSession(id, signal)));
  setState((now) =>
    now.search === search ? { ...now, sessions: mergeSessions(now.sessions, [...first, ...single]) } : now,
  );
}

/** Repeats `task` while the page is visible; one at a time. */
function every(milliseconds: number, task: (signal: AbortSignal) => Promise<void>): () => void {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const run = async () => {
    if (document.visibilityState === 'visible') await task(abort.signal).catch(() => {});
    if (!abort.signal.aborted) timer = setTimeout(run, milliseconds);
  };
  timer = setTimeout(run, milliseconds);
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}
