/** Every call to the recorder's HTTP API is here. Shapes: recorder/server/api.ts. */
import type { AuditEvent } from '../recorder/audit/event.ts';
import type { SessionId } from '../recorder/audit/units.ts';
import type { Match } from '../recorder/export/search.ts';
import type {
  ApprovalLine,
  ApprovalView,
  AskedEffect,
  Belongings,
  Blame,
  BlameQuery,
  CastFormat,
  ErrorBody,
  EventLine,
  Explanation,
  LoggedOut,
  Offboarded,
  SessionPage,
  SessionSummary,
  Trace,
  VerifyLine,
  VerifyReport,
  WhoAmI,
} from '../recorder/server/api.ts';
import { wholeLines } from './stream.ts';

export type {
  ApprovalView,
  AskedEffect,
  Belongings,
  CastFormat,
  Explanation,
  Match,
  Offboarded,
  SessionPage,
  SessionSummary,
  VerifyReport,
  WhoAmI,
};

/** An answer that is not the one asked for. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export interface ListQuery {
  before?: string | undefined;
  search?: string | undefined;
  limit?: number;
}

export function listSessions(query: ListQuery, signal?: AbortSignal): Promise<SessionPage> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const parameters = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return getJson(`/api/sessions?${parameters}`, signal);
}

export function getSession(id: SessionId, signal?: AbortSignal): Promise<SessionSummary> {
  return getJson(sessionPath(id), signal);
}

/** The recording as asciicast v3, as it arrives. */
export async function getCast(id: SessionId, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  return bodyOf(await request(`${sessionPath(id)}/cast?format=v3`, signal));
}

export type EventOf<T extends AuditEvent['body']['type']> = AuditEvent & { body: { type: T } };

/** Events of some types, from a place in the session on, as they arrive. */
export async function* getEvents<T extends AuditEvent['body']['type']>(
  id: SessionId,
  query: { types: readonly T[]; from?: number },
  signal?: AbortSignal,
): AsyncGenerator<EventOf<T>> {
  const path = `${sessionPath(id)}/events?type=${query.types.join(',')}&from=${query.from ?? 0}`;
  for await (const { event } of getLines<EventLine>(path, signal)) {
    if ((query.types as readonly string[]).includes(event.body.type)) yield event as EventOf<T>;
  }
}

