import { type BuiltinApiRule, resourceIn } from './rule.ts';

const PROXIED = new Set(['nodes', 'pods', 'services']);

/** Through a node's kubelet every container on it can be entered, and nothing of that would be recorded. */
export const noProxies: BuiltinApiRule = {
  name: 'builtin/no-proxies',
  reason:
    'the proxies of nodes, Pods and Services go round the gate: use port-forward, or a client inside the cluster',
  refuses: (action) => {
    const { resource, subresource } = resourceIn(action);
    return action.request.verb === 'proxy' || (subresource === 'proxy' && PROXIED.has(resource));
  },
};
