/** Protobuf bodies: what a real kubectl sent, every part that can be repeated or cut, and whatever bytes. */
import fc from 'fast-check';
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { decodeProtobuf } from '../../../../sidecar/request/body/protobuf/envelope.ts';
import { fieldsIn, messageOf } from '../../../../sidecar/request/body/protobuf/schema.ts';
import { type RefusalCode, Unfit } from '../../../../sidecar/request/refusal.ts';
import { restRequests } from '../../../kube-captures/rest.ts';
import { encodeProtobuf, envelope, field, numeric, varint } from './protobuf.ts';

const SEED = 20261122;
const METADATA = {
  generateName: '',
  selfLink: '',
  uid: '',
  resourceVersion: '',
  generation: 0,
  creationTimestamp: null,
};

const REAL: Record<string, { [member: string]: Json }> = {
  'rest-create': {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...METADATA, name: 'cm1', namespace: 'demo' },
    data: { a: 'b' },
  },
  'rest-auth-can-i': {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    metadata: { ...METADATA, name: '', namespace: '' },
    spec: { namespace: 'default' },
    status: { incomplete: false, evaluationError: '' },
  },
};

t.test('what a real kubectl sent', async (t) => {
  const sent = restRequests().filter(
    ({ rawHeaders, body }) => body.length > 0 && rawHeaders.includes('application/vnd.kubernetes.protobuf'),
  );
  t.same(sent.map(({ scenario }) => scenario).toSorted(), Object.keys(REAL).toSorted());
  for (const { scenario, body } of sent) {
    t.same(decodeProtobuf(body), REAL[scenario], scenario);
    // The writer that the tests of the rules use is right where a real client shows it.
    t.same(encodeProtobuf(REAL[scenario]!), body, scenario);
  }
});

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    labels: { a: 'b', c: '' },
    annotations: {},
    creationTimestamp: '2026-11-22T07:10:44Z',
  },
  spec: {
    hostPID: true,
    serviceAccountName: 'agent',
    terminationGracePeriodSeconds: -1,
    containers: [
      {
        name: 'main',
        image: 'nginx',
        command: ['sh', '-c'],
        ports: [{ containerPort: 8080 }],
        resources: { limits: { memory: '1Gi' } },
        securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } },
        volumeMounts: [{ name: 'root', mountPath: '/host' }],
        livenessProbe: { httpGet: { port: 'http', path: '/' }, periodSeconds: 10 },
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
      },
    ],
    ephemeralContainers: [{ name: 'debug', image: 'busybox', targetContainerName: 'main' }],
    volumes: [
      { name: 'root', hostPath: { path: '/' } },
      { name: 's', secret: { secretName: 'db' } },
    ],
  },
};

t.test('what stands in an inner message and shows in the outer one', async (t) => {
  const { annotations: _, ...metadata } = POD.metadata;
  t.same(decodeProtobuf(encodeProtobuf(POD)), { ...POD, metadata });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    data: { k: 'cGFzcw==' },
    stringData: { __proto__x: 'y' },
  };
  t.same(decodeProtobuf(encodeProtobuf(secret)), secret);
  const sneaky = envelope('v1', 'Secret', field(2, Buffer.concat([field(1, '__proto__'), field(2, 'x')])));
  t.same(Object.keys((decodeProtobuf(sneaky) as { data: object }).data), ['__proto__']);
});

t.test('kinds that are the same everywhere, and those that are not known', async (t) => {
  for (const apiVersion of ['v1', 'apps/v1', 'meta.k8s.io/v1', 'policy/v1beta1'])
    t.equal(messageOf(apiVersion, 'DeleteOptions'), 'meta.DeleteOptions');
  t.equal(messageOf('policy/v1beta1', 'Eviction'), 'policy.Eviction');
  for (const [apiVersion, kind] of [
    ['apps/v1beta1', 'Deployment'],
    ['', 'Pod'],
    ['v1', ''],
    ['v1', 'PodSpecs'],
    ['example.com/v1', 'Pod'],
  ] as const) {
    t.equal(messageOf(apiVersion, kind), null, `${apiVersion} ${kind}`);
    t.equal(decodeProtobuf(envelope(apiVersion, kind, field(1, ''))), null);
  }
  t.equal(
    decodeProtobuf(envelope('v1', 'Pod', numeric(999, 1))),
    null,
    'a field that a newer server may know',
  );
});