/** What hooks told, as it arrives; null where retention has removed it. */
export async function* getHooks(
  id: SessionId,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<{ event: EventOf<'hook.received'>; content: Uint8Array<ArrayBuffer> | null }> {
  const path = `${sessionPath(id)}/events?type=hook.received&from=${from}&content=base64`;
  for await (const { event, content } of getLines<EventLine>(path, signal)) {
    if (event.body.type !== 'hook.received') continue;
    const { body } = event;
    yield { event: { ...event, body }, content: content == null ? null : bytesOf([content]) };
  }
}

/** What is kept of the bodies of one request to the Kubernetes API. */
export interface Bodies {
  request: Uint8Array<ArrayBuffer>;
  answer: Uint8Array<ArrayBuffer>;
  /** True where retention has removed some of it. */
  removed: boolean;
}

/** Characters of base64 that are fetched for one request: what is longer is for the download. */
const MOST_CONTENT = 8 << 20;

/** @param from the seq of its admission */
export async function getBodies(
  id: SessionId,
  { request, from }: { request: string; from: number },
  signal?: AbortSignal,
): Promise<Bodies> {
  const path = `${sessionPath(id)}/events?request=${request}&from=${from}&content=base64`;
  const asked: string[] = [];
  const answered: string[] = [];
  let removed = false;
  let length = 0;
  for await (const { event, content } of getLines<EventLine>(path, signal)) {
    removed ||= content === null;
    if (typeof content === 'string')
      (event.body.type === 'request.admitted' ? asked : answered).push(content);
    length += content?.length ?? 0;
    if (length > MOST_CONTENT) break;
  }
  return { request: bytesOf(asked), answer: bytesOf(answered), removed };
}

function bytesOf(pieces: readonly string[]): Uint8Array<ArrayBuffer> {
  const parts = pieces.map((piece) => Uint8Array.from(atob(piece), (char) => char.charCodeAt(0)));
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function searchOutput(id: SessionId, text: string, signal?: AbortSignal): Promise<Match[]> {
  return Array.fromAsync(getLines<Match>(`${sessionPath(id)}/search?q=${encodeURIComponent(text)}`, signal));
}

/** Checks the evidence of one session against the signed checkpoint. */
export async function verifySession(id: SessionId, signal?: AbortSignal): Promise<VerifyReport> {
  for await (const line of getLines<VerifyLine>(`/api/verify?session=${encodeURIComponent(id)}`, signal)) {
    if ('report' in line) return line.report;
  }
  throw new ApiError(200, 'NOT_VERIFIED', 'The verification broke off before it had a result.');
}

/** What came of the prompts of a conversation. */
export function getTrace(id: SessionId, signal?: AbortSignal): Promise<Trace> {
  return getJson(`${sessionPath(id)}/trace`, signal);
}

/** Which AI request did this. */
export function askBlame(asked: BlameQuery, signal?: AbortSignal): Promise<Blame> {
  return getJson(`/api/blame?${new URLSearchParams({ ask: JSON.stringify(asked) })}`, signal);
}

/** How the policy in force decides it; nothing is run. */
export async function explainAction(
  { text, cwd, session }: { text: string; cwd: string; session: SessionId | null },
  signal?: AbortSignal,
): Promise<Explanation> {
  const body = { text, ...(cwd !== '' && { cwd }), ...(session !== null && { session }) };
  const response = await request('/api/policy/explain', signal, JSON.stringify(body));
  return (await response.json()) as Explanation;
}

/** What waits for a person, and then each change, for as long as somebody listens. */
export function followApprovals(signal: AbortSignal): AsyncGenerator<ApprovalLine> {
  return getLines<ApprovalLine>('/api/approvals?follow=1', signal);
}

/** The body of the request that is asked about, or what a tool is given. */
export async function getAskedBody(id: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await request(`${approvalPath(id)}/body`, signal);
  return new Uint8Array(await response.arrayBuffer());
}

/** What the request that is asked about would do. */
export async function getAskedEffect(id: string, signal?: AbortSignal): Promise<AskedEffect> {
  return (await (await request(`${approvalPath(id)}/effect`, signal)).json()) as AskedEffect;
}

export interface Ballot {
  vote: 'approve' | 'deny';
  comment?: string;
  /** For how long the very same passes again. */
  minutes?: number;
}

/** @throws ApiError 409 where it is decided already, 403 where it is not ours to decide */
export function castVote(id: string, ballot: Ballot): Promise<ApprovalView> {
  return postJson(`${approvalPath(id)}/vote`, ballot);
}

/** Takes back what waits. @throws ApiError as `castVote` does */
export function cancelApproval(id: string): Promise<ApprovalView> {
  return postJson(`${approvalPath(id)}/cancel`, {});
}

/** Ends what was granted. @throws ApiError as `castVote` does */
export function revokeApproval(id: string): Promise<ApprovalView> {
  return postJson(`${approvalPath(id)}/revoke`, {});
}

function approvalPath(id: string): string {
  return `/api/approvals/${encodeURIComponent(id)}`;
}

/** Who is signed in. */
export function whoAmI(signal?: AbortSignal): Promise<WhoAmI> {
  return getJson('/api/whoami', signal);
}

/** What somebody has, by all of their names. */
export function lookAt(users: readonly string[], signal?: AbortSignal): Promise<Belongings> {
  const query = new URLSearchParams(users.map((user): [string, string] => ['user', user]));
  return getJson(`/api/offboard?${query}`, signal);
}

/** Ends it. */
export function endAll(users: readonly string[]): Promise<Offboarded> {
  return postJson('/api/offboard', { users });
}

/** Ends the login. @returns where to go then: the provider may have a session to end, too */
export async function logOut(): Promise<string> {
  const response = await request('/api/logout', undefined, '{}');
  return response.status === 204 ? '/' : ((await response.json()) as LoggedOut).next;
}

/** Where a recording can be downloaded. */
export function downloadUrl(id: SessionId, format: CastFormat): string {
  return `${sessionPath(id)}/cast?format=${format}&download=1`;
}

/** Where a running session is streamed. */
export function liveUrl(id: SessionId): string {
  const url = new URL(`${sessionPath(id)}/live`, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function sessionPath(id: SessionId): string {
  return `/api/sessions/${encodeURIComponent(id)}`;
}

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal);
  return (await response.json()) as T;
}

async function postJson<T>(path: string, value: object): Promise<T> {
  const response = await request(path, undefined, JSON.stringify(value));
  return (await response.json()) as T;
}

/** JSON lines; a stream that broke off ends in an error of its own. */
async function* getLines<T extends object>(path: string, signal?: AbortSignal): AsyncGenerator<T> {
  const response = await request(path, signal);
  for await (const lines of wholeLines(bodyOf(response))) {
    for (const line of lines.trimEnd().split('\n')) {
      const value = JSON.parse(line) as T | ErrorBody;
      if ('error' in value) throw new ApiError(response.status, value.error.code, value.error.message);
      yield value;
    }
  }
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body === null) throw new ApiError(response.status, 'EMPTY', 'The recorder sent nothing.');
  return response.body;
}

/** @param body JSON, where it is a POST */
async function request(path: string, signal?: AbortSignal, body?: string): Promise<Response> {
  let response: Response;
  try {
    const sent =
      body === undefined ? {} : { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
    response = await fetch(path, { signal: signal ?? null, credentials: 'same-origin', ...sent });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'RECORDER_GONE', 'The recorder does not answer. Is it still running?');
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as ErrorBody;
    return new ApiError(response.status, error.code, error.message);
  } catch {
    return new ApiError(response.status, 'UNKNOWN', `The recorder answered with status ${response.status}.`);
  }
}
