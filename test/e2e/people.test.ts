/** kubectl waits; people sign in at a real provider in real Chromium, and decide; kubectl goes on, or does not. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { launchChromium, needsChromium } from '../chromium.ts';
import { kubectl } from '../kubectl.ts';
import { realProvider } from '../recorder/server/oidc/provider.ts';
import { chaperone, up } from './program.ts';
import { asked, introduce, press, signedIn, writeSettings } from './signed-in.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow, api: allow, unknown: allow }
  api:
    - { name: deletions, match: { verbs: [delete] }, effect: ask, reason: Somebody else looks first. }
    - { name: caches, match: { verbs: [delete], names: [cache] }, effect: ask, reason: At once or never., approvals: { timeout: 2s } }
  approvals: { groups: [sre], timeout: 10m }
`;

t.test('from kubectl to a named decision, and back', { skip: !needsChromium(t) }, async (t) => {
  const binary = kubectl('current');
  if (binary === null) {
    t.pass('no kubectl for this machine', { skip: true });
    return;
  }
  const { seen, data, flags } = await world(t);
  const provider = await realProvider(t);
  provider.user = null;
  await writeSettings(data, provider);
  await writeFile(join(data, 'policy.yaml'), POLICY);
  const { url, stop } = await up(t, data, { flags });
  await provider.serve(url);
  introduce(provider, { approver: ['sre'], colleague: ['sre'], onlooker: [] });

  const KUBECONFIG = (await chaperone(['kubeconfig', '--data', data])).stdout.trim();
  const deleting = (pod: string) => {
    const args = ['delete', '--raw', `/api/v1/namespaces/shop/pods/${pod}`];
    return new Promise<{ status: number; stderr: string }>((resolve) => {
      execFile(binary, args, { env: { KUBECONFIG } }, (error, _stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code ?? -1), stderr }),
      );
    });
  };
  const deleted = (pod: string) =>
    seen.filter(
      ({ method, url: at }) => method === 'DELETE' && at?.includes(`/${pod}`) && !at.includes('dryRun'),
    ).length;

  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const signIn = (name: string) => signedIn(browser, url, name);
  const [approver, colleague, onlooker] = [
    await signIn('approver'),
    await signIn('colleague'),
    await signIn('onlooker'),
  ];
  const ask = (page: Page, pod: string) => asked(page, `pods shop/${pod}`);
  const decide = (page: Page, pod: string, what: 'Approve' | 'Deny') => press(ask(page, pod), what);

  const first = deleting('web');
  await ask(onlooker, 'web').waitFor();
  t.equal(
    await ask(onlooker, 'web').getByRole('button', { name: 'Approve', exact: true }).count(),
    0,
    'a viewer looks on',
  );
  await decide(approver, 'web', 'Approve');
  t.equal(deleted('web'), 0, 'nothing proves that it was not hers: another one has to look');
  await decide(colleague, 'web', 'Approve');
  t.match(await first, { status: 0 });
  t.equal(deleted('web'), 1);

  const second = deleting('db');
  await decide(colleague, 'db', 'Deny');
  const denied = await second;
  t.not(denied.status, 0);
  t.match(denied.stderr, /denied by colleague@example\.com/);
  t.equal(deleted('db'), 0);

  const third = await deleting('cache');
  t.not(third.status, 0, 'silence means no');
  t.equal(deleted('cache'), 0);
  t.equal(await stop(), 0);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
});
