/** Requests to the Kubernetes API, as the page shows them: the admission joined with the end. */
import type { BodySummary } from '../../recorder/audit/request.ts';
import type { SessionId } from '../../recorder/audit/units.ts';
import { requestText } from '../../recorder/export/labels.ts';
import type { EventOf } from '../api.ts';
import { type Judged, judgedOf } from './judged.ts';

export interface ApiRequest extends Judged {
  id: string;
  /** Of its admission. */
  seq: number;
  /** Seconds since the start of the session. */
  time: number;
  method: string;
  uri: string;
  verb: string;
  /** `deployments/scale`, or the path of what is no resource. */
  what: string;
  /** `namespace/name`. */
  place: string;
  /** All of that in one line. */
  text: string;
  dryRun: boolean;
  /** What the client says of itself. */
  client: string;
  /** The session that it opened. */
  opens: SessionId | null;
  /** It repeats a refused request over another protocol. */
  repeats: boolean;
  sent: BodySummary | null;
  /** Null while it is under way. */
  end: RequestEnd | null;
}

export interface RequestEnd {
  outcome: 'answered' | 'refused' | 'failed' | 'cancelled' | 'upgraded';
  status: number;
  micros: number;
  answer: BodySummary | null;
  error: string;
}

export function toRequest({ seq, at, body }: EventOf<'request.admitted'>, startedAt: number): ApiRequest {
  const { id, method, uri, request, dryRun, client, opens, repeats } = body;
  const { verb, resource, subresource, namespace, name, path } = request;
  return {
    ...{ id, seq, method, uri, verb, dryRun },
    ...judgedOf(body),
    time: Math.max(0, (at - startedAt) / 1e6),
    what: resource === '' ? path : [resource, subresource].filter(Boolean).join('/'),
    place: [namespace, name].filter(Boolean).join('/'),
    text: requestText(request),
    client: [client.command, client.agent].filter(Boolean).join(' · '),
    opens: opens ?? null,
    repeats: repeats !== undefined,
    sent: body.body ?? null,
    end: null,
  };
}

export function toEnd({ body }: EventOf<'request.ended'>): RequestEnd {
  const { outcome, status, micros, answer = null, error = '' } = body;
  return { outcome, status, micros, answer, error };
}

/** Requests that change something. */
export function isWrite({ method, dryRun }: ApiRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && !dryRun;
}

/** Answers that are none, or say that something went wrong. */
export function hasFailed({ end }: ApiRequest): boolean {
  return end !== null && (end.outcome === 'failed' || end.status >= 400) && end.outcome !== 'refused';
}

/**
 * The request before `request` whose answer shows the object that `request` changed, as it was; null where none is
 * known.
 */
export function before(
  requests: readonly ApiRequest[],
  request: Pick<ApiRequest, 'method' | 'uri' | 'seq'>,
): ApiRequest | null {
  if (request.method !== 'PUT' && request.method !== 'PATCH') return null;
  const object = pathOf(request.uri);
  const known = requests.findLast(
    (other) =>
      other.seq < request.seq &&
      pathOf(other.uri) === object &&
      !other.dryRun &&
      other.verb !== 'delete' &&
      other.end?.status === 200 &&
      other.end.answer !== null,
  );
  return known ?? null;
}

function pathOf(uri: string): string {
  return uri.split('?', 1)[0]!;
}
