/** What the rules about Pods say together: of what is harmless, of what cannot be seen, and on a laptop. */
import t from 'tap';
import { keepGuardedAccounts } from '../../../../sidecar/policy/builtin-api/guarded-accounts.ts';
import { noNodeAccess } from '../../../../sidecar/policy/builtin-api/node-access.ts';
import { keepOwnContainers, keepOwnVolumes } from '../../../../sidecar/policy/builtin-api/own-containers.ts';
import { envelope, numeric } from '../../request/body/protobuf.ts';
import {
  actionOf,
  alone,
  creations,
  describe,
  type Fields,
  INSTALLED,
  jsonPatches,
  nested,
  outcome,
  patches,
} from './attack.ts';
import { copied, KINDS, PODS, refused } from './pods.ts';

t.test('what is harmless passes', async (t) => {
  const security = {
    privileged: false,
    capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    procMount: 'Default',
  };
  const containers = [
    {
      name: 'main',
      image: 'nginx',
      securityContext: security,
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    },
  ];
  const spec = {
    hostPID: false,
    hostNetwork: false,
    serviceAccountName: 'other',
    containers,
    volumes: [{ name: 'v', emptyDir: {} }],
  };
  for (const [target, apiVersion, kind, ...around] of KINDS) {
    const object = {
      apiVersion,
      kind,
      metadata: { name: 'x', labels: { hostPID: 'true' } },
      ...(nested([...around, 'spec'], spec) as Fields),
    };
    for (const attempt of creations(target, object)) t.equal(outcome(attempt), 'allowed', describe(attempt));
  }
  const deployment = '/apis/apps/v1/namespaces/shop/deployments/x';
  const harmless = [
    ...patches(deployment, ['spec', 'replicas'], 3).slice(0, 2),
    ...jsonPatches(deployment, ['spec', 'replicas'], 3).slice(0, 5),
    ...jsonPatches(deployment, ['metadata', 'labels', 'a'], 'b').slice(0, 5),
    ...patches(deployment, ['spec', 'template', 'spec', 'containers', '0'], {
      name: 'main',
      image: 'nginx:2',
    }).slice(0, 2),
    ...patches(`${PODS}/x`, ['spec', 'containers', '0'], { name: 'main', image: 'nginx:2' }).slice(0, 2),
    ...patches(`${PODS}/x`, ['metadata', 'labels', 'chaperone'], 'hostPath').slice(0, 2),
    ...patches(`${PODS}/x/ephemeralcontainers`, ['spec', 'ephemeralContainers', '-'], {
      name: 'd',
      image: 'b',
      targetContainerName: 'main',
    }),
  ].filter(({ body }) => !/"(copy|move)"/.test(`${body}`) || /replicas|labels/.test(`${body}`));
  for (const attempt of harmless) t.equal(outcome(attempt), 'allowed', describe(attempt));
  const data = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x' },
    data: { hostPID: 'true', serviceAccountName: 'agent' },
  };
  for (const attempt of creations('/api/v1/namespaces/shop/configmaps', data))
    t.equal(outcome(attempt), 'allowed', describe(attempt));
});

t.test('what is copied, or cannot be read, each of the rules refuses by itself', async (t) => {
  const rules = [noNodeAccess, keepOwnContainers, keepOwnVolumes, keepGuardedAccounts];
  const hidden = KINDS.flatMap(([target, , , ...around]) =>
    [[...around, 'spec'], [...around, 'spec', 'volumes'], around, ['spec', 'anything']].flatMap((path) =>
      copied(jsonPatches(`${target}/x`, path, {})),
    ),
  );
  const unreadable = {
    method: 'POST',
    target: PODS,
    type: 'application/vnd.kubernetes.protobuf',
    body: envelope('v1', 'Pod', numeric(77, 1)),
  };
  for (const attempt of [...hidden, unreadable])
    for (const rule of rules)
      t.ok(rule.refuses(actionOf(attempt), INSTALLED), `${rule.name} ${describe(attempt)}`);
});

t.test('a laptop has no containers of ours to keep', async (t) => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: {
      serviceAccountName: 'agent',
      shareProcessNamespace: true,
      containers: [{ name: 'chaperone', image: 'x' }],
    },
  };
  for (const attempt of creations(PODS, pod)) t.equal(alone(attempt), 'allowed');
  t.equal(alone({ method: 'GET', target: `${PODS}/x/exec?container=chaperone` }), 'allowed');
  refused(t, 'no-node-access', creations(PODS, { ...pod, spec: { shareProcessNamespace: true } }));
  t.ok(actionOf({ method: 'GET', target: PODS }));
});
