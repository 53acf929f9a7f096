import { useEffect, useRef, useState } from 'preact/hooks';
import { getEvents, type SessionSummary } from '../api.ts';
import { Repeated } from '../repeated.ts';
import { type ApiRequest, toEnd, toRequest } from './request.ts';

/** Between two looks for new ones, and after one that failed, in milliseconds. */
const REST_MS = 500;
const RETRY_MS = 2000;

export interface Requests {
  requests: ApiRequest[];
  loaded: boolean;
  error: Error | null;
}

/** The requests of a session; those that came since, and ends, are fetched whenever the session has new events. */
export function useRequests(session: SessionSummary): Requests {
  const [state, setState] = useState<Requests>({ requests: [], loaded: false, error: null });
  const feed = useRef<Repeated | null>(null);

  useEffect(() => {
    const known = new Map<string, ApiRequest>();
    let next = 0;
    const fetchMore = async (signal: AbortSignal) => {
      const query = { types: ['request.admitted', 'request.ended'] as const, from: next };
      for await (const event of getEvents(session.id, query, signal)) {
        next = event.seq + 1;
        if (event.body.type === 'request.admitted') {
          known.set(event.body.id, toRequest({ ...event, body: event.body }, session.startedAt));
          continue;
        }
        const request = known.get(event.body.id);
        if (request !== undefined)
          known.set(request.id, { ...request, end: toEnd({ ...event, body: event.body }) });
      }
      setState({ requests: [...known.values()], loaded: true, error: null });
    };
    const repeated = new Repeated(fetchMore, {
      rest: REST_MS,
      retry: RETRY_MS,
      onError: (error) => setState((now) => ({ ...now, error })),
    });
    feed.current = repeated;
    return () => repeated.stop();
  }, [session.id]);

  useEffect(() => feed.current?.ask(), [session.id, session.events]);

  return state;
}
