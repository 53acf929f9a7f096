/** What a write would do, as a real API server says in a dry run: shown to who decides, and done as it was shown. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import type { ApprovalView } from '../../recorder/server/api.ts';
import { chaperone } from '../e2e/program.ts';
import { guarded, IMAGE, type Ran, REAL } from './guarded.ts';

t.setTimeout(600_000);

const POLICY = `---
apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: asking }
spec:
  defaults: { api: allow, exec: allow }
  approvals: { selfApproval: true }
  api:
    - name: writes
      match: { verbs: [write, delete], namespaces: [NAMESPACE], unless: { verbs: [exec] } }
      effect: ask
      reason: Look first.
    - name: commands
      match: { verbs: [exec], namespaces: [NAMESPACE] }
      effect: ask
      reason: Look first.
    - name: shared
      match: { verbs: [write], resources: [gizmos] }
      effect: ask
      reason: Look first.
`;

const { through, past, data, namespace, kubeconfig, stop } = await guarded(t, POLICY);
const on = (...args: string[]) => chaperone(['approvals', ...args, '--data', data]);

/** The one that waits, if there is one by now. */
async function pending(not = ''): Promise<ApprovalView | undefined> {
  const { stdout } = await on('list', '--json');
  const views = stdout.split('\n').filter(Boolean);
  return views
    .map((line) => JSON.parse(line) as ApprovalView)
    .find(({ state, id }) => state === 'pending' && id !== not);
}

