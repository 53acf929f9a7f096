/** Pods, templates of them, and volumes that would reach the node. */
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { encodeProtobuf, envelope, field, numeric } from '../../request/body/protobuf.ts';
import { alone, creations, describe, outcome, patches } from './attack.ts';
import { everywhere, PODS, refused } from './pods.ts';

const NODE: [path: string[], value: Json][] = [
  [['hostPID'], true],
  [['hostNetwork'], true],
  [['hostIPC'], true],
  [['volumes', '0'], { name: 'v', hostPath: { path: '/' } }],
  [['containers', '0', 'securityContext'], { privileged: true }],
  [['containers', '0', 'securityContext', 'privileged'], true],
  [['initContainers', '0', 'securityContext', 'privileged'], true],
  [['containers', '0', 'securityContext', 'capabilities', 'add', '0'], 'SYS_ADMIN'],
  [
    ['containers', '0', 'securityContext', 'capabilities', 'add'],
    ['NET_BIND_SERVICE', 'ALL'],
  ],
  [['containers', '0', 'securityContext', 'procMount'], 'Unmasked'],
  [['securityContext', 'windowsOptions', 'hostProcess'], true],
];

t.test('nothing reaches the node', async (t) => {
  for (const [path, value] of NODE)
    await t.test(path.join('.'), async (t) => refused(t, 'no-node-access', everywhere(path, value), alone));
  const debug = { name: 'd', image: 'b', securityContext: { privileged: true } };
  refused(
    t,
    'no-node-access',
    patches(`${PODS}/x/ephemeralcontainers`, ['spec', 'ephemeralContainers', '-'], debug),
  );
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'x' } };
  for (const source of ['hostPath', 'local'])
    refused(
      t,
      'no-node-access',
      creations('/api/v1/persistentvolumes', { ...volume, spec: { [source]: { path: '/' } } }),
      alone,
    );
});

const GROUPS = ['extensions/v1beta1', 'apps/v1beta2', 'apps.openshift.io/v1'];

t.test(
  'an old or foreign group is no way round, nor is a list, a wrong kind, or a body that cannot be read',
  async (t) => {
    const template = { spec: { template: { spec: { hostPID: true } } } };
    for (const group of GROUPS)
      t.equal(
        outcome({
          method: 'POST',
          target: `/apis/${group}/namespaces/shop/deployments`,
          body: JSON.stringify(template),
        }),
        'no-node-access',
        group,
      );
    const list = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'Pod', spec: { hostPID: true } }] };
    for (const body of [list, { kind: 'ConfigMap', spec: { hostPID: true } }])
      t.equal(outcome({ method: 'POST', target: PODS, body: JSON.stringify(body) }), 'no-node-access');
    const type = 'application/vnd.kubernetes.protobuf';
    const unknown = [
      envelope('', '', field(1, '')),
      envelope('v1', 'Pod', numeric(77, 1)),
      envelope('apps/v1beta1', 'Deployment', field(2, '')),
    ];
    for (const body of unknown)
      t.equal(outcome({ method: 'POST', target: PODS, type, body }), 'no-node-access');
    const pod = encodeProtobuf({ apiVersion: 'v1', kind: 'Pod', spec: { hostPID: false } });
    t.equal(outcome({ method: 'POST', target: PODS, type, body: pod }), 'allowed');
    for (const rest of ['/x', '/x/status', '/x/resize'])
      t.equal(
        outcome({ method: 'PUT', target: PODS + rest, body: '{"spec":{"hostPID":true}}' }),
        'no-node-access',
        rest,
      );
  },
);

t.test('other volumes of the cluster pass', async (t) => {
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'x' },
    spec: { nfs: { server: 'a', path: '/' } },
  };
  for (const attempt of creations('/api/v1/persistentvolumes', volume))
    t.equal(outcome(attempt), 'allowed', describe(attempt));
  const foreign = {
    apiVersion: 'example.com/v1',
    kind: 'Disk',
    metadata: { name: 'x' },
    spec: { local: { path: '/' } },
  };
  for (const attempt of creations('/apis/example.com/v1/namespaces/shop/disks', foreign))
    t.equal(outcome(attempt), 'allowed', describe(attempt));
});
