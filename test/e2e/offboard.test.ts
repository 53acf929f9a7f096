/** Somebody leaves: their idle shell, their kubectl and what waits for them end by one command, and the log says what to rotate. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Belongings, Offboarded } from '../../recorder/server/api.ts';
import { kubectl } from '../kubectl.ts';
import { chaperone, up } from './program.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow, api: allow, unknown: allow }
  commands:
    - { name: builds, match: { program: [make] }, effect: ask, reason: Somebody else looks first. }
`;

t.test('one command ends it all, and names what to rotate', async (t) => {
  const binary = kubectl('current');
  if (binary === null) {
    t.pass('no kubectl for this machine', { skip: true });
    return;
  }
  const { data, flags } = await world(t);
  await writeFile(join(data, 'policy.yaml'), POLICY);
  const { stop } = await up(t, data, { flags });
  const user = userInfo().username;
  const offboard = (...args: string[]) => chaperone(['offboard', ...args, '--data', data]);
  const look = async (): Promise<Belongings> => JSON.parse((await offboard(user, '--json')).stdout);

  const KUBECONFIG = (await chaperone(['kubeconfig', '--data', data])).stdout.trim();
  const get = (path: string) =>
    new Promise<number>((resolve) =>
      execFile(binary, ['get', '--raw', path], { env: { KUBECONFIG } }, (error) => resolve(error ? 1 : 0)),
    );
  t.equal(await get('/api/v1/namespaces/shop/secrets/db'), 0);
  const idle = chaperone(['shell', '--data', data, '--', 'sleep', '600']);
  const waits = chaperone(['shell', '--data', data, '--', 'make']);
  let found = await look();
  while (found.sessions.length < 3 || found.approvals.length < 1) {
    await sleep(50);
    found = await look();
  }
  t.match(found.credentials.slice(0, 1), [
    { kind: 'secret', name: 'shop/db', verdict: 'rotate', uses: [{ what: 'get secrets shop/db' }] },
  ]);
  const text = await offboard(user);
  t.equal(text.status, 0);
  t.match(
    text.stdout,
    /To rotate: 1, from 3 sessions\n +secret shop\/db\n.*\n.*event 1: get secrets shop\/db\n +http.*\?t=\d/,
  );
  t.match(text.stdout, /Nothing has been ended: that takes --yes\.\n$/);
  t.equal((await look()).sessions.length, 3);

  const begun = performance.now();
  const done = await offboard(user, '--yes', '--json');
  t.equal(done.status, 0, done.stderr);
  const [, ended] = done.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)) as [Belongings, Offboarded];
  t.same(
    ended.sessions.map(({ state }) => state),
    ['ended', 'ended', 'ended'],
  );
  t.equal(ended.approvals.length, 1);
  t.equal((await idle).status, 129, 'an idle shell hears of it');
  t.not((await waits).status, 0);
  t.comment(`ended after ${Math.round(performance.now() - begun)} ms`);
  t.equal(await get('/api/v1/namespaces/shop/pods'), 1, 'the token is worth nothing any more');
  t.match(await look(), { sessions: [], approvals: [], credentials: [{ name: 'shop/db' }] });
  t.match(await offboard('nobody'), { status: 0, stdout: /Running sessions: 0/ });
  t.equal(await stop(), 0);
  t.equal((await offboard(user)).status, 5, 'without a recorder nothing runs');
});
