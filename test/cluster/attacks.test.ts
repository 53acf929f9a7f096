/** The ways past the gate, tried by kubectl against a real API server: each is refused, and what is harmless is not. */
import t from 'tap';
import { guarded, IMAGE } from './guarded.ts';

t.setTimeout(240_000);

const RULES = `---
apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: scales }
spec:
  api:
    - name: no-scale
      match: { verbs: [scale], namespaces: [NAMESPACE] }
      effect: deny
      reason: Replicas stay.
`;
const { through, past } = await guarded(t, RULES);

const object = (kind: string, apiVersion: string, rest: object) =>
  JSON.stringify({
    apiVersion,
    kind,
    metadata: { name: 'attack', ...(rest as { metadata?: object }).metadata },
    ...without(rest),
  });
const without = ({ metadata: _, ...rest }: { metadata?: object }) => rest;
const pod = (spec: object, container: object = {}) =>
  object('Pod', 'v1', { spec: { containers: [{ name: 'c', image: IMAGE, ...container }], ...spec } });
const apply = ['apply', '-f', '-'];
const create = ['create', '-f', '-'];
const webhooks = { webhooks: [] };

/** Rule, arguments, and what stands on standard input. */
const ATTACKS: [rule: string, args: string[], input?: string][] = [
  ['no-token-minting', ['create', 'token', 'default']],
  [
    'no-token-secrets',
    create,
    object('Secret', 'v1', {
      type: 'kubernetes.io/service-account-token',
      metadata: { annotations: { 'kubernetes.io/service-account.name': 'default' } },
    }),
  ],
  ['no-impersonation', ['--as', 'system:admin', 'get', 'pods']],
  ['', ['get', '--raw', '/api/v1/nodes/none/proxy/metrics']],
  ['', ['get', '--raw', '/api/v1/namespaces/default/pods/none/proxy/x']],
  ['', ['get', '--raw', '/api/v1/namespaces/default/services/none/proxy/x']],
  ['', create, pod({}, { securityContext: { privileged: true } })],
  ['', create, pod({}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } })],
  ['', create, pod({ hostPID: true })],
  ['', create, pod({ hostNetwork: true })],
  ['', create, pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
  [
    '',
    apply,
    object('Deployment', 'apps/v1', {
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { hostIPC: true, containers: [{ name: 'c', image: IMAGE }] },
        },
      },
    }),
  ],
  ['', ['create', 'clusterrolebinding', 'attack', '--clusterrole=cluster-admin', '--user=attack']],
  ['', ['create', 'rolebinding', 'attack', '--clusterrole=admin', '--user=attack']],
  [
    '',
    create,
    object('ClusterRole', 'rbac.authorization.k8s.io/v1', {
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    }),
  ],
  [
    '',
    create,
    object('Role', 'rbac.authorization.k8s.io/v1', {
      rules: [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'] }],
    }),
  ],
  ['', create, object('ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1', webhooks)],
  ['', create, object('MutatingWebhookConfiguration', 'admissionregistration.k8s.io/v1', webhooks)],
  [
    '',
    create,
    object('APIService', 'apiregistration.k8s.io/v1', {
      metadata: { name: 'v1.attack.example' },
      spec: { group: 'attack.example', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
    }),
  ],
  [
    '',
    create,
    object('CertificateSigningRequest', 'certificates.k8s.io/v1', {
      spec: { request: 'YQ==', signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
    }),
  ],
];

for (const [rule, args, input = ''] of ATTACKS) {
  t.test(`${args.join(' ')} ${input.slice(0, 120)}`, async (t) => {
    const ran = await through(args, input);
    t.not(ran.status, 0);
    t.match(ran.stderr, new RegExp(`chaperone: refused by builtin/${rule}`));
  });
}

t.test('nothing of that is there', async (t) => {
  const kinds = 'pods,deployments,secrets,rolebindings,roles';
  const { stdout } = await past(['get', kinds, '-o', 'name']);
  t.same(
    stdout.split('\n').filter((name) => name.endsWith('/attack')),
    [],
  );
  const cluster = 'clusterrolebindings,clusterroles,validatingwebhookconfigurations,csr';
  t.notMatch((await past(['get', cluster, '-o', 'name'])).stdout, '/attack');
});

t.test('replicas: every form of a write that changes them, and none that does not', async (t) => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: IMAGE, command: ['sleep', '3600'] }] },
  };
  const web = object('Deployment', 'apps/v1', {
    metadata: { name: 'web' },
    spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template },
  });
  t.equal((await through(['apply', '--server-side', '-f', '-'], web)).status, 0);
  const changes: [string[], string?][] = [
    [['scale', 'deployment', 'web', '--replicas=1']],
    [['patch', 'deployment', 'web', '-p', '{"spec":{"replicas":0}}']],
    [['patch', 'deployment', 'web', '-p', '{"spec":{"replicas":null}}']],
    [['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"replicas":5}}']],
    [
      [
        'patch',
        'deployment',
        'web',
        '--type=json',
        '-p',
        '[{"op":"copy","from":"/spec/revisionHistoryLimit","path":"/spec/replicas"}]',
      ],
    ],
    [['apply', '--server-side', '-f', '-'], web.replace('"replicas":2,', '')],
    [['apply', '--server-side', '-f', '-'], web.replace('"replicas":2', '"replicas":3')],
    [['replace', '-f', '-'], web.replace('"replicas":2', '"replicas":4')],
  ];
  for (const [args, input] of changes) {
    const ran = await through(args, input);
    t.match(ran.stderr, /refused by scales\/no-scale/, `${args.join(' ')} ${ran.stdout}`);
  }
  for (const args of [
    ['annotate', 'deployment', 'web', 'team=payments'],
    ['rollout', 'restart', 'deployment', 'web'],
  ]) {
    const ran = await through(args);
    t.equal(ran.status, 0, `${args.join(' ')}: ${ran.stderr}`);
  }
  t.equal((await past(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'])).stdout, '2');
});

t.test('what the server refuses, it refuses in its own words', async (t) => {
  const web = ['deployment', 'web'];
  const conflicting = object('Deployment', 'apps/v1', {
    metadata: { name: 'web' },
    spec: { replicas: 2, paused: true },
  });
  for (const [args, input] of [
    [['patch', ...web, '-p', '{"spec":{"replicas":-1}}']],
    [['patch', ...web, '--type=json', '-p', '[{"op":"test","path":"/spec/replicas","value":7}]']],
    [['patch', ...web, '-p', '{"spec":{"selector":{"matchLabels":{"a":"c"}}}}']],
    [['patch', 'deployment', 'none', '-p', '{"spec":{"replicas":1}}']],
    [['apply', '--server-side', '--field-manager=other', '-f', '-'], conflicting.replace('2', '3')],
  ] as [string[], string?][]) {
    const [ours, theirs] = [await through(args, input), await past([...args, '--dry-run=server'], input)];
    t.not(ours.status, 0);
    t.equal(ours.stderr, theirs.stderr, args.join(' '));
  }
});

t.test('a write that meets another is made all the same, as without us', async (t) => {
  const annotate = (by: typeof past, key: string, value: number) =>
    by(['annotate', '--overwrite', 'deployment', 'web', `${key}=${value}`]);
  let busy = true;
  const others = (async () => {
    for (let n = 0; busy; n++) await annotate(past, 'theirs', n);
  })();
  for (let n = 0; n < 15; n++) t.match(await annotate(through, 'ours', n), { status: 0, stderr: '' });
  busy = false;
  await others;
  const { stdout } = await past(['get', 'deployment', 'web', '-o', 'jsonpath={.metadata.annotations.ours}']);
  t.equal(stdout, '14');
});

t.test('a token of the cluster is masked, a Secret of one’s own is not', async (t) => {
  const token = object('Secret', 'v1', {
    metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'default' } },
    type: 'kubernetes.io/service-account-token',
  });
  t.equal((await past(create, token)).status, 0);
  const own = ['create', 'secret', 'generic', 'own', '--from-literal=password=swordfish-swordfish'];
  t.equal((await through(own)).status, 0);
  const data = async (name: string, member: string) => {
    const { stdout } = await through(['get', 'secret', name, '-o', `jsonpath={.data.${member}}`]);
    return Buffer.from(stdout, 'base64').toString();
  };
  t.equal(await data('own', 'password'), 'swordfish-swordfish');
  let seen = '';
  for (let tries = 0; seen === '' && tries < 50; tries++) seen = await data('token', 'token');
  t.match(seen, /^\[chaperone-masked:/);
  for (const op of ['copy', 'move']) {
    const patch = JSON.stringify([
      { op: 'add', path: '/metadata/labels', value: {} },
      { op, from: '/data/token', path: '/metadata/annotations/taken' },
    ]);
    const taken = await through(['patch', 'secret', 'token', '--type=json', '-p', patch, '-o', 'yaml']);
    t.match(taken, { status: 1, stdout: '', stderr: /copies or moves what is masked/ });
  }
  t.notMatch(
    (await through(['get', 'secrets', '-o', 'yaml'])).stdout,
    /: ZXlK/,
    'not in a list either: base64 of eyJ',
  );
});
