import { getEvents, type SessionSummary } from '../api.ts';
import { type ApiRequest, toEnd, toRequest } from './request.ts';
import { type Feed, type Look, useFeed } from './use-feed.ts';

/** Between two looks for new ones, in milliseconds. */
const REST_MS = 500;

/** The requests of a session; those that came since, and ends, are fetched whenever the session has new events. */
export function useRequests(session: SessionSummary): Feed<ApiRequest> {
  return useFeed({
    id: session.id,
    news: session.events,
    rest: REST_MS,
    begin: () => requestsOf(session),
  });
}

export function requestsOf({ id, startedAt }: Pick<SessionSummary, 'id' | 'startedAt'>): Look<ApiRequest> {
  const known = new Map<string, ApiRequest>();
  let from = 0;
  return async (signal) => {
    const types = ['request.admitted', 'request.ended'] as const;
    for await (const event of getEvents(id, { types, from }, signal)) {
      from = event.seq + 1;
      const { body } = event;
      if (body.type === 'request.admitted') known.set(body.id, toRequest({ ...event, body }, startedAt));
      else {
        const request = known.get(body.id);
        if (request !== undefined) known.set(body.id, { ...request, end: toEnd({ ...event, body }) });
      }
    }
    return [...known.values()];
  };
}
