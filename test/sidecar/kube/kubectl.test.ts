/** Real kubectls, old (SPDY) and current (WebSocket), against the peers: what we encode is what they understand. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { kubectl } from '../../kubectl.ts';
import { type Cluster, EXIT, startCluster } from './cluster.ts';

const INPUT = Buffer.from(Array.from({ length: 150_000 }, (_, line) => `line ${line}\n`).join(''));
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

const KUBECTLS = {
  old: { exec: 'spdy v4.channel.k8s.io', forward: 'spdy portforward.k8s.io' },
  current: { exec: 'websocket v5.channel.k8s.io', forward: 'websocket SPDY/3.1+portforward.k8s.io' },
} as const;

/** Runs it against the cluster, with a home of its own. Killed when the test is over. */
function run(t: Test, program: string, cluster: Cluster, args: string[]): ChildProcess {
  const home = mkdtempSync(join(tmpdir(), 'chaperone-kubectl-'));
  const child = spawn(program, ['--server', cluster.url, ...args], {
    env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, 'none') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.teardown(() => {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  return child;
}

/** The port that a forwarding kubectl says it listens on. Its output is read on: it dies of a closed pipe. */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (text) => (said += text));
    child.stdout!.on('data', (text) => {
      said += text;
      const port = /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.on('close', () => reject(new Error(said)));
  });
}

for (const age of ['old', 'current'] as const) {
  const program = kubectl(age);
  if (program === null) {
    t.pass('no kubectl for this machine', { skip: 'linux/amd64 only' });
    continue;
  }

  t.test(`kubectl exec, ${age}: a megabyte there and back`, async (t) => {
    const cluster = await startCluster();
    t.teardown(() => cluster.close());
    const child = run(t, program, cluster, ['exec', '-i', 'box', '--', 'cat']);
    child.stdin!.on('error', () => {});
    child.stdin!.end(INPUT);
    const [stdout, stderr] = await Promise.all([
      buffer(child.stdout!),
      buffer(child.stderr!),
      once(child, 'close'),
    ]);
    t.equal(stdout.length, INPUT.length);
    t.equal(md5(stdout), md5(INPUT));
    t.match(stderr.toString(), /done\n.*exit code 7/s);
    t.equal(child.exitCode, EXIT);
    t.same(cluster.upgrades, [KUBECTLS[age].exec]);
    t.same(cluster.faults, []);
  });

  t.test(`kubectl port-forward, ${age}: three connections`, async (t) => {
    const cluster = await startCluster();
    t.teardown(() => cluster.close());
    const child = run(t, program, cluster, ['port-forward', 'pod/box', ':8080']);
    const port = await listening(child);
    for (let turn = 0; turn < 3; turn += 1) {
      const socket = connect(port, '127.0.0.1');
      const input = INPUT.subarray(0, 200_000 + turn);
      socket.write(input);
      const pieces: Buffer[] = [];
      let length = 0;
      for await (const piece of socket) {
        pieces.push(piece as Buffer);
        length += piece.length;
        if (length >= input.length) break;
      }
      t.equal(md5(Buffer.concat(pieces)), md5(input));
    }
    t.same(cluster.upgrades, [KUBECTLS[age].forward]);
    t.same(cluster.faults, []);
  });
}
