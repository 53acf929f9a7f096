/** What a real kubectl makes of its own kinds in protobuf is decoded to what was asked for, and no byte of it is lost. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { decodeProtobuf } from '../../../../sidecar/request/body/protobuf/envelope.ts';
import { kubectl } from '../../../kubectl.ts';
import { outcome } from '../../policy/builtin-api/attack.ts';
import { encodeProtobuf } from './protobuf.ts';

const program = kubectl('current');

/** What is run, what it has to come to, and the built-in rule that refuses it. */
const CREATED: [argv: string, object: { [member: string]: Json }, rule: string][] = [
  [
    'secret generic db --from-literal=password=hunter2',
    { kind: 'Secret', data: { password: 'aHVudGVyMg==' } },
    'allowed',
  ],
  ['configmap cm --from-literal=a=b', { kind: 'ConfigMap', data: { a: 'b' } }, 'allowed'],
  [
    'deployment web --image=nginx --replicas=3',
    {
      kind: 'Deployment',
      spec: { replicas: 3, template: { spec: { containers: [{ name: 'nginx', image: 'nginx' }] } } },
    },
    'allowed',
  ],
  ['deployment web --image=chaperone', { kind: 'Deployment', spec: { replicas: 1 } }, 'keep-own-containers'],
  [
    'job j --image=busybox -- sh -c x',
    { kind: 'Job', spec: { template: { spec: { containers: [{ command: ['sh', '-c', 'x'] }] } } } },
    'allowed',
  ],
  [
    'service clusterip svc --tcp=80:8080',
    { kind: 'Service', spec: { ports: [{ port: 80, targetPort: 8080 }] } },
    'allowed',
  ],
  ['quota q --hard=cpu=1', { kind: 'ResourceQuota', spec: { hard: { cpu: '1' } } }, 'allowed'],
  ['ingress i --rule=a.com/=svc:80', { kind: 'Ingress', spec: { rules: [{ host: 'a.com' }] } }, 'allowed'],
  [
    'rolebinding rb --clusterrole=admin --serviceaccount=shop:default',
    {
      kind: 'RoleBinding',
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }],
      roleRef: { kind: 'ClusterRole', name: 'admin' },
    },
    'no-bindings',
  ],
  ['token agent', { kind: 'TokenRequest' }, 'no-token-minting'],
];

t.test('kubectl create', { skip: program === null && 'no kubectl for this machine' }, async (t) => {
  const received = new Map<string, { target: string; type: string; body: Buffer }>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const type = request.headers['content-type'] ?? '';
    const body = Buffer.concat(chunks);
    const run = String(request.headers['kubectl-session']);
    received.set(run, { target: request.url!, type, body });
    response.writeHead(201, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const home = t.testdir();
  for (const [argv, expected, rule] of CREATED) {
    received.clear();
    const args = [
      '--server',
      url,
      '--cache-dir',
      home,
      '--kubeconfig',
      '/dev/null',
      '-n',
      'shop',
      'create',
      ...argv.split(' '),
    ];
    // No token comes back from `create token`, which it says.
    await promisify(execFile)(program!, args, { env: { HOME: home }, timeout: 30_000 }).catch(
      () => undefined,
    );
    t.equal(received.size, 1, argv);
    for (const { target, type, body } of received.values()) {
      t.equal(type, 'application/vnd.kubernetes.protobuf');
      const object = decodeProtobuf(body) as { [member: string]: Json };
      t.match(object, expected, argv);
      t.same(encodeProtobuf(object), body, `${argv}: written again`);
      t.equal(outcome({ method: 'POST', target, type, body }), rule, argv);
    }
  }
});
