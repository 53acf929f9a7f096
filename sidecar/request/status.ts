/**
 * A refusal as Kubernetes says it, so that kubectl prints it as its own and a client library does not try again. Pure.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
import type { RequestInfo } from '../../recorder/audit/request.ts';
import type { Refused } from '../action.ts';
import { denialOf, sentenceOf } from '../denial.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

interface Cause {
  /** Of a refusal by policy `PolicyEffect`, `PolicyRule`, `Reason`, `Instead` or `NextStep`: see denial.ts. */
  reason: string;
  message: string;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<never, never>;
  status: 'Failure';
  message: string;
  reason: string;
  details?: { name?: string; group?: string; kind?: string; causes: Cause[]; retryAfterSeconds?: number };
  code: number;
}

/** 403: a rule refused it, or asked a person who did not say yes. */
export function forbidden(
  request: RequestInfo,
  { decision, approval }: Pick<Refused, 'decision' | 'approval'>,
): Status {
  const denial = denialOf(decision, approval);
  const { effect, rule, reason, instead, next } = denial;
  const rather = instead === undefined ? '' : ` Instead: ${instead}`;
  return status(403, 'Forbidden', {
    message: `${named(request)} is forbidden: ${sentenceOf(denial)}${rather} (${next})`,
    details: details(request, [
      { reason: 'PolicyEffect', message: effect },
      { reason: 'PolicyRule', message: rule },
      { reason: 'Reason', message: reason },
      ...(instead === undefined ? [] : [{ reason: 'Instead', message: instead }]),
      { reason: 'NextStep', message: next },
    ]),
  });
}

/** A request that nothing can judge. */
export function unfit({ code, message }: Refusal): Status {
  const { status: http, reason } = REFUSALS[code];
  const text = `chaperone: ${message}`;
  return status(http, reason, {
    message: text,
    details: { causes: [{ reason: `Chaperone/${code}`, message }] },
  });
}

/** 401 to whoever shows no token that opens us. */
export function unauthenticated(
  why = 'this API server is reached with the token that chaperone gave to this shell or pod only',
): Status {
  return status(401, 'Unauthorized', { message: `chaperone: ${why}` });
}

/** 403 to whoever is known, and may not come in. */
export function notAdmitted(why: string): Status {
  return status(403, 'Forbidden', { message: `chaperone: ${why}` });
}

/** 429: client libraries try again after so many seconds. */
export function tooMany(why: string, retryAfterSeconds: number): Status {
  const details = { causes: [], retryAfterSeconds };
  return status(429, 'TooManyRequests', { message: `chaperone: ${why}`, details });
}

/** 409: what was approved of is no more. */
export function conflict(request: RequestInfo, message: string): Status {
  return status(409, 'Conflict', { message: `chaperone: ${message}`, details: details(request, []) });
}

/** 502 and 503: the server behind us did not answer, or the request could not be recorded. */
export function unavailable(code: 502 | 503 | 504, message: string): Status {
  const reason = code === 504 ? 'Timeout' : code === 502 ? 'InternalError' : 'ServiceUnavailable';
  return status(code, reason, { message: `chaperone: ${message}` });
}

function status(code: number, reason: string, rest: Pick<Status, 'message' | 'details'>): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, ...rest };
}

function details({ name, group, resource }: RequestInfo, causes: Cause[]): NonNullable<Status['details']> {
  return { ...(name && { name }), ...(group && { group }), ...(resource && { kind: resource }), causes };
}

/** `deployments.apps "web"`, as the API server names what it refuses. */
function named({ group, resource, subresource, name, path, verb }: RequestInfo): string {
  if (resource === '') return `${verb} ${JSON.stringify(path)}`;
  const kind = `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
  return name === '' ? kind : `${kind} ${JSON.stringify(name)}`;
}

export function encodeStatus(status: Status): Buffer {
  return Buffer.from(`${JSON.stringify(status)}\n`);
}
