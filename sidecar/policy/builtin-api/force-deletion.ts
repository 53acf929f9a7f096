import type { KubeAction } from '../../action.ts';
import { type BuiltinApiRule, resourceIn } from './rule.ts';
import { isInstalled } from './surroundings.ts';
import { OPAQUE, spotsOf } from './written.ts';

/**
 * Which Pods are guarded only the server could tell: none may be deleted so.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-forced
 */
export const noForceDeletion: BuiltinApiRule = {
  name: 'builtin/no-force-deletion',
  reason:
    'a Pod that is deleted by force runs on without its guard being heard: leave out --force and --grace-period=0',
  refuses: (action, surroundings) => isInstalled(surroundings) && deletesPods(action) && withoutGrace(action),
};

function deletesPods(action: KubeAction): boolean {
  const { resource, subresource } = resourceIn(action);
  if (resource !== 'pods') return false;
  return (
    subresource === 'eviction' ||
    action.request.verb === 'delete' ||
    action.request.verb === 'deletecollection'
  );
}

/** In the query or in the body: whichever of them the server uses. */
function withoutGrace(action: KubeAction): boolean {
  const said = action.parameters.filter(([name]) => name === 'gracePeriodSeconds').map(([, value]) => value);
  if (said.some((value) => Number(value) === 0)) return true;
  return spotsOf(action).some(({ key, value }) => {
    if (value === OPAQUE) return true;
    return key === 'gracePeriodSeconds' && value !== null && Number(value) === 0;
  });
}
