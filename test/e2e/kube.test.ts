/** `chaperone up --context` and real kubectl, in front of an upstream that the test makes. */
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { kubectl } from '../kubectl.ts';
import { UPSTREAM_TOKEN } from '../sidecar/kube/proxy/world.ts';
import { chaperone, temporary, up } from './program.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const run = promisify(execFile);

for (const age of ['old', 'current'] as const) {
  t.test(`${age} kubectl goes through the gate, and its shell's requests are that shell's`, async (t) => {
    const binary = kubectl(age);
    if (binary === null) {
      t.pass('no kubectl for this machine', { skip: true });
      return;
    }
    const { seen, data, flags } = await world(t);
    const { stop } = await up(t, data, { flags });
    const printed = await chaperone(['kubeconfig', '--data', data]);
    t.match(printed, { status: 0, stdout: `${join(data, 'kube/kubeconfig')}\n` });
    const KUBECONFIG = printed.stdout.trim();
    t.equal((await stat(KUBECONFIG)).mode & 0o777, 0o600);
    t.notMatch(await readFile(KUBECONFIG, 'utf8'), UPSTREAM_TOKEN, 'the real credential stays with us');

    const outside = await run(binary, ['get', '--raw', '/version'], { env: { KUBECONFIG } });
    t.match(JSON.parse(outside.stdout), { path: '/version' });
    const inside = await chaperone(['shell', '--data', data, '--', binary, 'get', '--raw', '/healthz']);
    t.match(JSON.parse(inside.stdout), { path: '/healthz' });
    t.ok(seen.length >= 2 && seen.every(({ authorization }) => authorization === `Bearer ${UPSTREAM_TOKEN}`));
    t.equal(await stop(), 0);

    const { stdout } = await chaperone(['sessions', '--data', data, '--json']);
    const sessions = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.match(sessions, [
      { state: 'ended', command: [binary, 'get', '--raw', '/healthz'], requests: 1 },
      { state: 'ended', entrance: { kind: 'api' }, requests: 1 },
    ]);
    t.equal((await chaperone(['verify', '--data', data])).status, 0);
  });
}

t.test('a restart keeps authority and token', async (t) => {
  const { data, flags } = await world(t);
  const kept = () =>
    Promise.all(
      ['token', 'authority.crt', 'authority.key'].map((name) => readFile(join(data, 'kube', name), 'utf8')),
    );
  await (await up(t, data, { flags })).stop();
  const before = await kept();
  await (await up(t, data, { flags })).stop();
  t.same(await kept(), before);
});

t.test(
  'where nothing was guarded the path is printed all the same, for an empty one would go past the gate',
  async (t) => {
    const data = await temporary(t);
    t.match(await chaperone(['kubeconfig', '--data', data]), {
      status: 3,
      stdout: `${join(data, 'kube/kubeconfig')}\n`,
    });
  },
);

t.test('what cannot be guarded is one clear line', async (t) => {
  const { data, flags } = await world(t);
  const [, , , file] = flags as [string, string, string, string];
  const text = await readFile(file, 'utf8');
  const variants: [string, number, RegExp][] = [
    [text.replaceAll('name: prod', 'name: other'), 3, /no context prod/],
    [text.replace('certificate-authority-data', 'insecure-skip-tls-verify: true\n      x'), 2, /insecure/],
    [text.replace('https://', 'http://'), 2, /not https/],
    ['nonsense: [', 3, /cannot be used/],
  ];
  for (const [variant, status, words] of variants) {
    await writeFile(file, variant);
    const result = await chaperone(['up', '--data', data, '--port', '0', ...flags]);
    t.equal(result.status, status, result.stderr);
    t.match(result.stderr, words);
    t.match(result.stderr, /^chaperone: .*\n$/, 'one line');
  }
});
