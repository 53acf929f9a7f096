/** Pods, and templates of them, that would reach the node, the guard, or a guarded account. */
import t, { type Test } from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { keepGuardedAccounts } from '../../../../sidecar/policy/builtin-api/guarded-accounts.ts';
import { noNodeAccess } from '../../../../sidecar/policy/builtin-api/node-access.ts';
import { keepOwnContainers, keepOwnVolumes } from '../../../../sidecar/policy/builtin-api/own-containers.ts';
import { isOwnPort } from '../../../../sidecar/policy/builtin-api/remote.ts';
import { encodeProtobuf, envelope, field, numeric } from '../../kube/request/body/protobuf.ts';
import {
  type Attempt,
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

const PODS = '/api/v1/namespaces/shop/pods';

const KINDS: readonly (readonly [target: string, apiVersion: string, kind: string, ...path: string[]])[] = [
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
function everywhere(path: readonly string[], value: Json): Attempt[] {
  return KINDS.flatMap(([target, apiVersion, kind, ...around]) => {
    const whole = [...around, 'spec', ...path];
    const object = { apiVersion, kind, metadata: { name: 'x' }, ...(nested(whole, value) as Fields) };
    return [...creations(target, object), ...patches(`${target}/x`, whole, value)];
  });
}

function refused(t: Test, rule: string, attempts: readonly Attempt[], judge = outcome) {
  // Only the first rule that refuses is named; a place in a list is refused by the guard of the containers too.
  const wrong = attempts.filter((attempt) => judge(attempt) !== rule);
  t.same(
    wrong.map((attempt) => `${judge(attempt)}: ${describe(attempt)}`),
    [],
    `${attempts.length} attempts`,
  );
}

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

const OWN: [path: string[], value: Json][] = [
  [['containers', '0'], { name: 'chaperone', image: 'mine' }],
  [['initContainers', '0'], { name: 'chaperone', image: 'mine', restartPolicy: 'Always' }],
  [['containers', '0', 'name'], 'chaperone'],
  [['ephemeralContainers', '0'], { name: 'chaperone', image: 'mine' }],
  [['ephemeralContainers', '0'], { name: 'd', image: 'mine', targetContainerName: 'chaperone' }],
  [['ephemeralContainers', '0', 'targetContainerName'], 'chaperone'],
];

/** Where something is copied to, only the server could tell what: whichever rule comes first refuses that. */
const plain = (attempts: Attempt[]) => attempts.filter(({ body }) => !/"op":"(copy|move)"/.test(`${body}`));
const copied = (attempts: Attempt[]) => attempts.filter(({ body }) => /"op":"(copy|move)"/.test(`${body}`));

t.test('the container that guards a Pod stays as it is', async (t) => {
  for (const [path, value] of OWN) {
    const attempts = everywhere(path, value);
    refused(t, 'keep-own-containers', plain(attempts));
    for (const attempt of copied(attempts)) t.not(outcome(attempt), 'allowed', describe(attempt));
    for (const rest of ['/ephemeralcontainers', '/resize', '/status'])
      refused(t, 'keep-own-containers', plain(patches(`${PODS}/x${rest}`, ['spec', ...path], value)));
  }
  const deleted = { spec: { containers: [{ name: 'chaperone', $patch: 'delete' }] } };
  const patch = (body: Json, type = 'application/strategic-merge-patch+json') => ({
    method: 'PATCH',
    target: `${PODS}/x`,
    type,
    body: JSON.stringify(body),
  });
  t.equal(outcome(patch(deleted)), 'keep-own-containers');
  t.equal(
    outcome(patch({ spec: { containers: [{ image: 'x' }] } })),
    'keep-own-containers',
    'no name at all',
  );
  t.equal(
    outcome(patch({ spec: { containers: [null] } }, 'application/merge-patch+json')),
    'keep-own-containers',
  );
});

t.test('a place in the list does not tell which container it is', async (t) => {
  for (const op of [{ op: 'replace', value: 'mine' }, { op: 'add', value: 'mine' }, { op: 'remove' }])
    for (const path of [
      '/spec/containers/0/image',
      '/spec/containers/1',
      '/spec/initContainers/-1/image',
      '/spec/containers/00/image',
    ]) {
      const body = JSON.stringify([{ ...op, path }]);
      t.equal(
        outcome({ method: 'PATCH', target: `${PODS}/x`, type: 'application/json-patch+json', body }),
        'keep-own-containers',
        body,
      );
    }
  const move = JSON.stringify([{ op: 'move', from: '/spec/containers/0', path: '/metadata/annotations/x' }]);
  t.equal(
    outcome({ method: 'PATCH', target: `${PODS}/x`, type: 'application/json-patch+json', body: move }),
    'keep-own-containers',
  );
});

t.test('its volumes are mounted by nobody else', async (t) => {
  const holes: [string[], Json][] = [
    [['containers', '0'], { name: 'a', volumeMounts: [{ name: 'chaperone-token', mountPath: '/t' }] }],
    [
      ['ephemeralContainers', '0'],
      { name: 'd', image: 'b', volumeMounts: [{ name: 'chaperone-run', mountPath: '/t', readOnly: true }] },
    ],
    [
      ['ephemeralContainers', '0'],
      {
        name: 'd',
        image: 'b',
        targetContainerName: 'main',
        volumeMounts: [{ name: 'chaperone-token', mountPath: '/t' }],
      },
    ],
    [
      ['ephemeralContainers', '0'],
      { name: 'd', image: 'b', volumeDevices: [{ name: 'chaperone-token', devicePath: '/t' }] },
    ],
    [['volumes', '0'], { name: 'chaperone-token', emptyDir: {} }],
  ];
  for (const [path, value] of holes) {
    const attempts = [
      ...everywhere(path, value),
      ...patches(`${PODS}/x/ephemeralcontainers`, ['spec', ...path], value),
    ];
    for (const attempt of attempts)
      t.match(outcome(attempt), /^(keep-own-volumes|keep-own-containers|no-node-access)$/, describe(attempt));
    refused(
      t,
      'keep-own-volumes',
      creations(KINDS[3]![0], {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        ...(nested(['spec', 'template', 'spec', ...path], value) as Fields),
      }),
    );
    refused(
      t,
      'keep-own-volumes',
      patches(`${PODS}/x/ephemeralcontainers`, ['spec', ...path], value).slice(0, 4),
    );
  }
});

t.test("a guarded ServiceAccount is nobody else's", async (t) => {
  for (const member of ['serviceAccountName', 'serviceAccount']) {
    const attempts = everywhere([member], 'agent');
    refused(t, 'keep-guarded-accounts', plain(attempts));
    for (const attempt of copied(attempts)) t.not(outcome(attempt), 'allowed', describe(attempt));
    for (const attempt of plain(everywhere([member], 'other')))
      t.equal(outcome(attempt), 'allowed', describe(attempt));
  }
  const elsewhere = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { serviceAccountName: 'agent' },
  };
  for (const attempt of creations('/api/v1/namespaces/other/pods', elsewhere))
    t.equal(outcome(attempt), 'allowed', 'another of that name');
  const foreign = { apiVersion: 'example.com/v1', kind: 'App', metadata: { name: 'x' } };
  for (const spec of [
    { serviceAccount: 'agent' },
    { serviceAccountRef: { name: 'agent' } },
    { driver: { serviceAccountName: 'agent' } },
  ])
    refused(
      t,
      'keep-guarded-accounts',
      creations('/apis/example.com/v1/namespaces/other/apps', { ...foreign, spec }),
    );
});

t.test('where no account is named it is the one called default', async (t) => {
  const surroundings = { ...INSTALLED, serviceAccounts: [{ namespace: 'shop', name: 'default' }] };
  const judge = (attempt: Attempt) => outcome(attempt, surroundings);
  const containers = [{ name: 'main', image: 'nginx' }];
  const pod = (spec: Fields) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { containers, ...spec },
  });
  refused(t, 'keep-guarded-accounts', creations(PODS, pod({})), judge);
  refused(t, 'keep-guarded-accounts', creations(PODS, pod({ serviceAccountName: '' })), judge);
  // A template is told by its containers; what replaces the list of them alone says nothing of the account.
  const spec = plain(everywhere(['containers'], containers)).filter(
    ({ type, body, target }) =>
      !type?.includes('merge-patch') &&
      !(
        type?.includes('json-patch') &&
        (/"path":"\w*[/\w]+\/containers"/.test(`${body}`) || target.startsWith(PODS))
      ),
  );
  refused(t, 'keep-guarded-accounts', spec, judge);
  for (const attempt of creations(PODS, pod({ serviceAccountName: 'other' })))
    t.equal(judge(attempt), 'allowed');
  const deployment = '/apis/apps/v1/namespaces/shop/deployments/x';
  const path = ['spec', 'template', 'spec', 'serviceAccountName'];
  const [merge, strategic] = patches(deployment, path, null);
  refused(t, 'keep-guarded-accounts', [merge!, strategic!], judge);
  const image = patches(deployment, ['spec', 'template', 'spec', 'containers'], containers).slice(0, 2);
  for (const attempt of image) t.equal(judge(attempt), 'allowed', 'what is not said stays');
  const replaced = { spec: { template: { spec: { $patch: 'replace', containers } } } };
  const body = JSON.stringify(replaced);
  refused(
    t,
    'keep-guarded-accounts',
    [{ method: 'PATCH', target: deployment, type: 'application/strategic-merge-patch+json', body }],
    judge,
  );
});

