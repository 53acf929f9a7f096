import { hidesSpec, podSpots } from './pods.ts';
import type { BuiltinApiRule } from './rule.ts';
import { isInstalled } from './surroundings.ts';
import { isBelow, isOff, type Spot } from './written.ts';

/** Every token on a node can be read by whoever has the node. https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export const noNodeAccess: BuiltinApiRule = {
  name: 'builtin/no-node-access',
  reason:
    'privileged containers, hostPath, the namespaces of the host and added capabilities reach the tokens of others on the node: leave them out (kubectl debug: --profile=baseline or restricted)',
  refuses: (action, surroundings) =>
    podSpots(action).some(
      (spot) =>
        reachesNode(spot) ||
        (spot.key === 'shareProcessNamespace' && isInstalled(surroundings) && !isOff(spot.value)) ||
        (spot.key === 'local' && action.request.resource === 'persistentvolumes' && !isOff(spot.value)),
    ),
};

const HOST = new Set(['hostPID', 'hostNetwork', 'hostIPC', 'hostPath', 'hostProcess']);
/** May be added even where everything is restricted: it binds a port below 1024, and no more. */
const HARMLESS_CAPABILITY = 'NET_BIND_SERVICE';

function reachesNode(spot: Spot): boolean {
  return hidesSpec(spot) || (namesHost(spot) && !isOff(spot.value) && !isBelow(spot, 'metadata'));
}

function namesHost(spot: Spot): boolean {
  const { key, value, parent } = spot;
  if (HOST.has(key)) return true;
  if (key === 'privileged') return parent?.key === 'securityContext';
  if (key === 'procMount') return value !== 'Default';
  return addsCapability(spot);
}

/** An item of `capabilities.add`. */
function addsCapability({ value, parent }: Spot): boolean {
  const isItem = parent?.key === 'add' && parent.parent?.key === 'capabilities';
  return isItem && value !== HARMLESS_CAPABILITY;
}
