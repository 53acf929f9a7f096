import type { KubeAction } from '../../action.ts';
import { parseFieldSelector } from '../../request/field-selector.ts';
import type { BuiltinApiRule } from './rule.ts';
import type { Surroundings } from './surroundings.ts';

const COLLECTIONS = new Set(['list', 'watch', 'deletecollection']);

/** The recorder, its keys and its store are there. */
export const keepOwnNamespace: BuiltinApiRule = {
  name: 'builtin/keep-own-namespace',
  reason: ({ namespace }) =>
    `the namespace ${namespace} is closed, to reads too: name another, or leave it out with --field-selector metadata.namespace!=${namespace}`,
  refuses: (action, surroundings) => {
    const own = surroundings.namespace;
    if (own === null || action.request.resource === '') return false;
    if (action.request.namespace !== '') return action.request.namespace.toLowerCase() === own;
    return (
      COLLECTIONS.has(action.request.verb) && reachesAll(action, surroundings) && !leavesOut(action, own)
    );
  },
};

/** Built-in resources that lie in no namespace, as `resource.group`. */
const CLUSTER_SCOPED = new Set([
  ...['nodes', 'persistentvolumes', 'componentstatuses', 'namespaces'],
  ...['clusterroles', 'clusterrolebindings'].map((name) => `${name}.rbac.authorization.k8s.io`),
  ...['storageclasses', 'csidrivers', 'csinodes', 'volumeattachments', 'volumeattributesclasses'].map(
    (name) => `${name}.storage.k8s.io`,
  ),
  ...['priorityclasses.scheduling.k8s.io', 'runtimeclasses.node.k8s.io', 'ingressclasses.networking.k8s.io'],
  ...['ipaddresses.networking.k8s.io', 'servicecidrs.networking.k8s.io', 'nodes.metrics.k8s.io'],
  ...['customresourcedefinitions.apiextensions.k8s.io', 'apiservices.apiregistration.k8s.io'],
  ...['certificatesigningrequests', 'clustertrustbundles'].map((name) => `${name}.certificates.k8s.io`),
  ...['flowschemas', 'prioritylevelconfigurations'].map((name) => `${name}.flowcontrol.apiserver.k8s.io`),
  ...['deviceclasses', 'resourceslices', 'devicetaintrules'].map((name) => `${name}.resource.k8s.io`),
  'storageversionmigrations.storagemigration.k8s.io',
  'storageversions.internal.apiserver.k8s.io',
]);

/** A collection over all namespaces; what is not known to lie in none lies in one. */
function reachesAll({ request: { group, resource } }: KubeAction, { clusterScoped }: Surroundings): boolean {
  if (group === 'admissionregistration.k8s.io') return false;
  const name = group === '' ? resource : `${resource}.${group}`;
  return !CLUSTER_SCOPED.has(name) && !clusterScoped.includes(name);
}

/** The server leaves it out, or shows one other namespace only. The deprecated `watch/` paths mind no selector. */
function leavesOut({ parameters, uri }: KubeAction, own: string): boolean {
  if (/^\/apis?\/([^/]+\/){1,2}watch(\/|\?|$)/.test(uri)) return false;
  const selector = parameters.find(([name]) => name === 'fieldSelector')?.[1] ?? '';
  const terms = parseFieldSelector(selector) ?? [];
  return terms.some(({ field, equal, value }) => field === 'metadata.namespace' && equal === (value !== own));
}
