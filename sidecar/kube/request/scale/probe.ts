/**
 * Whether a write changes how many replicas there are: the server says so, in a dry run. No search of the body could:
 * `replicas: null`, a member left out of an apply, a JSON patch that copies, `$patch: replace` all do.
 */
import type { Decision } from '../../../../recorder/audit/event.ts';
import type { Json, KubeAction } from '../../../action.ts';
import type { MediaType } from '../media-type.ts';
import { parseTarget, serialiseTarget } from '../target.ts';
import { boundTo, stateOf } from './preconditions.ts';
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
  /**
   * What to send in place of the body, so that the finding holds: the server answers 409 where the object has changed
   * since, and then the probe is to be made again. Null for the body as it is.
   */
  forward: Uint8Array | null;
  /** Where the server refuses the write as it stands: the answer to give, in place of sending it. */
  answer: Answer | null;
}

export interface Answer {
  status: number;
  object: Json | null;
}

const NO: ScaleFinding = { scales: 'no', unknown: null, forward: null, answer: null };

/** How often it starts again because the object changed under it. */
const TRIES = 3;

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
  for (let left = TRIES; left > 0; left--) {
    const finding = await tryOnce(action, { forward, path, upstream });
    if (finding !== null) return finding;
  }
  return doubt('the object changes faster than a dry run of this write takes');
}

interface Trial {
  forward: Uint8Array;
  path: ReplicasPath;
  upstream: ScaleUpstream;
}

/** Null where the object changed in between. */
async function tryOnce(action: KubeAction, { forward, path, upstream }: Trial): Promise<ScaleFinding | null> {
  const type = action.body?.summary.type as MediaType | undefined;
  if (type === undefined) return doubt('the write has no body');
  const before = await upstream.ask({ method: 'GET', uri: withParameters(action.uri, []), body: null });
  const state = before.status === 200 && before.object !== null ? stateOf(before.object) : null;
  const bound = state === null ? null : boundTo(state, type, action.body!.object);
  const after = await upstream.ask(dryRun(action, type, bound ?? forward));
  if (after.status === 409 && bound !== null) return null;
  if (after.status >= 400) return refused(after);
  // What was not there cannot have had replicas.
  if (before.status === 404 && after.status === 201) return NO;
  if (state === null) return doubt(`the object as it is could not be read (${before.status})`);
  if (after.status !== 200 || after.object === null) return doubt(`its dry run was answered ${after.status}`);
  const same =
    JSON.stringify(replicasIn(before.object!, path)) === JSON.stringify(replicasIn(after.object, path));
  if (bound === null && same) return doubt('it cannot be bound to the state that the object is in');
  return { scales: same ? 'no' : 'yes', unknown: null, forward: bound, answer: null };
}

/** An answer of the server itself: a write that it refuses changes nothing. */
function refused(answer: Answer): ScaleFinding {
  const told = answer.status < 500 && answer.object !== null;
  return { ...doubt(`its dry run was answered ${answer.status}`), answer: told ? answer : null };
}

function doubt(unknown: string): ScaleFinding {
  const said = `whether it changes the number of replicas: ${unknown}`;
  return { scales: 'unknown', unknown: said, forward: null, answer: null };
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