t.test('every message that another names is there', async (t) => {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { type } of fieldsIn(name).values()) if (type.includes('.')) visit(type);
  };
  for (const kind of ['Pod', 'PodList', 'Secret', 'Node', 'PersistentVolume', 'PodTemplate'])
    visit(`core.${kind}`);
  for (const name of [
    'apps.DeploymentList',
    'batch.CronJobList',
    'rbac.ClusterRoleList',
    'policy.Eviction',
    'meta.Status',
  ])
    visit(name);
  t.ok(seen.size > 150, `${seen.size} messages`);
});

function refusal(bytes: Uint8Array): RefusalCode | null {
  try {
    decodeProtobuf(bytes);
    return null;
  } catch (error) {
    if (error instanceof Unfit) return error.refusal.code;
    throw error;
  }
}

const configMap = (raw: Uint8Array) => envelope('v1', 'ConfigMap', raw);
const entry = (key: string, value: string) => field(2, Buffer.concat([field(1, key), field(2, value)]));

t.test('what one decoder takes for the last and another for the first is refused', async (t) => {
  t.equal(
    refusal(configMap(Buffer.concat([field(1, ''), field(1, '')]))),
    'body-duplicate',
    'a message twice',
  );
  t.equal(
    refusal(configMap(Buffer.concat([entry('a', '1'), entry('a', '2')]))),
    'body-duplicate',
    'a key twice',
  );
  t.equal(
    refusal(configMap(field(2, Buffer.concat([field(1, 'a'), field(2, '1'), field(2, '2')])))),
    'body-duplicate',
  );
  t.equal(
    refusal(configMap(Buffer.concat([numeric(4, 1), numeric(4, 0)]))),
    'body-duplicate',
    'a number twice',
  );
  const type = Buffer.concat([field(1, 'v1'), field(2, 'Pod')]);
  const wrapped = (...parts: Buffer[]) => Buffer.concat([Buffer.from('k8s\0'), ...parts]);
  t.equal(refusal(wrapped(field(1, type), field(1, type), field(2, ''))), 'body-duplicate', 'a type twice');
  t.equal(refusal(wrapped(field(1, type), field(2, ''), field(2, ''))), 'body-duplicate', 'a content twice');
  t.equal(refusal(wrapped(field(1, type), field(2, ''), field(4, 'application/json'))), 'body-syntax');
  const volume = Buffer.concat([field(1, 'v'), field(2, field(1, '')), field(2, field(1, ''))]);
  t.equal(
    refusal(envelope('v1', 'Pod', field(2, field(1, volume)))),
    'body-duplicate',
    'an inner message twice',
  );
});

t.test('what is broken, or too large for the decoder of another', async (t) => {
  t.equal(refusal(Buffer.from('{}')), 'body-syntax');
  t.equal(refusal(Buffer.alloc(0)), 'body-syntax');
  // Field 2^32 + 2 is 2 to a decoder that keeps 32 bits of it.
  const wide = Buffer.concat([varint((((1n << 32n) + 2n) << 3n) | 2n), varint(0)]);
  t.equal(refusal(configMap(wide)), 'body-syntax');
  for (const bytes of [
    '00',
    '0b',
    '0f',
    '0aff',
    '0a',
    'ffffffffffffffffffff01',
    '80808080808080808080808001',
  ])
    t.equal(refusal(configMap(Buffer.from(bytes, 'hex'))), 'body-syntax', bytes);
  t.equal(refusal(configMap(field(2, field(1, Buffer.from('ff', 'hex'))))), 'body-syntax', 'no UTF-8');
  t.equal(refusal(configMap(numeric(1, 1))), 'body-syntax', 'a number for a message');
  t.equal(refusal(configMap(field(4, 'x'))), 'body-syntax', 'bytes for a number');
});

t.test('cut anywhere, and whatever bytes: it decodes, or says so', async (t) => {
  const whole = encodeProtobuf(POD);
  for (let at = 0; at < whole.length; at++) refusal(whole.subarray(0, at));
  t.equal(refusal(whole.subarray(0, 20)), 'body-syntax');
  const mutated = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(whole);
    bytes[at] = byte;
    return bytes;
  });
  const raw = fc.uint8Array({ maxLength: 64 }).map((bytes) => envelope('v1', 'Pod', bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, raw), (bytes) => {
      refusal(bytes);
    }),
    { seed: SEED, numRuns: 1500 },
  );
});
