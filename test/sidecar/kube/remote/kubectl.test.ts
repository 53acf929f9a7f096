/** Real kubectls, old (SPDY) and current (WebSocket), through the whole proxy: what they see, and what is recorded. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { SessionSummary, StoredEvent } from '../../../../recorder/log/ports.ts';
import { kubectl } from '../../../kubectl.ts';
import { type Cluster, EXIT, startCluster } from '../cluster.ts';
import { sourceAt, startWorld, tls, type World } from '../proxy/world.ts';
import { bodies, recorded } from './stage.ts';

t.setTimeout(600_000);

const INPUT = Buffer.from(Array.from({ length: 100_000 }, (_, line) => `line ${line}\n`).join(''));
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec:
  defaults: { api: allow, commands: allow, unknown: allow }
  commands:
    - { name: no-format, match: { program: [mkfs*] }, effect: deny, reason: It formats. }
`;

const CLOSED = `${POLICY}  api:
    - { name: no-box, match: { verbs: [exec], names: [box] }, effect: deny, reason: The box stays closed. }
`;

const INSIDE = `${POLICY}  exec:
    - name: keep-data
      match: { pods: [box], command: { program: [rm], deletes: [/data/**] } }
      effect: deny
      reason: The data stays.
    - { name: look-only, match: { stdin: true, command: { program: [cat] } }, effect: deny, reason: Look only. }
`;

interface Scene {
  world: World;
  cluster: Cluster;
}

async function scene(t: Test, policy = POLICY): Promise<Scene> {
  const cluster = await startCluster(tls);
  t.teardown(async () => cluster.close());
  const world = await startWorld(t, sourceAt(Number(new URL(cluster.url).port)), { policy });
  return { world, cluster };
}

function run(t: Test, program: string, { world }: Scene, args: string[]): ChildProcess {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: world.data, KUBECONFIG: join(world.data, 'kube/kubeconfig') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin!.on('error', () => {});
  t.teardown(async () => void child.kill('SIGKILL'));
  return child;
}

async function finish(child: ChildProcess, input: Buffer | string = '') {
  child.stdin!.end(input);
  const [stdout, stderr] = await Promise.all([
    buffer(child.stdout!),
    buffer(child.stderr!),
    once(child, 'close'),
  ]);
  return { stdout, stderr: stderr.toString(), status: child.exitCode };
}

/** The remote sessions, oldest first, once they have all ended. */
async function sessions({ log }: World): Promise<{ summary: SessionSummary; events: StoredEvent[] }[]> {
  for (;;) {
    const remote = (await log.sessions()).sessions.filter(({ entrance }) => entrance?.kind === 'remote');
    if (remote.every(({ status }) => status !== undefined)) {
      return Promise.all(
        remote.reverse().map(async (summary) => {
          const events: StoredEvent[] = [];
          for await (const event of log.events(summary.id)) events.push(event);
          return { summary, events };
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const age of ['old', 'current'] as const) {
  const program = kubectl(age);
  if (program === null) {
    t.pass('no kubectl for this machine', { skip: 'linux/amd64 only' });
    continue;
  }

  t.test(`exec, ${age}: the same to kubectl, and all of it in the log`, async (t) => {
    const here = await scene(t);
    const got = await finish(run(t, program, here, ['exec', '-i', 'box', '--', 'cat']), INPUT);
    t.equal(md5(got.stdout), md5(INPUT));
    t.match(got.stderr, /done\n.*exit code 7/s);
    t.equal(got.status, EXIT);
    t.same(here.cluster.faults, []);
    const [only, ...more] = await sessions(here.world);
    t.same(more, []);
    t.match(only!.summary, {
      command: ['cat'],
      host: 'default/box',
      status: EXIT,
      entrance: { kind: 'remote', subresource: 'exec', namespace: 'default', pod: 'box' },
    });
    t.equal(md5(recorded(only!.events)), md5(INPUT));
    t.equal(recorded(only!.events, 'stderr').toString(), 'done\n');
    t.match(bodies(only!.events, 'command.decided'), [{ line: 'cat', allowed: true }]);
    const { admitted, ended } = await here.world.evidence();
    const opening = admitted.find(({ opens }) => opens === only!.summary.id);
    t.match(opening, { allowed: true, request: { resource: 'pods', subresource: 'exec', name: 'box' } });
    t.match(opening?.client, { command: 'kubectl exec' });
    t.match(
      ended.find(({ id }) => id === opening?.id),
      { outcome: 'upgraded', status: 101 },
    );
    t.equal((only!.summary.entrance as { origin: { request: string } }).origin.request, opening?.id);
  });

  t.test(
    `exec, ${age}: values that are known are masked in the log, and where policy says so for kubectl`,
    async (t) => {
      const here = await scene(t);
      const learn = (value: string, agent: boolean) =>
        here.world.vault.learn([Buffer.from(value)], { record: true, agent, minLength: 8 });
      learn('only-for-the-agent', false);
      learn('for-nobody-to-see', true);
      const lines = Array.from({ length: 20_000 }, (_, n) => `${n} only-for-the-agent for-nobody-to-see\n`);
      const got = await finish(run(t, program, here, ['exec', '-i', 'box', '--', 'cat']), lines.join(''));
      t.equal(got.status, EXIT, got.stderr);
      const [only] = await sessions(here.world);
      const [shown, stored] = [got.stdout.toString(), recorded(only!.events).toString()];
      const sent = lines.join('');
      t.same([shown.length, stored.length], [sent.length, sent.length]);
      t.notMatch(shown, /for-nobody-to-see/);
      t.notMatch(stored, /for-nobody-to-see|only-for-the-agent/);
      t.match(stored.slice(0, 40), `0 ${'*'.repeat(18)} ${'*'.repeat(17)}\n`);
      t.equal(shown.split('only-for-the-agent').length, lines.length + 1, 'what it may see comes whole');
      t.same(here.cluster.faults, []);
      const line = await finish(
        run(t, program, here, ['exec', '-i', 'box', '--', 'echo', 'for-nobody-to-see']),
      );
      t.equal(line.status, EXIT);
      const [, second] = await sessions(here.world);
      t.match(bodies(second!.events, 'command.decided'), [{ line: 'echo *****************' }]);
      t.match(bodies(second!.events, 'session.start'), [{ command: ['echo', '*****************'] }]);
      const { admitted } = await here.world.evidence();
      t.notMatch(JSON.stringify(admitted), /for-nobody/);
    },
  );

  t.test(`exec, ${age}: refused by its command, and by its pod`, async (t) => {
    const here = await scene(t);
    const command = await finish(
      run(t, program, here, ['exec', 'box', '--', 'sh', '-c', 'ls; mkfs.ext4 /dev/no-such-disk']),
    );
    t.equal(command.status, 1);
    t.match(command.stderr, /forbidden: chaperone: refused by test\/no-format: It formats/);
    t.same(here.cluster.upgrades, [], 'nothing reached the server');
    const [refusedOne, ...others] = await sessions(here.world);
    t.match(refusedOne!.summary, { status: 126, refused: 1 });
    t.match(bodies(refusedOne!.events, 'session.end'), [{ reason: 'refused' }]);
    t.same(others, [], 'one refusal, however often kubectl asks');
    const asked = (await here.world.evidence()).admitted.filter(
      ({ request }) => request.subresource === 'exec',
    );
    if (age === 'current')
      t.match(asked, [
        { allowed: true, opens: refusedOne!.summary.id },
        { allowed: false, repeats: asked[0]!.id, decision: { rule: 'test/no-format' } },
      ]);
    else t.equal(asked.length, 1);
    const closed = await scene(t, CLOSED);
    const pod = await finish(run(t, program, closed, ['exec', 'box', '--', 'ls']));
    t.equal(pod.status, 1);
    t.match(
      pod.stderr,
      /pods\/exec "box" is forbidden: chaperone: refused by test\/no-box: The box stays closed/,
    );
    t.same(closed.cluster.upgrades, [], 'nothing reached the server');
    t.same(await sessions(closed.world), []);
    const { admitted, ended } = await closed.world.evidence();
    const refused = admitted.filter(({ allowed }) => !allowed);
    t.ok(refused.length >= 1 && refused.every(({ request, opens }) => request.name === 'box' && !opens));
    for (const { id } of refused)
      t.match(
        ended.find((one) => one.id === id),
        { outcome: 'refused', status: 403 },
      );
  });

  t.test(`exec, ${age}: refused by what runs in a pod, and by how it is opened`, async (t) => {
    const here = await scene(t, INSIDE);
    const inside = (...args: string[]) => finish(run(t, program, here, args));
    const argv = await inside('exec', 'box', '--', 'rm', '-r', '/data/x');
    t.match(argv.stderr, /refused by test\/keep-data: The data stays/);
    const opened = await inside('exec', '-i', 'box', '--', 'cat');
    t.match(opened.stderr, /refused by test\/look-only: Look only/);
    t.same(here.cluster.upgrades, [], 'nothing reached the server');
    const piped = await finish(
      run(t, program, here, ['exec', '-i', 'box', '--', 'sh']),
      'cd /data\nrm -r x\necho on\n',
    );
    t.match(piped.stderr, /refused by test\/keep-data: The data stays/);
    t.notMatch(piped.stderr, /websocket|error stream|Unhandled/, 'nothing of what kubectl thinks of it');
    const [script] = await sessions(here.world);
    t.match(bodies(script!.events, 'command.decided'), [
      { line: 'sh', allowed: true },
      { line: 'cd /data', allowed: true },
      { line: 'rm -r x', allowed: false, decision: { rule: 'test/keep-data' } },
    ]);
  });

  t.test(`exec, ${age}: kubectl is killed, the server goes away`, async (t) => {
    const here = await scene(t);
    const killed = run(t, program, here, ['exec', '-i', 'box', '--', 'cat']);
    killed.stdin!.write('hello\n');
    await once(killed.stdout!, 'data');
    killed.kill('SIGKILL');
    t.match((await sessions(here.world))[0]!.summary, { status: 129 });
    const left = run(t, program, here, ['exec', '-i', 'box', '--', 'cat']);
    left.stdin!.write('hello\n');
    await once(left.stdout!, 'data');
    here.cluster.close();
    const [status] = (await once(left, 'close')) as [number];
    // As without us: the old one takes the end of its streams for success.
    t.equal(status, age === 'old' ? 0 : 1);
    const [, second] = await sessions(here.world);
    t.equal(recorded(second!.events).toString(), 'hello\n');
    t.match(bodies(second!.events, 'session.end'), [{ reason: 'detached' }]);
    const { admitted, ended } = await here.world.evidence();
    for (const { id } of admitted)
      t.ok(
        ended.some((one) => one.id === id),
        'each request has an end',
      );
  });

  t.test(`port-forward, ${age}: connections and their bytes`, async (t) => {
    const here = await scene(t);
    const child = run(t, program, here, ['port-forward', 'pod/box', ':8080']);
    const [said] = (await once(child.stdout!, 'data')) as [Buffer];
    child.stdout!.resume();
    child.stderr!.resume();
    const port = Number(/127\.0\.0\.1:(\d+) ->/.exec(said.toString())![1]);
    const sizes = [200_000, 1];
    for (const size of sizes) {
      const socket = connect(port, '127.0.0.1');
      socket.write(INPUT.subarray(0, size));
      let length = 0;
      for await (const piece of socket) {
        length += (piece as Buffer).length;
        if (length >= size) break;
      }
      t.equal(length, size);
    }
    child.kill('SIGINT');
    await once(child, 'close');
    const [only] = await sessions(here.world);
    t.match(only!.summary, { status: 0, entrance: { subresource: 'portforward' } });
    t.same(
      bodies(only!.events, 'connection.opened').map(({ port }) => port),
      [8080, 8080],
    );
    const closed = bodies(only!.events, 'connection.closed').sort((a, b) => a.number - b.number);
    t.same(
      closed.map(({ sent, received }) => [sent, received]),
      sizes.map((size) => [size, size]),
    );
    t.same(here.cluster.faults, []);
  });
}

const current = kubectl('current');
t.test('twenty at once', { skip: current === null }, async (t) => {
  const here = await scene(t);
  const inputs = Array.from({ length: 20 }, (_, index) => Buffer.from(`${index}\n`.repeat(2000)));
  const runs = inputs.map((input) =>
    finish(run(t, current!, here, ['exec', '-i', 'box', '--', 'cat']), input),
  );
  const outputs = (await Promise.all(runs)).map(({ stdout, status }) => `${status} ${md5(stdout)}`);
  t.same(
    outputs,
    inputs.map((input) => `${EXIT} ${md5(input)}`),
  );
  const stored = (await sessions(here.world)).map(({ events }) => md5(recorded(events)));
  t.same(stored.sort(), inputs.map(md5).sort());
});
