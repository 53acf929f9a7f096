/** kubectl waits for a person, as does a shell in a process of its own; the person decides by `chaperone approvals`. */
import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ApprovalView } from '../../recorder/server/api.ts';
import { kubectl } from '../kubectl.ts';
import { chaperone, PROGRAM, up } from './program.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow, api: allow, unknown: allow }
  api:
    - { name: deletions, match: { verbs: [delete] }, effect: ask, reason: Somebody else looks first. }
  commands:
    - { name: builds, match: { program: [make] }, effect: ask, reason: Somebody else looks first. }
`;

interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

function run(
  binary: string,
  args: readonly string[],
  KUBECONFIG: string,
): { done: Promise<Ran>; kill(): void } {
  let kill = () => {};
  const done = new Promise<Ran>((resolve) => {
    const child = execFile(binary, args, { env: { KUBECONFIG } }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    kill = () => child.kill('SIGKILL');
  });
  return { done, kill };
}

t.test('who asks, waits; who decides, is heard', async (t) => {
  const binary = kubectl('current');
  if (binary === null) {
    t.pass('no kubectl for this machine', { skip: true });
    return;
  }
  const { seen, data, flags } = await world(t);
  await writeFile(join(data, 'policy.yaml'), POLICY);
  const { stop } = await up(t, data, { flags });
  const KUBECONFIG = (await chaperone(['kubeconfig', '--data', data])).stdout.trim();
  const on = (...args: string[]) => chaperone(['approvals', ...args, '--data', data]);
  const waiting = async (): Promise<ApprovalView> => {
    for (;;) {
      const { stdout } = await on('list', '--json');
      const views = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as ApprovalView);
      const [first] = views.filter(({ state }) => state === 'pending');
      if (first !== undefined) return first;
      await sleep(20);
    }
  };
  const deletes = () => seen.filter(({ method }) => method === 'DELETE').length;
  const args = ['delete', '--raw', '/api/v1/namespaces/shop/pods/web'];

  const first = run(binary, args, KUBECONFIG);
  const asked = await waiting();
  t.match(asked, { asked: { kind: 'request', request: { verb: 'delete', resource: 'pods', name: 'web' } } });
  t.equal(deletes(), 0, 'nothing went on');
  t.match(await on('show', asked.id.slice(-6)), { status: 0, stdout: /delete pods shop\/web/ });
  t.match(await on('approve', asked.id, '--comment', 'go'), { status: 0, stdout: /approved/ });
  t.match(await first.done, { status: 0 });
  t.equal(deletes(), 1);

  const second = run(binary, args, KUBECONFIG);
  const { id } = await waiting();
  t.not(id, asked.id, 'used once');
  await on('deny', id, '--comment', 'it is in use');
  const denied = await second.done;
  t.not(denied.status, 0);
  t.match(denied.stderr, /denied by admin \(it is in use\)/);
  t.equal(deletes(), 1);

  const other = [...args.slice(0, 2), '/api/v1/namespaces/shop/pods/other'];
  const third = run(binary, other, KUBECONFIG);
  const left = await waiting();
  third.kill();
  await third.done;
  await on('approve', left.id);
  const again = run(binary, other, KUBECONFIG);
  t.match(await again.done, { status: 0 }, 'decided while nobody waited, and used by the same again');
  t.equal(deletes(), 2);

  const shell = chaperone(['shell', '--data', data, '--', 'make', '--version']);
  await on('approve', (await waiting()).id, '--for', '5');
  t.match(await shell, { status: 0, stdout: /GNU Make/, stderr: /waits for a person's approval/ });
  const another = chaperone(['shell', '--data', data, '--', 'make', '--version']);
  await on('deny', (await waiting()).id);
  t.match(await another, { status: 126 }, 'a grant is for one conversation, or session');
  const withdrawn = chaperone(['shell', '--data', data, '--', 'make', '--version']);
  t.match(await on('cancel', (await waiting()).id), { status: 0, stdout: /cancelled/ });
  t.match(await withdrawn, { status: 126, stderr: /cancelled by admin/ });
  // What runs in a session takes back what it asked, by its own id, and nothing of another's.
  const named = join(data, 'id');
  const own = chaperone(
    [
      ...['shell', '--data', data, '--', 'sh', '-c'],
      `"$KUBECTL" delete --raw ${other.at(-1)} & until [ -s ${named} ]; do sleep 0.05; done
    "$NODE" ${PROGRAM} approvals cancel 01JD0000000000000000000001 --data ${data}; echo "foreign $?"
    "$NODE" ${PROGRAM} approvals cancel "$(cat ${named})" --data ${data}; wait $!`,
    ],
    { env: { ...process.env, KUBECTL: binary, NODE: process.execPath } },
  );
  const theirs = (await waiting()).id;
  await writeFile(`${named}.new`, theirs);
  await rename(`${named}.new`, named);
  t.match(await own, { stdout: /foreign 3\n.*cancelled/s, stderr: /cancelled by/ });
  t.match(await on('show', theirs), { stdout: /cancelled/ });
  t.equal(deletes(), 2);
  t.match(await on('grants'), { stdout: /granted/ });
  t.match(await on('approve', 'ZZZZZZ'), { status: 3, stderr: /approvals list/ });
  t.equal(await stop(), 0);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
  t.match(await on('list'), { status: 5, stderr: /chaperone up/ }, 'nobody waits where no recorder runs');
});
