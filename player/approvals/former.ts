/** The object that a request would replace, as its session has seen it last. */
import { type ApprovalView, getBodies } from '../api.ts';
import { before } from '../session/request.ts';
import { requestsOf } from '../session/use-requests.ts';

/** Null where it is not known, or what is sent is no whole object to compare it with. */
export async function formerOf(
  { asked, session }: Pick<ApprovalView, 'asked' | 'session'>,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (asked.kind !== 'request' || asked.method !== 'PUT') return null;
  // The server has said it.
  if (asked.effect?.kind === 'change') return null;
  const requests = await requestsOf({ id: session, startedAt: 0 })(signal);
  const former = before(requests, { method: asked.method, uri: asked.uri, seq: Number.POSITIVE_INFINITY });
  if (former === null) return null;
  const { answer, removed } = await getBodies(session, { request: former.id, from: former.seq }, signal);
  return removed ? null : answer;
}
