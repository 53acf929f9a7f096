/**
 * A write tried in a dry run: the object as it is, and as it would be, and the write bound to the state that it was
 * tried on, so that what was found stays true when it is made.
 *
 *     GET the object ─▶ the write, bound to its state, as a dry run ─▶ 409: it has changed, so once more
 */
import type { Json, KubeAction } from '../../action.ts';
import type { MediaType } from '../media-type.ts';
import { parseTarget, serialiseTarget } from '../target.ts';
import { type Deletion, deletionOf } from './deletion.ts';
import { boundTo, type ObjectState, overtakenBy, sameState, saysState, stateOf } from './preconditions.ts';

export interface Question {
  method: string;
  uri: string;
  /** Null for a GET. */
  body: { type: MediaType; bytes: Uint8Array } | null;
  /** Only the metadata of what is listed. */
  metadataOnly?: boolean;
}

/** What is asked of the API server, on the same credential that the request will go on with. */
export interface Questioned {
  /** Never rejects; `object` is null where the answer is no JSON, or too large. */
  ask(question: Question): Promise<Answer>;
}

export interface Answer {
  /** 0 where no answer came. */
  status: number;
  object: Json | null;
  /** As it came; null where no answer came. */
  heard: Heard | null;
}

/** A whole answer of the server. */
export interface Heard {
  status: number;
  /** Name, value, name, value. */
  headers: readonly (Buffer | string)[];
  body: Uint8Array;
}

/** A write that the server refuses where the object is another, or has changed since; then it is to be tried again. */
export interface Bound {
  body: Uint8Array;
  type: MediaType;
  overtakenBy: readonly number[];
}

export type Tried =
  /** It would be done. Null: `before` for an object that is not there, `after` for one that would be deleted. */
  | { kind: 'done'; before: Json | null; after: Json | null; state: ObjectState | null; bound: Bound | null }
  /**
   * The server refuses it as things stand, which changes nothing: its answer, to be given in place of sending it. The
   * write itself must not go on: what a server refuses to try it may still do.
   */
  | { kind: 'refused'; answer: Heard }
  | { kind: 'unknown'; why: string };

export interface Write {
  action: KubeAction;
  /** The body as it would go on. */
  forward: Uint8Array | null;
  /** What it is bound to: the very object, or the state that it is in (a deletion only: other writes need the state). */
  to: 'object' | 'state';
}

/** How often it starts again because the object changed under it: as often as the server itself applies a patch. */
const TRIES = 5;

/** @param write one that the server knows how to try: see triable.ts */
export async function tryWrite(write: Write, upstream: Questioned): Promise<Tried> {
  if (write.action.request.verb === 'create' && deletionOf(write.action) === null)
    return tryCreation(write, upstream);
  let before = await look(write, upstream);
  for (let left = TRIES; left > 0; left--) {
    const { tried, overtaken } = await tryOn(before, write, upstream);
    if (!overtaken) return tried;
    const now = await look(write, upstream);
    if (sameState(before.state, now.state)) return tried;
    before = now;
  }
  return unknown('the object changes faster than a dry run of this write takes');
}

/** The object as it is. */
interface Before extends Answer {
  state: ObjectState | null;
}

async function look({ action }: Write, upstream: Questioned): Promise<Before> {
  const target = parseTarget(action.uri);
  const segments = deletionOf(action)?.evicts ? target.segments.slice(0, -1) : target.segments;
  const uri = serialiseTarget({ ...target, segments, parameters: [] });
  const answer = await upstream.ask({ method: 'GET', uri, body: null });
  const readable = answer.status === 200 && answer.object !== null;
  return { ...answer, state: readable ? stateOf(answer.object) : null };
}

async function tryCreation({ action, forward }: Write, upstream: Questioned): Promise<Tried> {
  const type = typeOf(action);
  if (type === null || forward === null) return unknown('the write has no body');
  const answer = await upstream.ask(dryRun(action, type, forward));
  if (answer.status >= 400 || answer.heard === null) return refused(answer);
  if (answer.object === null) return unknown(`its dry run was answered ${answer.status}`);
  return { kind: 'done', before: null, after: answer.object, state: null, bound: null };
}

