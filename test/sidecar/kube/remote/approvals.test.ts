/** Real kubectls wait for a human: who approves of an exec approves of one pod, and is asked once. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { kubectl } from '../../../kubectl.ts';
import { type Cluster, EXIT, startCluster } from '../cluster.ts';
import { sourceAt, startWorld, tls, type World } from '../proxy/world.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec:
  defaults: { api: allow, exec: ask, commands: allow, unknown: allow }
  approvals: { selfApproval: true, timeout: TIMEOUT }
  commands:
    - { name: cats, match: { program: [cat] }, effect: ask, reason: Look first. }
`;
const HUMAN = { user: 'reviewer', groups: [], login: 'browser' };

interface Scene {
  cluster: Cluster;
  world: World;
  exec(...command: string[]): Promise<{ status: number; stderr: string }>;
}

async function scene(t: Test, program: string, timeout = '5m'): Promise<Scene> {
  const cluster = await startCluster(tls);
  t.teardown(async () => cluster.close());
  const source = sourceAt(Number(new URL(cluster.url).port));
  const world = await startWorld(t, source, { policy: POLICY.replace('TIMEOUT', timeout) });
  const env = {
    PATH: process.env.PATH,
    HOME: world.data,
    KUBECONFIG: join(world.data, 'kube/kubeconfig'),
  };
  const exec = (...command: string[]) =>
    new Promise<{ status: number; stderr: string }>((resolve) => {
      const args = ['exec', '-i', 'box', '--', ...command];
      const child = execFile(program, args, { env }, (error, _stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), stderr }),
      );
      child.stdin!.on('error', () => {}).end('hello\n');
    });
  return { cluster, world, exec };
}

/** The one that waits. */
async function waiting({ desk }: World) {
  for (;;) {
    const pending = desk.list().filter(({ settled }) => settled === null);
    if (pending.length === 1) return pending[0]!.request;
    await sleep(2);
  }
}

async function approve(world: World): Promise<unknown> {
  const { id, asked } = await waiting(world);
  await world.desk.vote(id, HUMAN, { vote: 'approve' });
  return asked;
}

const ofPod = (uid: string) => ({ kind: 'request', effect: { kind: 'pod', uid } });

for (const age of ['old', 'current'] as const) {
  const program = kubectl(age);
  if (program === null) {
    t.pass('no kubectl for this machine', { skip: 'linux/amd64 only' });
    continue;
  }

  t.test(`${age}: what is approved of is an exec into one pod`, async (t) => {
    const { cluster, world, exec } = await scene(t, program);
    const done = exec('true');
    const first = await waiting(world);
    t.match(first.asked, ofPod('u-1'));
    cluster.uid = 'u-2';
    await world.desk.vote(first.id, HUMAN, { vote: 'approve' });
    t.match(await approve(world), ofPod('u-2'), 'another pod of that name is asked about again');
    t.equal((await done).status, EXIT);
    t.equal(cluster.upgrades.length, 1);
  });

  t.test(`${age}: where the pod is replaced between two questions, both are asked again`, async (t) => {
    const { cluster, world, exec } = await scene(t, program);
    const done = exec('cat');
    t.match(await approve(world), ofPod('u-1'));
    const command = await waiting(world);
    t.match(command.asked, { kind: 'command', line: 'cat' });
    cluster.uid = 'u-2';
    await world.desk.vote(command.id, HUMAN, { vote: 'approve' });
    t.match(await approve(world), { kind: 'command' });
    if (age === 'old') {
      const { status, stderr } = await done;
      t.equal(status, 1);
      t.match(stderr, /another one than was approved of/);
      t.same(cluster.upgrades, []);
      return;
    }
    // It tries again, over SPDY.
    t.match(await approve(world), ofPod('u-2'));
    t.match(await approve(world), { kind: 'command' });
    t.equal((await done).status, EXIT);
    t.equal(cluster.upgrades.length, 1);
  });

  t.test(`${age}: where no WebSocket opens, the attempt over SPDY needs no other approval`, async (t) => {
    const { cluster, world, exec } = await scene(t, program);
    cluster.spdyOnly = true;
    const done = exec('cat');
    t.match(await approve(world), ofPod('u-1'));
    t.match(await approve(world), { kind: 'command', line: 'cat' });
    t.equal((await done).status, EXIT);
    t.match(cluster.upgrades, [/^spdy/]);
    t.equal(world.desk.list().length, 2, 'nobody is asked a second time');
    const again = exec('cat');
    t.match(await approve(world), ofPod('u-1'), 'the next one is another');
    t.match(await approve(world), { kind: 'command' });
    t.equal((await again).status, EXIT);
  });

  t.test(`${age}: silence is one refusal`, async (t) => {
    const { cluster, world, exec } = await scene(t, program, '1s');
    const { status, stderr } = await exec('true');
    t.equal(status, 1);
    t.match(stderr, /forbidden: chaperone/);
    t.match(world.desk.list(), [{ settled: { state: 'expired' } }]);
    t.equal(world.desk.list().length, 1, 'nobody is asked a second time');
    t.same(cluster.upgrades, []);
  });
}
