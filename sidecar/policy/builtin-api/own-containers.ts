import type { KubeAction } from '../../action.ts';
import { hidesSpec, podSpots } from './pods.ts';
import { type BuiltinApiRule, resourceIn } from './rule.ts';
import type { Surroundings } from './surroundings.ts';
import { above, listAround, membersOf, OPAQUE, type Spot } from './written.ts';

const CONTAINERS = new Set(['containers', 'initContainers', 'ephemeralContainers']);
const MOUNTS = new Set(['volumeMounts', 'volumeDevices']);

/**
 * Not one field of it may be written: a change of its image starts it anew, and while it is down its port is free to
 * take. A name that nobody else may bear is how it is told.
 */
export const keepOwnContainers: BuiltinApiRule = {
  name: 'builtin/keep-own-containers',
  reason:
    'the container that guards the Pod may not be changed, debugged or stood in for: name the others in a strategic merge patch',
  refuses: (action, surroundings) =>
    surroundings.containers.length > 0 &&
    podSpots(action).some((spot) => touchesContainer(spot, action, surroundings)),
};

function touchesContainer(spot: Spot, action: KubeAction, { containers }: Surroundings): boolean {
  const { key, value } = spot;
  if (key === 'targetContainerName') return value === OPAQUE || isOne(value, containers);
  if (key === 'name' && CONTAINERS.has(listAround(spot))) return isOne(value, containers);
  if (hidesSpec(spot)) return true;
  return (byPlace(spot, action) || isNameless(spot)) && resourceIn(action).resource === 'pods';
}

/** A JSON patch that says which container by its place in the list: nobody can tell which it is. */
function byPlace(spot: Spot, { body }: KubeAction): boolean {
  if (body?.summary.type !== 'application/json-patch+json') return false;
  const path = [spot.key, ...above(spot)].reverse();
  const list = path.findIndex((key) => key === 'containers' || key === 'initContainers');
  return list >= 0 && path.length > list + 1;
}

function isNameless(spot: Spot): boolean {
  const list = spot.parent?.key ?? '';
  return (
    CONTAINERS.has(list) &&
    Array.isArray(spot.parent?.value) &&
    typeof membersOf(spot.value).name !== 'string'
  );
}

/** The agent's token, and the socket's directory, are on these. */
export const keepOwnVolumes: BuiltinApiRule = {
  name: 'builtin/keep-own-volumes',
  reason: 'the volumes of the container that guards the Pod may not be mounted or changed',
  refuses: (action, { volumes }) =>
    volumes.length > 0 &&
    podSpots(action).some((spot) => {
      if (hidesSpec(spot)) return true;
      const list = listAround(spot);
      return spot.key === 'name' && (MOUNTS.has(list) || list === 'volumes') && isOne(spot.value, volumes);
    }),
};

function isOne(value: Spot['value'], names: readonly string[]): boolean {
  return value === OPAQUE || (typeof value === 'string' && names.includes(value));
}