/** `overtaken`: the object may have changed in between, and then nothing is found. */
async function tryOn(
  before: Before,
  write: Write,
  upstream: Questioned,
): Promise<{ tried: Tried; overtaken: boolean }> {
  const deletion = deletionOf(write.action);
  if (deletion !== null) return tryDeletion(before, { ...write, deletion }, upstream);
  const { action, forward } = write;
  const type = typeOf(action);
  if (type === null || forward === null) return { tried: unknown('the write has no body'), overtaken: false };
  const bound = before.state === null ? null : boundWrite(before.state, type, { action, forward });
  const answer = await upstream.ask(dryRun(action, type, bound?.body ?? forward));
  const overtaken = bound?.overtakenBy.includes(answer.status) ?? false;
  return { tried: changed(before, answer, bound), overtaken };
}

function boundWrite(
  state: ObjectState,
  type: MediaType,
  { action, forward }: { action: KubeAction; forward: Uint8Array },
): Bound | null {
  const object = action.body?.object ?? null;
  const body = boundTo(state, type, object);
  if (body !== null) return { body, type, overtakenBy: overtakenBy(type) };
  // An update that says its state itself is bound as it came, in whatever encoding.
  return action.request.verb === 'update' && saysState(object, state)
    ? { body: forward, type, overtakenBy: overtakenBy(type) }
    : null;
}

function changed(before: Before, after: Answer, bound: Bound | null): Tried {
  if (after.status >= 400 || after.heard === null) return refused(after);
  if (before.status === 404 && after.status === 201)
    return { kind: 'done', before: null, after: after.object, state: null, bound: null };
  if (before.state === null) return unknown(`the object as it is could not be read (${before.status})`);
  if (after.status !== 200 || after.object === null)
    return unknown(`its dry run was answered ${after.status}`);
  return { kind: 'done', before: before.object, after: after.object, state: before.state, bound };
}

async function tryDeletion(
  { status, state, object }: Before,
  { action, deletion, to }: Write & { deletion: Deletion },
  upstream: Questioned,
): Promise<{ tried: Tried; overtaken: boolean }> {
  if (state === null && status !== 404)
    return { tried: unknown(`the object as it is could not be read (${status})`), overtaken: false };
  const preconditions = to === 'state' ? state : state && { uid: state.uid };
  const bytes = deletion.body({ preconditions, dryRun: true });
  if (bytes === null)
    return { tried: unknown('its options could not be carried over to a dry run'), overtaken: false };
  const { method, uri } = action;
  const type: MediaType = 'application/json';
  const answer = await upstream.ask({ method, uri, body: { type, bytes } });
  if (answer.status >= 400 || answer.heard === null || state === null)
    return { tried: refused(answer), overtaken: state !== null && answer.status === 409 };
  const bound = { body: deletion.body({ preconditions, dryRun: false })!, type, overtakenBy: [409] };
  return { tried: { kind: 'done', before: object, after: null, state, bound }, overtaken: false };
}

/** A write that the server refuses changes nothing; one that it could not try may still be done. */
function refused({ status, object, heard }: Answer): Tried {
  if (status < 400 || status >= 500 || heard === null) return unknown(`its dry run was answered ${status}`);
  // https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects
  const message = (object as { message?: unknown } | null)?.message;
  if (status === 400 && /dry.?run/i.test(String(message)))
    return unknown('a webhook of the cluster takes no dry run');
  return { kind: 'refused', answer: heard };
}

function unknown(why: string): Tried {
  return { kind: 'unknown', why };
}

function typeOf({ body }: KubeAction): MediaType | null {
  return (body?.type as MediaType | undefined) ?? null;
}

function dryRun(action: KubeAction, type: MediaType, bytes: Uint8Array): Question {
  const kept = action.parameters.filter(([name]) => name !== 'dryRun');
  const uri = serialiseTarget({ ...parseTarget(action.uri), parameters: [...kept, ['dryRun', 'All']] });
  return { method: action.method, uri, body: { type, bytes } };
}