async function waiting(not?: string): Promise<ApprovalView> {
  for (let left = 100; left > 0; left--) {
    const found = await pending(not);
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error('nothing waits');
}

async function approve(): Promise<ApprovalView & { shown: string }> {
  const view = await waiting();
  const shown = (await on('show', view.id)).stdout;
  await on('approve', view.id);
  return { ...view, shown };
}

/** Approves of whatever else it asks for: kubectl may make more than one request of a command. */
async function finish(t: Test, ran: Promise<Ran>): Promise<void> {
  let done = false;
  const marked = ran.finally(() => {
    done = true;
  });
  while (!done) {
    const asked = await pending();
    if (asked !== undefined) await on('approve', asked.id);
  }
  ok(t, await marked);
}

const effectOf = ({ asked }: ApprovalView) => (asked.kind === 'request' ? asked.effect : undefined);
const counted = async () => (await on('list', '--json')).stdout.split('\n').filter(Boolean).length;
const ok = (t: Test, { status, stderr }: Ran) => t.equal(status, 0, stderr);
const uidOf = async (...object: string[]) =>
  (await past(['get', ...object, '-o', 'jsonpath={.metadata.uid}'])).stdout;
const changed = async (name: string) =>
  (await past(['get', 'configmap', name, '-o', 'jsonpath={.data}'])).stdout;

t.test('a patch, while the object is busy', async (t) => {
  await past(['create', 'configmap', 'db', '--from-literal=colour=red']);
  const patched = through(['patch', 'configmap', 'db', '-p', '{"data":{"colour":"blue"}}']);
  const asked = await waiting();
  t.match(effectOf(asked), { kind: 'change', uid: await uidOf('configmap', 'db'), places: 1 });
  const { stdout } = await on('show', asked.id);
  t.match(stdout, /−\s+"colour": "red"\n.*\+\s+"colour": "blue"/s);
  // Somebody else changes what is not shown: a new resourceVersion, and nothing that was approved of is another.
  await past(['annotate', 'configmap', 'db', 'other=1']);
  await past(['annotate', 'configmap', 'db', 'other-']);
  await on('approve', asked.id);
  ok(t, await patched);
  t.equal(await changed('db'), '{"colour":"blue"}');
  t.equal(await counted(), 1);
});

t.test('where it would do something else by then, it is asked about again', async (t) => {
  const patched = through(['patch', 'configmap', 'db', '-p', '{"data":{"colour":"green"}}']);
  const first = await waiting();
  await past(['patch', 'configmap', 'db', '-p', '{"data":{"colour":"black"}}']);
  await on('approve', first.id);
  const second = await waiting(first.id);
  t.match((await on('show', second.id)).stdout, /−\s+"colour": "black"/);
  t.equal(await changed('db'), '{"colour":"black"}');
  await on('approve', second.id);
  ok(t, await patched);
  t.equal(await changed('db'), '{"colour":"green"}');
});

t.test('deletions: of the very object, of many, and by eviction', async (t) => {
  const deleted = through(['delete', 'configmap', 'db']);
  const first = await waiting();
  const uid = await uidOf('configmap', 'db');
  t.match(effectOf(first), { kind: 'deletion', uid });
  await past(['delete', 'configmap', 'db']);
  await past(['create', 'configmap', 'db', '--from-literal=colour=white']);
  await on('approve', first.id);
  const second = await waiting(first.id);
  const now = await uidOf('configmap', 'db');
  t.not(now, uid);
  t.match(effectOf(second), { kind: 'deletion', uid: now });
  await on('approve', second.id);
  ok(t, await deleted);
  t.equal((await past(['get', 'configmap', 'db'])).status, 1);

  for (const name of ['a', 'b', 'c']) await past(['create', 'configmap', name]);
  await past(['label', 'configmap', 'a', 'b', 'app=x']);
  const uri = `/api/v1/namespaces/${namespace}/configmaps?labelSelector=app%3Dx`;
  const many = through(['delete', '--raw', uri]);
  const { shown, ...view } = await approve();
  t.match(effectOf(view), { kind: 'collection', count: 2, more: false });
  t.match(shown, /^ {2}a\n {2}b\n/m);
  ok(t, await many);
  const left = (await past(['get', 'configmaps', '-o', 'name'])).stdout;
  t.match(left, /configmap\/c\n/);
  t.notMatch(left, /configmap\/[ab]\n/);
});

t.test('what is made: with what the server adds, and what it makes anew each time', async (t) => {
  const secret = through(['create', 'secret', 'generic', 'key', '--from-literal=password=hunter2-hunter2']);
  const one = await approve();
  t.match(effectOf(one), { kind: 'change', uid: '' });
  t.match(one.shown, /"password": "W2NoYXBlcm9uZS1tYXNrZWQ6/);
  t.notMatch(one.shown, /hunter2|aHVudGVyMi/);
  ok(t, await secret);
  const pod = through([
    ...['run', 'box', `--image=${IMAGE}`, '--image-pull-policy=IfNotPresent'],
    ...['--', 'sleep', '3600'],
  ]);
  const other = await approve();
  t.match(other.shown, /"terminationGracePeriodSeconds": 30/, 'defaults are part of what it does');
  t.match(other.shown, /made anew each time/, 'the name of the volume with its token');
  ok(t, await pod);
  const service = through(['create', 'service', 'clusterip', 'web', '--tcp=80']);
  await approve();
  ok(t, await service);
  t.match((await past(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])).stdout, /\d/);
});

t.test('Deployments: apply, scale, restart', async (t) => {
  const container = { name: 'c', image: IMAGE, command: ['sleep', '3600'] };
  const deployment = (replicas: number) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
      },
    });
  const made = through(['apply', '-f', '-'], deployment(0));
  await approve();
  ok(t, await made);
  const applied = through(['apply', '--server-side', '--force-conflicts', '-f', '-'], deployment(1));
  t.match((await approve()).shown, /−\s+"replicas": 0.*\+\s+"replicas": 1/s);
  await finish(t, applied);
  const scaled = through(['scale', 'deployment', 'web', '--replicas=0']);
  // A Scale of none says nothing of how many.
  t.match((await approve()).shown, /−\s+"replicas": 1/);
  ok(t, await scaled);
  const restarted = through(['rollout', 'restart', 'deployment', 'web']);
  t.match((await approve()).shown, /\+ .*restartedAt/);
  ok(t, await restarted);
  const asked = await counted();
  const wrong = await through(['patch', 'deployment', 'web', '-p', '{"spec":{"replicas":-1}}']);
  t.equal(wrong.status, 1);
  t.match(wrong.stderr, /The Deployment "web" is invalid: spec.replicas: Invalid value: -1/);
  t.equal((await through(['delete', 'deployment', 'none'])).status, 1);
  t.equal(await counted(), asked, 'nobody is asked about what the server refuses');
});

