/** A Pod, and every kind that has a template of one, to try a hole in. */
import type { Test } from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { type Attempt, creations, describe, type Fields, nested, outcome, patches } from './attack.ts';

export const PODS = '/api/v1/namespaces/shop/pods';

export const KINDS: readonly (readonly [
  target: string,
  apiVersion: string,
  kind: string,
  ...path: string[],
])[] = [
  [PODS, 'v1', 'Pod'],
  ['/api/v1/namespaces/shop/podtemplates', 'v1', 'PodTemplate', 'template'],
  ['/api/v1/namespaces/shop/replicationcontrollers', 'v1', 'ReplicationController', 'spec', 'template'],
  ['/apis/apps/v1/namespaces/shop/deployments', 'apps/v1', 'Deployment', 'spec', 'template'],
  ['/apis/apps/v1/namespaces/shop/statefulsets', 'apps/v1', 'StatefulSet', 'spec', 'template'],
  ['/apis/apps/v1/namespaces/shop/daemonsets', 'apps/v1', 'DaemonSet', 'spec', 'template'],
  ['/apis/apps/v1/namespaces/shop/replicasets', 'apps/v1', 'ReplicaSet', 'spec', 'template'],
  ['/apis/batch/v1/namespaces/shop/jobs', 'batch/v1', 'Job', 'spec', 'template'],
  [
    '/apis/batch/v1/namespaces/shop/cronjobs',
    'batch/v1',
    'CronJob',
    'spec',
    'jobTemplate',
    'spec',
    'template',
  ],
  [
    '/apis/example.com/v1/namespaces/shop/rollouts',
    'example.com/v1',
    'Rollout',
    'spec',
    'workload',
    'template',
  ],
];

/** Tries it as a Pod, and as a template in every kind that has one; made, and patched in. */
export function everywhere(path: readonly string[], value: Json): Attempt[] {
  return KINDS.flatMap(([target, apiVersion, kind, ...around]) => {
    const whole = [...around, 'spec', ...path];
    const object = { apiVersion, kind, metadata: { name: 'x' }, ...(nested(whole, value) as Fields) };
    return [...creations(target, object), ...patches(`${target}/x`, whole, value)];
  });
}

export function refused(t: Test, rule: string, attempts: readonly Attempt[], judge = outcome) {
  // Only the first rule that refuses is named; a place in a list is refused by the guard of the containers too.
  const wrong = attempts.filter((attempt) => judge(attempt) !== rule);
  t.same(
    wrong.map((attempt) => `${judge(attempt)}: ${describe(attempt)}`),
    [],
    `${attempts.length} attempts`,
  );
}

/** Where something is copied to, only the server could tell what: whichever rule comes first refuses that. */
export const plain = (attempts: Attempt[]) =>
  attempts.filter(({ body }) => !/"op":"(copy|move)"/.test(`${body}`));
export const copied = (attempts: Attempt[]) =>
  attempts.filter(({ body }) => /"op":"(copy|move)"/.test(`${body}`));
