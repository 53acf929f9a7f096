/** Which objects have replicas, and where they say how many. Pure. */
import type { Json, KubeAction } from '../../action.ts';
import { isBuiltIn } from '../built-in-groups.ts';

/** Members on the way to the count, e.g. `['spec', 'replicas']`. */
export type ReplicasPath = readonly string[];

const SPEC_REPLICAS: ReplicasPath = ['spec', 'replicas'];
const BUILT_IN = new Map<string, ReplicasPath>(
  ['replicationcontrollers.', 'deployments.apps', 'statefulsets.apps', 'replicasets.apps'].map((name) => [
    name,
    SPEC_REPLICAS,
  ]),
);

/**
 * The built-in answer: a path; null for what has no replicas; undefined where the definition of the resource has to say.
 */
export function builtInReplicas(group: string, resource: string): ReplicasPath | null | undefined {
  const path = BUILT_IN.get(`${resource}.${group}`);
  if (path !== undefined) return path;
  return isBuiltIn(group) ? null : undefined;
}

/**
 * `specReplicasPath` of a CustomResourceDefinition, e.g. `.spec.replicas`; null where it is no such path.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#scale-subresource
 */
export function parseReplicasPath(text: string): ReplicasPath | null {
  return /^(\.[A-Za-z_][\w-]*)+$/.test(text) ? text.slice(1).split('.') : null;
}

/** How many it asks for; null where it does not say. */
export function replicasIn(object: Json, path: ReplicasPath): Json {
  let value: Json | undefined = object;
  for (const member of path) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
    value = Object.hasOwn(value, member) ? value[member] : undefined;
    if (value === undefined) return null;
  }
  return value;
}

/**
 * Whether it could change how many replicas there are: a write to an object that may be there already, not only tried.
 * (A write to the subresource `scale` does in any case: see verbs.ts.)
 */
export function mayScale({ request, dryRun }: Pick<KubeAction, 'request' | 'dryRun'>): boolean {
  const { verb, resource, subresource, group } = request;
  if (dryRun || subresource !== '' || (verb !== 'update' && verb !== 'patch')) return false;
  return builtInReplicas(group, resource) !== null;
}
