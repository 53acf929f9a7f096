/** The kinds that every API server has, by all the names under which kubectl takes them. Pure. */

export interface Kind {
  /** Null where it is not one of these, so that only the server could tell. */
  group: string | null;
  resource: string | null;
  /** Null where that is not known. */
  namespaced: boolean | null;
  /** Somebody else's, whatever it is called there. */
  custom?: boolean;
}

/** Any kind at all. */
export const UNKNOWN_KIND: Kind = { group: null, resource: null, namespaced: null };
const CUSTOM_KIND: Kind = { ...UNKNOWN_KIND, custom: true };

/**
 * Group, kinds in a namespace, kinds in none: each as `kind/short,short`, the plural made as Kubernetes makes it.
 * As a 1.36 server lists them: https://kubernetes.io/docs/reference/kubectl/#resource-types
 */
const TABLE: readonly (readonly [group: string, namespaced: string, cluster: string])[] = [
  [
    '',
    'binding configmap/cm endpoints/ep event/ev limitrange/limits persistentvolumeclaim/pvc pod/po podtemplate ' +
      'replicationcontroller/rc resourcequota/quota secret serviceaccount/sa service/svc',
    'componentstatus/cs namespace/ns node/no persistentvolume/pv',
  ],
  [
    'admissionregistration.k8s.io',
    '',
    'mutatingadmissionpolicy mutatingadmissionpolicybinding mutatingwebhookconfiguration ' +
      'validatingadmissionpolicy validatingadmissionpolicybinding validatingwebhookconfiguration',
  ],
  ['apiextensions.k8s.io', '', 'customresourcedefinition/crd,crds'],
  ['apiregistration.k8s.io', '', 'apiservice'],
  ['apps', 'controllerrevision daemonset/ds deployment/deploy replicaset/rs statefulset/sts', ''],
  ['authentication.k8s.io', '', 'selfsubjectreview tokenreview'],
  [
    'authorization.k8s.io',
    'localsubjectaccessreview',
    'selfsubjectaccessreview selfsubjectrulesreview subjectaccessreview',
  ],
  ['autoscaling', 'horizontalpodautoscaler/hpa', ''],
  ['batch', 'cronjob/cj job', ''],
  ['certificates.k8s.io', 'podcertificaterequest', 'certificatesigningrequest/csr clustertrustbundle'],
  ['coordination.k8s.io', 'lease leasecandidate', ''],
  ['discovery.k8s.io', 'endpointslice', ''],
  ['events.k8s.io', 'event/ev', ''],
  ['flowcontrol.apiserver.k8s.io', '', 'flowschema prioritylevelconfiguration'],
  ['internal.apiserver.k8s.io', '', 'storageversion'],
  ['networking.k8s.io', 'ingress/ing networkpolicy/netpol', 'ingressclass ipaddress/ip servicecidr'],
  ['node.k8s.io', '', 'runtimeclass'],
  ['policy', 'poddisruptionbudget/pdb', ''],
  ['rbac.authorization.k8s.io', 'rolebinding role', 'clusterrolebinding clusterrole'],
  ['resource.k8s.io', 'resourceclaim resourceclaimtemplate', 'deviceclass resourceslice devicetaintrule'],
  ['scheduling.k8s.io', 'workload', 'priorityclass/pc'],
  [
    'storage.k8s.io',
    'csistoragecapacity',
    'csidriver csinode storageclass/sc volumeattachment volumeattributesclass/vac',
  ],
  ['storagemigration.k8s.io', '', 'storageversionmigration'],
];

/** Only by their group: kubectl takes a bare `pods` for those of the core group. */
const METRICS = 'metrics.k8s.io';

/** `kubectl get all`: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_get/ */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  all: [
    ...['pod', 'replicationcontroller', 'service', 'daemonset', 'deployment', 'replicaset', 'statefulset'],
    ...['horizontalpodautoscaler', 'cronjob', 'job'],
  ],
  'api-extensions': [
    ...['mutatingwebhookconfiguration', 'validatingwebhookconfiguration', 'customresourcedefinition'],
    ...['mutatingadmissionpolicy', 'mutatingadmissionpolicybinding', 'validatingadmissionpolicy'],
    ...['validatingadmissionpolicybinding', 'apiservice'],
  ],
};

/** By name; several where groups share it, the one that kubectl prefers first. */
const BY_NAME = new Map<string, Kind[]>();

for (const [group, namespaced, cluster] of TABLE) {
  for (const entry of namespaced.split(' ').filter(Boolean)) register(group, entry, true);
  for (const entry of cluster.split(' ').filter(Boolean)) register(group, entry, false);
}
register(METRICS, 'pod', true);
register(METRICS, 'node', false);

function register(group: string, entry: string, namespaced: boolean): void {
  const [singular = '', short = ''] = entry.split('/');
  const resource = pluralOf(singular);
  const kind: Kind = { group, resource, namespaced };
  for (const name of new Set([singular, resource, ...short.split(',').filter(Boolean)])) {
    const all = BY_NAME.get(name) ?? [];
    all.push(kind);
    BY_NAME.set(name, all);
  }
}

function pluralOf(singular: string): string {
  if (singular === 'endpoints') return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}

/**
 * What `po`, `Deployment`, `ing.networking`, `pods.v1.` or `all` stand for. A group may be shortened from its end, as the
 * client's mapper allows; what is not built in is the server's to know.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/meta#DefaultRESTMapper
 */
export function kindsNamed(text: string): readonly Kind[] {
  const lower = text.toLowerCase();
  const category = Object.hasOwn(CATEGORIES, lower) ? CATEGORIES[lower] : undefined;
  // Resources of others may be in it too.
  if (category !== undefined) return [...category.map((name) => BY_NAME.get(name)![0]!), CUSTOM_KIND];
  const dot = lower.indexOf('.');
  if (dot < 0) return BY_NAME.get(lower)?.slice(0, 1) ?? [CUSTOM_KIND];
  const named = BY_NAME.get(lower.slice(0, dot));
  const group = lower.slice(dot + 1).replace(/^v\d+((alpha|beta)\d+)?(\.|$)/, '');
  const exact = named?.find((kind) => kind.group === group);
  const begun = exact ?? named?.find((kind) => kind.group?.startsWith(group));
  return [begun ?? (named === undefined ? CUSTOM_KIND : UNKNOWN_KIND)];
}

/** The kind of an object that says its own: `apps/v1`, `Deployment`. */
export function kindOf(apiVersion: string, kind: string): Kind {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const builtIn = BY_NAME.get(kind.toLowerCase())?.find((one) => one.group === group);
  return builtIn ?? { ...(BY_NAME.has(kind.toLowerCase()) ? UNKNOWN_KIND : CUSTOM_KIND), group };
}

/** Whether a server has it of its own, by the name that it has there. */
export function isBuiltInKind(resource: string): boolean {
  return BY_NAME.has(resource);
}

/** @throws where there is none: only for names that stand in this source */
export function builtIn(name: string, group?: string): Kind {
  const kind = BY_NAME.get(name)?.find((one) => group === undefined || one.group === group);
  if (kind === undefined) throw new Error(`${name} is no built-in kind`);
  return kind;
}
