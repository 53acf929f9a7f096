/**
 * Whether a write changes how many replicas there are: the server says so, in a dry run. No search of the body could:
 * `replicas: null`, a member left out of an apply, a JSON patch that copies, `$patch: replace` all do.
 */
import type { Decision } from '../../../recorder/audit/decision.ts';
import type { KubeAction } from '../../action.ts';
import type { Questioned, Tried } from '../trial/trial.ts';
import { builtInReplicas, mayScale, type ReplicasPath, replicasIn } from './replicas.ts';

export interface ScaleUpstream extends Questioned {
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
}

const NO: ScaleFinding = { scales: 'no', unknown: null };

/** True where the decision hangs on it: only then is the probe worth its two requests. */
export function dependsOnScale(action: KubeAction, decide: (action: KubeAction) => Decision): boolean {
  if (!mayScale(action)) return false;
  const scaled = decide({ ...action, scales: 'yes' });
  const unscaled = decide({ ...action, scales: 'no' });
  return scaled.effect !== unscaled.effect || scaled.rule !== unscaled.rule;
}

/** Where such an object says how many; null where it has none, undefined where that cannot be told. */
export async function replicasPathOf(
  { request: { group, resource } }: KubeAction,
  upstream: ScaleUpstream,
): Promise<ReplicasPath | null | undefined> {
  const known = builtInReplicas(group, resource);
  return known === undefined ? upstream.replicasPath(group, resource) : known;
}

/** What a trial tells of it. */
export function scaleOf(tried: Tried, path: ReplicasPath): ScaleFinding {
  switch (tried.kind) {
    case 'unknown':
      return scaleDoubt(tried.why);
    // Nothing is sent.
    case 'refused':
      return NO;
    case 'done': {
      const { before, after, bound } = tried;
      // What was not there cannot have had replicas.
      if (before === null || after === null) return NO;
      const same = JSON.stringify(replicasIn(before, path)) === JSON.stringify(replicasIn(after, path));
      if (bound === null && same) return scaleDoubt('it cannot be bound to the state that the object is in');
      return { scales: same ? 'no' : 'yes', unknown: null };
    }
  }
}

/** @param unknown why it is not known */
export function scaleDoubt(unknown: string): ScaleFinding {
  return { scales: 'unknown', unknown: `whether it changes the number of replicas: ${unknown}` };
}
