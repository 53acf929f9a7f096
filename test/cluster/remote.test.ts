/** exec, attach, cp and port-forward of an old and a current kubectl through the gate, in front of a real kubelet. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { chaperone } from '../e2e/program.ts';
import { BINARY, guarded, IMAGE, OLD } from './guarded.ts';

t.setTimeout(240_000);

const { through, past, data, namespace, kubeconfig, stop } = await guarded(t);
const AGES = { old: OLD, current: BINARY };
const container = { name: 'main', image: IMAGE, imagePullPolicy: 'IfNotPresent', command: ['sleep', '3600'] };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'box' },
  spec: { terminationGracePeriodSeconds: 0, containers: [container] },
};
await through(['create', '-f', '-'], JSON.stringify(pod));
const ready = await through(['wait', 'pod/box', '--for=condition=Ready', '--timeout=90s']);
t.equal(ready.status, 0, ready.stderr);

for (const [age, program] of Object.entries(AGES)) {
  t.test(`${age}: exec is what it is without us`, async (t) => {
    const commands = [
      ['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'],
      ['exec', 'box', '--', 'sh', '-c', 'seq 1 20000'],
      ['exec', 'box', '--', 'nosuchcommand'],
      ['exec', 'nobox', '--', 'true'],
    ];
    for (const args of commands) {
      const [ours, theirs] = [await through(args, '', program), await past(args, '', program)];
      const known = ({ stdout, status }: typeof ours) => ({ stdout, status });
      t.same(known(ours), known(theirs), args.join(' '));
    }
    const echoed = await through(['exec', '-i', 'box', '--', 'cat'], 'a line\n'.repeat(20_000), program);
    t.equal(echoed.stdout, 'a line\n'.repeat(20_000));
    const script = 'echo one\nmkfs.ext4 /dev/no-such-disk\necho never\n';
    const judged = await through(['exec', '-i', 'box', '--', 'sh'], script, program);
    t.equal(judged.stdout, 'one\n');
    t.match(judged.stderr, /^chaperone: refused by baseline\/no-format.*\nerror: chaperone: .*\n$/);
    t.not(judged.status, 0);
  });

  t.test(`${age}: cp both ways, file by file in the log`, async (t) => {
    const [there, back] = [join(data, `${age}.bin`), join(data, `${age}.back`)];
    const bytes = randomBytes(100_000);
    await writeFile(there, bytes);
    for (const args of [
      ['cp', there, 'box:/tmp/f.bin'],
      ['cp', 'box:/tmp/f.bin', back],
    ]) {
      const copied = await through(args, '', program);
      t.equal(copied.status, 0, copied.stderr);
    }
    t.ok((await readFile(back)).equals(bytes));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const log = (
      await chaperone(['export', '--all', '--format', 'json', '--data', data, '-o', join(data, `out-${age}`)])
    ).status;
    t.equal(log, 0);
    const shown = await chaperone(['sessions', '--json', '--data', data]);
    const ids = shown.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id as string);
    const histories = await Promise.all(ids.slice(0, 6).map((id) => chaperone(['show', id, '--data', data])));
    const text = histories.map(({ stdout }) => stdout).join('');
    t.match(text, new RegExp(`copied in .*f\\.bin .*${sha256}`));
    t.match(text, new RegExp(`copied out .*f\\.bin .*${sha256}`));
  });

  t.test(`${age}: port-forward says so when nobody listens, and is on record`, async (t) => {
    const env = { KUBECONFIG: kubeconfig, HOME: '/nonexistent' };
    const child = spawn(program, ['-n', namespace, 'port-forward', 'pod/box', ':9'], { env });
    t.teardown(() => child.kill('SIGKILL'));
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(/127\.0\.0\.1:(\d+) ->/.exec(said.toString())![1]);
    const complaint = once(child.stderr, 'data') as Promise<[Buffer]>;
    await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    t.match((await complaint).toString(), /refused|error/i);
    child.kill('SIGINT');
    await once(child, 'close');
  });
}

t.test(
  'kubectl debug: what adds a capability is refused with a way that works, and that works',
  async (t) => {
    const debug = (...rest: string[]) =>
      through([
        'debug',
        'box',
        '--image',
        IMAGE,
        '--image-pull-policy=IfNotPresent',
        ...rest,
        '--',
        'sleep',
        '600',
      ]);
    const refused = await debug('--profile=general');
    t.not(refused.status, 0);
    t.match(refused.stderr, /builtin\/no-node-access.*--profile=baseline/s);
    const made = await debug('--profile=baseline', '--container=seen');
    t.equal(made.status, 0, made.stderr);
    const running = ['wait', 'pod/box', '--timeout=60s'];
    const state = '{.status.ephemeralContainerStatuses[?(@.name=="seen")].state.running.startedAt}';
    t.match(await past([...running, `--for=jsonpath=${state}`]), { status: 0 });
    t.match(await through(['exec', 'box', '-c', 'seen', '--', 'echo', 'inside']), { stdout: 'inside\n' });
  },
);

t.test('every request and session has its end, and all of it verifies', async (t) => {
  t.equal(await stop(), 0);
  const sessions = (await chaperone(['sessions', '--json', '--data', data])).stdout.trim().split('\n');
  const states = sessions.map((line) => JSON.parse(line) as { state: string; entrance?: { kind: string } });
  t.ok(states.filter(({ entrance }) => entrance?.kind === 'remote').length >= 16);
  t.same([...new Set(states.map(({ state }) => state))], ['ended']);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
});
