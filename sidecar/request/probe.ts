/**
 * What of a request only the API server can tell: whether a write scales, the objects that a rule asks about, and where
 * a human is asked, what it would do. One trial answers all of them, and none is made where nothing hangs on it.
 */
import type { RequestInfo } from '../../recorder/audit/request.ts';
import type { Effect, KubeAction } from '../action.ts';
import { type Showing, unknownEffect } from './effect/effect.ts';
import { foreseeCollection, foreseeWrite, type Place } from './effect/foresee.ts';
import { replicasPathOf, type ScaleFinding, type ScaleUpstream, scaleDoubt, scaleOf } from './scale/probe.ts';
import { mayScale, type ReplicasPath } from './scale/replicas.ts';
import { triable } from './trial/triable.ts';
import { type Bound, type Heard, type Tried, tryWrite, type Write } from './trial/trial.ts';

/** What is to be found out. */
export interface Wanted {
  scale: boolean;
  /** The object as it is, and as it would be. */
  objects: boolean;
  /** For a human: how it is shown, and what was seen to be made anew each time when it was shown before. */
  effect: { showing: Showing; anew: readonly Place[] | null } | null;
}

export interface Found {
  /** The action, with what was found of it. */
  action: KubeAction;
  /** What to send in place of the body, so that what was found holds; null for the body as it is. */
  bound: Bound | null;
  /** The server refuses the write as it stands: its answer, to be given in place of sending it. */
  refusal: Heard | null;
  anew: readonly Place[] | null;
}

export interface ProbeUpstream extends ScaleUpstream {
  /** True where the API server itself serves that version of a group; false where that cannot be told. */
  servesItself(group: string, version: string): Promise<boolean>;
}

type Asked = Pick<Write, 'action' | 'forward'>;

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Whether it may change something: only then there is something to find out. */
export function isWrite({ request, dryRun }: Pick<KubeAction, 'request' | 'dryRun'>): boolean {
  return !dryRun && WRITES.has(request.verb) && request.resource !== '';
}

/** @param asked a write, and its body as it would go on */
export async function probe(asked: Asked, wanted: Wanted, upstream: ProbeUpstream): Promise<Found> {
  const { action } = asked;
  if (action.request.verb === 'deletecollection') return probeCollection(action, wanted, upstream);
  const path = wanted.scale && mayScale(action) ? await replicasPathOf(action, upstream) : null;
  const { tried, effect, anew } = await trial(asked, { ...wanted, path }, upstream);
  const scale = wanted.scale ? scaleFound(tried, path) : null;
  return {
    action: {
      ...action,
      ...(scale && { scales: scale.scales }),
      ...(scale && scale.unknown !== null && { unknown: [...action.unknown, scale.unknown] }),
      ...(wanted.objects && objectsOf(tried, action.request)),
      ...(effect !== null && { effect }),
      ...(wanted.effect !== null && tried?.kind === 'refused' && { moot: true }),
    },
    bound: tried?.kind === 'done' ? tried.bound : null,
    refusal: tried?.kind === 'refused' ? tried.answer : null,
    anew,
  };
}

async function probeCollection(
  action: KubeAction,
  { effect }: Wanted,
  upstream: ProbeUpstream,
): Promise<Found> {
  const none = { bound: null, refusal: null, anew: null };
  if (effect === null) return { action, ...none };
  return {
    action: { ...action, effect: await foreseeCollection(action, upstream, effect.showing) },
    ...none,
  };
}

interface Trial extends Pick<Found, 'anew'> {
  /** Null where none was needed. */
  tried: Tried | null;
  effect: Effect | null;
}

async function trial(
  asked: Asked,
  { objects, effect, path }: Wanted & { path: ReplicasPath | null | undefined },
  upstream: ProbeUpstream,
): Promise<Trial> {
  const write: Write = { ...asked, to: objects ? 'state' : 'object' };
  if (effect === null && !objects)
    return { tried: path ? await tryWrite(write, upstream) : null, effect: null, anew: null };
  const why = await whyNotTried(asked.action, upstream);
  if (why !== null)
    return { tried: { kind: 'unknown', why }, effect: effect && unknownEffect(why), anew: null };
  if (effect === null) return { tried: await tryWrite(write, upstream), effect: null, anew: null };
  const { anew: known, showing } = effect;
  return foreseeWrite(write, upstream, { known, showing });
}

async function whyNotTried(action: KubeAction, upstream: ProbeUpstream): Promise<string | null> {
  const answer = triable(action);
  if (answer === 'yes') return null;
  if (answer !== 'custom') return answer.why;
  const { group, version } = action.request;
  if (await upstream.servesItself(group, version)) return null;
  return `it cannot be told that the API server serves ${version} of ${group} itself, and would only try it`;
}

function scaleFound(
  tried: Tried | null,
  path: ReplicasPath | null | undefined,
): Pick<ScaleFinding, 'scales' | 'unknown'> {
  if (path === null) return { scales: 'no', unknown: null };
  if (path === undefined || tried === null)
    return scaleDoubt('it cannot be told whether this resource has replicas');
  return scaleOf(tried, path);
}

/** Only what the server will hold the write to counts for a decision; what is made depends on no state. */
function objectsOf(tried: Tried | null, { verb, subresource }: RequestInfo): Pick<KubeAction, 'objects'> {
  if (tried?.kind !== 'done') return {};
  const { before, after, bound } = tried;
  const held = bound !== null || (verb === 'create' && subresource === '');
  return held ? { objects: { before, after } } : {};
}
