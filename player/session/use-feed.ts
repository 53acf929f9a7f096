import { useEffect, useRef, useState } from 'preact/hooks';
import { Repeated } from '../repeated.ts';

/** After a look that failed, in milliseconds. */
const RETRY_MS = 2000;

export interface Feed<T> {
  items: readonly T[];
  loaded: boolean;
  error: Error | null;
}

/** Looks for what is new, and gives all that there is; the same list where nothing is. */
export type Look<T> = (signal: AbortSignal) => Promise<readonly T[]>;

interface Given<T> {
  /** Of which session; another one begins anew. */
  id: string;
  /** Whenever it changes, there may be something new. */
  news: unknown;
  /** Between two looks, in milliseconds. */
  rest: number;
  begin: () => Look<T>;
}

/** A list that grows with its session. */
export function useFeed<T>({ id, news, rest, begin }: Given<T>): Feed<T> {
  const [state, setState] = useState<Feed<T>>({ items: [], loaded: false, error: null });
  const feed = useRef<Repeated | null>(null);

  useEffect(() => {
    const look = begin();
    const repeated = new Repeated(
      async (signal) => {
        const items = await look(signal);
        setState({ items, loaded: true, error: null });
      },
      { rest, retry: RETRY_MS, onError: (error) => setState((now) => ({ ...now, error })) },
    );
    feed.current = repeated;
    return () => repeated.stop();
  }, [id]);

  useEffect(() => feed.current?.ask(), [id, news]);

  return state;
}
