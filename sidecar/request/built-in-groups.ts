/** The API groups that the server itself serves: what is in none of them is somebody else's. Pure. */

/** Beside the core group, which has no name. https://kubernetes.io/docs/reference/kubernetes-api/ */
const GROUPS: ReadonlySet<string> = new Set([
  ...['apps', 'autoscaling', 'batch', 'extensions', 'policy'],
  ...[
    'admissionregistration.k8s.io',
    'apiextensions.k8s.io',
    'apiregistration.k8s.io',
    'authentication.k8s.io',
  ],
  ...[
    'authorization.k8s.io',
    'certificates.k8s.io',
    'coordination.k8s.io',
    'discovery.k8s.io',
    'events.k8s.io',
  ],
  ...['flowcontrol.apiserver.k8s.io', 'internal.apiserver.k8s.io', 'metrics.k8s.io', 'networking.k8s.io'],
  ...['node.k8s.io', 'rbac.authorization.k8s.io', 'resource.k8s.io', 'scheduling.k8s.io', 'storage.k8s.io'],
  'storagemigration.k8s.io',
]);

export function isBuiltIn(group: string): boolean {
  return group === '' || GROUPS.has(group);
}