t.test('resources by definition', async (t) => {
  const group = `${namespace}.example.com`;
  const names = { plural: 'gizmos', singular: 'gizmo', kind: 'Gizmo', listKind: 'GizmoList' };
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gizmos.${group}` },
    spec: { group, scope: 'Namespaced', names, versions: [version] },
  };
  t.teardown(() => past(['delete', 'crd', `gizmos.${group}`, '--wait=false']));
  ok(t, await past(['apply', '-f', '-'], JSON.stringify(definition)));
  await past(['wait', `crd/gizmos.${group}`, '--for=condition=Established', '--timeout=30s']);
  const gizmo = { apiVersion: `${group}/v1`, kind: 'Gizmo', metadata: { name: 'g' }, spec: { size: 1 } };
  let made = await past(['apply', '-f', '-'], JSON.stringify(gizmo));
  for (let left = 20; made.status !== 0 && left > 0; left--) {
    await sleep(250);
    made = await past(['apply', '-f', '-'], JSON.stringify(gizmo));
  }
  const patched = through([
    ...['patch', `gizmos.${group}`, 'g', '--type=json'],
    ...['-p', '[{"op":"replace","path":"/spec/size","value":2}]'],
  ]);
  const { shown, ...view } = await approve();
  t.match(effectOf(view), { kind: 'change', places: 1 });
  t.match(shown, /−\s+"size": 1\n\+\s+"size": 2/);
  ok(t, await patched);
});

t.test('an exec is for one pod', async (t) => {
  const ready = () => past(['wait', 'pod/box', '--for=condition=Ready', '--timeout=90s']);
  ok(t, await ready());
  const run = through(['exec', 'box', '--', 'echo', 'here']);
  const first = await waiting();
  t.match(effectOf(first), { kind: 'pod', uid: await uidOf('pod', 'box') });
  const { stdout: manifest } = await past(['get', 'pod', 'box', '-o', 'json']);
  await past(['delete', 'pod', 'box', '--grace-period=0', '--force']);
  const { spec } = JSON.parse(manifest) as { spec: { containers: object[] } };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'box' },
    spec: { containers: spec.containers.map((one) => ({ ...one, volumeMounts: [] })) },
  };
  ok(t, await past(['create', '-f', '-'], JSON.stringify(pod)));
  ok(t, await ready());
  await on('approve', first.id);
  const second = await waiting(first.id);
  t.match(effectOf(second), { kind: 'pod', uid: await uidOf('pod', 'box') });
  await on('approve', second.id);
  const { stdout, status } = await run;
  t.same({ stdout, status }, { stdout: 'here\n', status: 0 });
  const evicted = through(
    ['create', '--raw', `/api/v1/namespaces/${namespace}/pods/box/eviction`, '-f', '-'],
    JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'box' } }),
  );
  t.match(effectOf(await approve()), { kind: 'deletion', uid: await uidOf('pod', 'box') });
  ok(t, await evicted);
});

/** What is answered to an exec into a pod that is not there, on the first credential of a kubeconfig. */
function execNowhere(file: string): Promise<{ status: number; message: string }> {
  const { clusters, users } = parse(readFileSync(file, 'utf8'));
  const { server, ...cluster } = clusters[0].cluster;
  const { token, ...user } = users[0].user;
  const pem = (data?: string) => (data === undefined ? undefined : Buffer.from(data, 'base64'));
  const asking = request(
    `${server}/api/v1/namespaces/${namespace}/pods/nobox/exec?command=true&stdout=true`,
    {
      ...{ ca: pem(cluster['certificate-authority-data']), key: pem(user['client-key-data']) },
      cert: pem(user['client-certificate-data']),
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...{ Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
        ...{ 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol': 'v5.channel.k8s.io' },
      },
    },
  );
  return new Promise((resolve, reject) => {
    asking.on('error', reject).on('upgrade', () => reject(new Error('upgraded')));
    asking.on('response', async (response) => {
      const { message } = JSON.parse((await response.toArray()).join(''));
      resolve({ status: response.statusCode!, message });
    });
    asking.end();
  });
}

t.test('an exec into a pod that is not there asks nobody, and is answered as by the server', async (t) => {
  const before = await counted();
  const theirs = await execNowhere(REAL);
  t.match(theirs, { status: 404, message: 'pods "nobox" not found' });
  t.same(await execNowhere(kubeconfig), theirs);
  t.equal(await counted(), before);
});

t.test('the log is whole', async (t) => {
  t.equal(await stop(), 0);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
});
