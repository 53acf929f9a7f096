import type { KubeAction } from '../../action.ts';
import { type BuiltinApiRule, resourceIn } from './rule.ts';
import type { Surroundings } from './surroundings.ts';

const REASON = 'the container that guards the Pod may not be entered: name another with --container';

/**
 * Where no container is named the server takes the only one there is, or refuses: it never takes one of several.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Operations
 */
export const noEntry: BuiltinApiRule = {
  name: 'builtin/no-entry',
  reason: REASON,
  refuses: (action, { containers }) => {
    const { subresource } = resourceIn(action);
    if (subresource !== 'exec' && subresource !== 'attach') return false;
    return valuesOf(action, 'container').some((name) => containers.includes(name.trim()));
  },
};

/** Ports that the query names; those that come later, in the streams, are asked of `isOwnPort` one by one. */
export const noOwnPorts: BuiltinApiRule = {
  name: 'builtin/no-own-ports',
  reason: 'the ports of the container that guards the Pod may not be forwarded',
  refuses: (action, surroundings) => {
    if (resourceIn(action).subresource !== 'portforward') return false;
    const ports = [...valuesOf(action, 'ports'), ...valuesOf(action, 'port')].flatMap((value) =>
      value.split(','),
    );
    return ports.some((port) => !/^[0-9]{1,5}$/.test(port) || isOwnPort(Number(port), surroundings));
  },
};

/** True for a port that no stream of a port-forward may ask for. */
export function isOwnPort(port: number, { ports }: Surroundings): boolean {
  return ports.includes(port);
}

function valuesOf({ parameters }: KubeAction, name: string): string[] {
  return parameters.filter(([known]) => known === name).map(([, value]) => value);
}
