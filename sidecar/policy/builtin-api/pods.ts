/** Which requests carry a Pod, or a template of one; and where in it something hides. Pure. */
import type { KubeAction } from '../../action.ts';
import { isBuiltIn } from '../../request/built-in-groups.ts';
import { writesObject } from './rule.ts';
import { above, OPAQUE, type Spot, spotsOf } from './written.ts';

const CORE = new Set(['pods', 'podtemplates', 'replicationcontrollers', 'persistentvolumes']);
const GROUPS = new Set(['apps', 'batch', 'extensions']);

/** A resource of somebody else's may be made into Pods by its controller. */
export function carriesPods(action: KubeAction): boolean {
  const { group, resource, subresource } = action.request;
  if (!writesObject(action) || resource === '') return false;
  if (subresource === 'eviction' || subresource === 'binding' || subresource === 'scale') return false;
  if (group === '') return CORE.has(resource.toLowerCase());
  return GROUPS.has(group) || !isBuiltIn(group);
}

/** The places that it writes in a Pod or a template. */
export function podSpots(action: KubeAction): readonly Spot[] {
  return carriesPods(action) ? spotsOf(action) : [];
}

/** Members that hold no part of a Pod's spec, nor does anything below them. */
const PLAIN = new Set(['metadata', 'status', 'labels', 'annotations', 'selector']);
/** Members that are no objects. */
const SCALARS = new Set(['replicas', 'image', 'paused']);

/** True where only the server could tell what is written into a Pod's spec. */
export function hidesSpec(spot: Spot): boolean {
  if (spot.value !== OPAQUE) return false;
  if (PLAIN.has(spot.key) || SCALARS.has(spot.key)) return false;
  for (const key of above(spot)) if (PLAIN.has(key)) return false;
  return true;
}
