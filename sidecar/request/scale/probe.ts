/**
 * Whether a write changes how many replicas there are: the server says so, in a dry run. No search of the body could:
 * `replicas: null`, a member left out of an apply, a JSON patch that copies, `$patch: replace` all do.
 */
import type { Decision } from '../../../recorder/audit/event.ts';
import type { Json, KubeAction } from '../../action.ts';
import type { MediaType } from '../media-type.ts';
import { parseTarget, serialiseTarget } from '../target.ts';
import { boundTo, type ObjectState, overtakenBy, sameState, stateOf } from './preconditions.ts';
import { builtInReplicas, mayScale, type ReplicasPath, replicasIn } from './replicas.ts';

export interface ProbeRequest {
  method: string;
  uri: string;
  /** With it `Accept: application/json`; null for a GET. */
  body: { type: MediaType; bytes: Uint8Array } | null;
}

/** What the probe asks of the API server, on the same credential that the request will go on with. */
export interface ScaleUpstream {
  /** Sends it; `object` is null where the answer is no JSON, or too large. */
  ask(request: ProbeRequest): Promise<Answer>;
  /**
   * Where objects of a resource that is not built in say how many replicas they want: `specReplicasPath` of its
   * definition; null where it has no subresource `scale`, undefined where that cannot be told.
   */
  replicasPath(group: string, resource: string): Promise<ReplicasPath | null | undefined>;
}

export interface ScaleFinding {
  scales: KubeAction['scales'];
  /** Why it is not known. */
  unknown: string | null;
  /** What to send in place of the body, so that the finding holds; null for the body as it is. */
  bound: Bound | null;
  /**
   * The server refuses the write as it stands, which changes nothing: its answer, to be given in place of sending it.
   * The write itself must not go on: what a server refuses to try it may still do.
   */
  refusal: Heard | null;
}

/** A write that the server refuses where the object has changed since; then the probe is to be made again. */
export interface Bound {
  body: Uint8Array;
  overtakenBy: readonly number[];
}

export interface Answer {
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

const NO: ScaleFinding = { scales: 'no', unknown: null, bound: null, refusal: null };

/** How often it starts again because the object changed under it: as often as the server itself applies a patch. */
const TRIES = 5;

/** True where the decision hangs on it: only then is the probe worth its two requests. */
export function dependsOnScale(action: KubeAction, decide: (action: KubeAction) => Decision): boolean {
  if (!mayScale(action)) return false;
  const scaled = decide({ ...action, scales: 'yes' });
  const unscaled = decide({ ...action, scales: 'no' });
  return scaled.effect !== unscaled.effect || scaled.rule !== unscaled.rule;
}

/** @param forward the body as it would go on */
export async function probeScale(
  action: KubeAction,
  forward: Uint8Array,
  upstream: ScaleUpstream,
): Promise<ScaleFinding> {
  if (!mayScale(action)) return NO;
  const { group, resource } = action.request;
  const known = builtInReplicas(group, resource);
  const path = known === undefined ? await upstream.replicasPath(group, resource) : known;
  if (path === null) return NO;
  if (path === undefined) return doubt('it cannot be told whether this resource has replicas');
  const type = action.body?.summary.type as MediaType | undefined;
  if (type === undefined) return doubt('the write has no body');
  const trial = { action, type, forward, path, upstream };
  let before = await look(trial);
  for (let left = TRIES; left > 0; left--) {
    const { finding, overtaken } = await tryOn(before, trial);
    if (!overtaken) return finding;
    const now = await look(trial);
    if (sameState(before.state, now.state)) return finding;
    before = now;
  }
  return doubt('the object changes faster than a dry run of this write takes');
}

interface Trial {
  action: KubeAction;
  type: MediaType;
  forward: Uint8Array;
  path: ReplicasPath;
  upstream: ScaleUpstream;
}

/** The object as it is. */
interface Before extends Answer {
  state: ObjectState | null;
}

async function look({ action, upstream }: Trial): Promise<Before> {
  const answer = await upstream.ask({ method: 'GET', uri: withParameters(action.uri, []), body: null });
  const readable = answer.status === 200 && answer.object !== null;
  return { ...answer, state: readable ? stateOf(answer.object) : null };
}

/** `overtaken`: the object may have changed in between, and then nothing is found. */
async function tryOn(
  before: Before,
  { action, type, forward, path, upstream }: Trial,
): Promise<{ finding: ScaleFinding; overtaken: boolean }> {
  const { state } = before;
  const body = state === null ? null : boundTo(state, type, action.body!.object);
  const bound = body === null ? null : { body, overtakenBy: overtakenBy(type) };
  const after = await upstream.ask(dryRun(action, type, body ?? forward));
  const overtaken = bound?.overtakenBy.includes(after.status) ?? false;
  return { finding: compared(before, after, { path, bound }), overtaken };
}

function compared(
  before: Before,
  after: Answer,
  { path, bound }: { path: ReplicasPath; bound: Bound | null },
): ScaleFinding {
  if (after.status >= 400) return refused(after);
  // What was not there cannot have had replicas.
  if (before.status === 404 && after.status === 201) return NO;
  if (before.state === null) return doubt(`the object as it is could not be read (${before.status})`);
  if (after.status !== 200 || after.object === null) return doubt(`its dry run was answered ${after.status}`);
  const same =
    JSON.stringify(replicasIn(before.object!, path)) === JSON.stringify(replicasIn(after.object, path));
  if (bound === null && same) return doubt('it cannot be bound to the state that the object is in');
  return { ...NO, scales: same ? 'no' : 'yes', bound };
}

/** A write that the server refuses changes nothing; one that it could not try may still be done. */
function refused({ status, object, heard }: Answer): ScaleFinding {
  if (status >= 500 || heard === null) return doubt(`its dry run was answered ${status}`);
  // https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects
  const message = (object as { message?: unknown } | null)?.message;
  if (status === 400 && /dry.?run/i.test(String(message)))
    return doubt('a webhook of the cluster takes no dry run');
  return { ...NO, refusal: heard };
}

function doubt(unknown: string): ScaleFinding {
  return { ...NO, scales: 'unknown', unknown: `whether it changes the number of replicas: ${unknown}` };
}

function dryRun(action: KubeAction, type: MediaType, bytes: Uint8Array): ProbeRequest {
  const kept = action.parameters.filter(([name]) => name !== 'dryRun');
  return {
    method: action.method,
    uri: withParameters(action.uri, [...kept, ['dryRun', 'All']]),
    body: { type, bytes },
  };
}

function withParameters(uri: string, parameters: KubeAction['parameters']): string {
  return serialiseTarget({ ...parseTarget(uri), parameters });
}