t.test('nobody enters it, nor its ports', async (t) => {
  for (const method of ['GET', 'POST'])
    for (const subresource of ['exec', 'attach', 'EXEC', 'exec/x'])
      for (const container of [
        'container=chaperone',
        'c%6Fntainer=ch%61perone',
        'command=ls&container=chaperone&stdin=true',
        'container=chaperone%20',
      ])
        t.equal(
          outcome({ method, target: `${PODS}/x/${subresource}?${container}` }),
          'no-entry',
          `${method} ${subresource}?${container}`,
        );
  t.equal(outcome({ method: 'POST', target: `${PODS}/x/exec?command=chaperone&container=main` }), 'allowed');
  t.equal(outcome({ method: 'POST', target: `${PODS}/x/exec?command=ls` }), 'allowed');
  for (const query of [
    'ports=6443',
    'ports=80&ports=9464',
    'ports=80,6443',
    'ports=06443',
    'ports=x',
    'ports=',
    'ports=6443x',
    'port=6443',
  ])
    for (const method of ['GET', 'POST'])
      t.equal(outcome({ method, target: `${PODS}/x/portforward?${query}` }), 'no-own-ports', query);
  t.equal(outcome({ method: 'GET', target: `${PODS}/x/portforward?ports=8080` }), 'allowed');
  t.ok(isOwnPort(6443, INSTALLED));
  t.notOk(isOwnPort(8080, INSTALLED));
});

t.test('no proxy', async (t) => {
  const targets = [
    '/api/v1/nodes/n/proxy/exec/shop/web/main',
    '/api/v1/nodes/n:10250/proxy/',
    '/api/v1/nodes/n/proxy',
    `${PODS}/web/proxy`,
    `${PODS}/https:web:6443/proxy/api`,
    '/api/v1/namespaces/shop/services/web/proxy/x',
    '/api/v1/proxy/nodes/n/exec',
    '/api/v1/proxy/namespaces/shop/pods/web',
    '/apis/example.com/v1/namespaces/shop/pods/web/proxy',
    `${PODS}/web/Proxy`,
  ].filter((target) => !target.endsWith('/'));
  for (const target of targets)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'])
      t.equal(alone({ method, target }), 'no-proxies', `${method} ${target}`);
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
