import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { getSession, listSessions, type SessionPage, type SessionSummary } from '../api.ts';
import { type Listed, mergeSessions, refreshed } from './merge.ts';

export interface SessionList {
  sessions: SessionSummary[];
  /** `first`: nothing shown yet; `more`: a further page is on its way. */
  loading: 'first' | 'more' | null;
  error: Error | null;
  /** Why what is shown could not be renewed; it is tried again. */
  stale: Error | null;
  hasMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

interface State extends Listed, Pick<SessionList, 'loading' | 'error' | 'stale'> {
  search: string;
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
      ({ sessions, next }) => setState({ ...empty(search), sessions, next, loading: null }),
      (error: Error) => abort.signal.aborted || setState({ ...empty(search), loading: null, error }),
    );
    return () => abort.abort();
  }, [search, attempt]);

  useEffect(() => {
    if (!watched) return;
    return every(REFRESH_MS, (signal) => refresh(latest.current, setState, signal));
  }, [watched]);

  const ask = useCallback(() => {
    const { next, loading, search: shown } = latest.current;
    if (next === undefined || loading !== null) return;
    const same = (change: (now: State) => State) =>
      setState((now) => (now.search === shown ? change(now) : now));
    same((now) => ({ ...now, loading: 'more', error: null }));
    listSessions({ search: shown, before: next }).then(
      (page) => same((now) => grown(now, page)),
      (error: Error) => same((now) => ({ ...now, loading: null, error })),
    );
  }, []);

  // What scrolling asked for may come after the answer that failed: only a hand asks again then.
  const loadMore = useCallback(() => {
    if (latest.current.error === null) ask();
  }, []);

  const retry = useCallback(() => {
    if (latest.current.sessions.length > 0) ask();
    else setAttempt((now) => now + 1);
  }, []);
  const { next, ...shown } = state;
  return { ...shown, hasMore: next !== undefined, loadMore, retry };
}

function empty(search: string): State {
  return { search, sessions: [], next: undefined, loading: 'first', error: null, stale: null };
}

function grown(state: State, { sessions, next }: SessionPage): State {
  return { ...state, sessions: mergeSessions(state.sessions, sessions), next, loading: null, error: null };
}

/** News of the first page, and of running sessions further down. A failure keeps what is shown, and says so. */
async function refresh(state: State, setState: (update: (now: State) => State) => void, signal: AbortSignal) {
  if (state.loading !== null || state.error !== null) return;
  const same = (change: (now: State) => State) =>
    setState((now) => (now.search === state.search && now.loading !== 'first' ? change(now) : now));
  try {
    const first = await listSessions({ search: state.search }, signal);
    const single = await runningBelow(state, first, signal);
    same((now) => ({ ...now, ...refreshed(now, first, single), stale: null }));
  } catch (stale) {
    if (!signal.aborted) same((now) => ({ ...now, stale: stale as Error }));
  }
}

function runningBelow(state: State, first: SessionPage, signal: AbortSignal): Promise<SessionSummary[]> {
  const seen = new Set(first.sessions.map(({ id }) => id));
  const running = state.sessions.filter((session) => session.state === 'live' && !seen.has(session.id));
  return Promise.all(running.slice(0, MOST_SINGLE).map(({ id }) => getSession(id, signal)));
}

/** Repeats `task` while the page is visible; one at a time. */
function every(milliseconds: number, task: (signal: AbortSignal) => Promise<void>): () => void {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const run = async () => {
    if (document.visibilityState === 'visible') await task(abort.signal);
    if (!abort.signal.aborted) timer = setTimeout(run, milliseconds);
  };
  timer = setTimeout(run, milliseconds);
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}
