/**
 * kubectl asks by its owner's own token, through the gateway; people sign in at the same provider, in real Chromium: the
 * one who asked may not decide, and what changes between the question and the answer is asked about again.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { launchChromium, needsChromium } from '../chromium.ts';
import { kubectl } from '../kubectl.ts';
import { realProvider } from '../recorder/server/oidc/provider.ts';
import { configurationOf } from '../sidecar/kube/gateway/world.ts';
import { COLLECTION, newShelf } from '../sidecar/request/effect/shelf.ts';
import { chaperone, up } from './program.ts';
import { addressOf, asked, introduce, press, signedIn, writeSettings } from './signed-in.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { api: allow, unknown: allow }
  api: [{ name: changes, match: { verbs: [update] }, effect: ask, reason: Somebody else looks first. }]
  approvals: { groups: [sre], timeout: 10m }
`;
const AUDIENCE = 'urn:kubernetes';
const HOUR = 3600;

t.test('nobody decides on their own request', { skip: !needsChromium(t) }, async (t) => {
  const binary = kubectl('current');
  if (binary === null) {
    t.pass('no kubectl for this machine', { skip: true });
    return;
  }
  const shelf = newShelf();
  shelf.put('db', { data: { value: 'old' } });
  const { data, flags } = await world(t, shelf.listener);
  const inside = (name: string) => join(data, name);
  const provider = await realProvider(t);
  provider.user = null;
  await writeSettings(data, provider);
  await writeFile(inside('policy.yaml'), POLICY);
  const issuer = {
    ...{ url: provider.issuer.origin, audiences: [AUDIENCE], user: 'email', groups: 'groups' },
    upstream: { userPrefix: 'oidc:', groupPrefix: 'oidc:', groups: [] },
  };
  await writeFile(inside('gateway.yaml'), configurationOf({ issuers: [issuer] }), { mode: 0o644 });
  const { url, printed, stop } = await up(t, data, {
    verb: 'gateway',
    flags: [
      ...flags.slice(0, flags.indexOf('--kube-port')),
      ...['--config', inside('gateway.yaml'), '--listen', '127.0.0.1:0', '--health-port', '0'],
    ],
  });
  await provider.serve(url);
  introduce(provider, { requester: ['sre'], approver: ['sre'] });

  const now = Math.floor(Date.now() / 1000);
  const token = await provider.sign({
    ...{ iss: provider.issuer.origin, sub: 'requester', aud: AUDIENCE, iat: now, exp: now + HOUR },
    ...provider.accounts.get('requester'),
  });
  const server = /https:\/\/127\.0\.0\.1:\d+/.exec(printed())![0];
  const replacing = async (value: string) => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'db' }, data: { value } };
    await writeFile(inside('body.json'), JSON.stringify(body));
    const trust = ['--server', server, '--certificate-authority', inside('kube/authority.crt')];
    const args = [...trust, '--token', token, 'replace', '--raw', `${COLLECTION}/db`];
    const env = { HOME: data, KUBECONFIG: inside('none') };
    return new Promise<{ status: number; stderr: string }>((resolve) => {
      execFile(binary, [...args, '-f', inside('body.json')], { env }, (error, _stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code ?? -1), stderr }),
      );
    });
  };

  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const requester = await signedIn(browser, url, 'requester');
  const approver = await signedIn(browser, url, 'approver');
  const card = (value: string) => asked(approver, `"value": "${value}"`);

  const first = replacing('new');
  const own = asked(requester, 'update configmaps shop/db');
  await own.getByText('nobody decides on their own request').waitFor();
  t.equal(await own.getByRole('button', { name: 'Approve', exact: true }).count(), 0);
  const id = await own.getAttribute('data-ask');
  const tried = await requester.evaluate(async (request) => {
    const answer = await fetch(`/api/approvals/${request}/vote`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ vote: 'approve' }),
    });
    return { status: answer.status, body: await answer.json() };
  }, id);
  t.match(tried, { status: 403, body: { error: { code: 'FORBIDDEN', message: /own request/ } } });

  await card('old').waitFor();
  shelf.put('db', { data: { value: 'other' } });
  await press(card('old'), 'Approve');
  await card('other').waitFor();
  t.same(shelf.done, [], 'a yes to a change from `old` is none to one from `other`');
  t.not(await card('other').getAttribute('data-ask'), id);
  await press(card('other'), 'Approve');
  t.match(await first, { status: 0 });
  t.same(shelf.done, ['PUT db'], 'one approver is enough where a token proves who asks');

  const second = replacing('newer');
  await asked(approver, '"value": "newer"').waitFor();
  t.equal(await asked(approver, '"value": "newer"').getByRole('button', { name: 'Cancel' }).count(), 0);
  await press(asked(requester, '"value": "newer"'), 'Cancel');
  const cancelled = await second;
  t.not(cancelled.status, 0);
  t.match(cancelled.stderr, `cancelled by ${addressOf('requester')}`);
  t.same(shelf.done, ['PUT db']);
  t.equal(await stop(), 0);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
});
