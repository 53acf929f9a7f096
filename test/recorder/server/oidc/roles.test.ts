/** People of a real provider: what their groups let them see, and an admin who ends what one of them has. */
import t from 'tap';
import { Endings } from '../../../../recorder/log/endings.ts';
import { asking } from '../../approvals/sample.ts';
import { decisionDraft, identityIn, startDraft } from '../world.ts';
import type { Jar } from './browser.ts';
import { type OidcWorld, oidcWorld } from './world.ts';

const AT = 1_700_000_000_000_000;
const SHOP = '01JD0000000000000000000001';
const PAY = '01JD0000000000000000000002';
const GRANTED = { grant: async () => 'kubeconfig', revoke: async () => {} };
const READS = { ofCommand: () => [], isCredential: () => false };

async function start(t: Parameters<typeof oidcWorld>[0]): Promise<OidcWorld> {
  const more = { kube: GRANTED, credentialReads: READS, endings: new Endings() };
  const world = await oidcWorld(t, {}, more);
  world.provider.accounts.set('third', {
    email: 'third@example.com',
    email_verified: true,
    groups: ['platform'],
  });
  for (const [id, namespace, user] of [
    [SHOP, 'shop', 'second@example.com'],
    [PAY, 'pay', 'agent'],
  ] as const)
    await world.log.append(id, [startDraft(AT, identityIn(namespace, user)), decisionDraft('ls', true)]);
  return world;
}

async function as(world: OidcWorld, user: string): Promise<Jar> {
  world.provider.user = user;
  return world.signedIn();
}

const seen = async (world: OidcWorld, jar: Jar) => {
  const { text } = await jar.get(`${world.server.url}/api/sessions`);
  return (JSON.parse(text).sessions as { id: string }[]).map(({ id }) => id);
};

t.test('groups decide what is seen', async (t) => {
  const world = await start(t);
  const [first, second, third] = [
    await as(world, 'first'),
    await as(world, 'second'),
    await as(world, 'third'),
  ];
  t.same(await seen(world, second), [SHOP], 'dev: a viewer of shop');
  t.same(await seen(world, first), [PAY, SHOP], 'sre: an approver everywhere');
  t.same(await seen(world, third), [PAY, SHOP], 'platform: an admin');
  const status = async (jar: Jar, path: string) => (await jar.get(`${world.server.url}${path}`)).status;
  t.equal(await status(second, `/api/sessions/${PAY}/cast`), 404);
  t.equal(await status(second, '/api/verify'), 403);
  t.equal(await status(first, '/api/offboard?user=second@example.com'), 403);
  t.match(await world.logged('access.refused'), [
    { user: 'second@example.com', reason: 'scope', session: PAY },
    { user: 'second@example.com', reason: 'role' },
    { user: 'first@example.com', reason: 'role' },
  ]);
});

t.test('programs write and open what they need, and see nothing', async (t) => {
  const world = await start(t);
  t.equal((await world.api('/api/sessions')).status, 403);
  t.equal((await world.api(`/api/sessions/${SHOP}`)).status, 403);
  const headers = { authorization: `Bearer ${world.token}` };
  const path = `/api/sessions/${SHOP}/kubeconfig`;
  t.equal((await world.get(path, { method: 'POST', headers })).status, 200);
  t.equal((await world.get(path, { method: 'DELETE', headers })).status, 200);
});

t.test('an admin ends what one of them has, and they are out', async (t) => {
  const world = await start(t);
  const second = await as(world, 'second');
  const waits = world.desk.ask(asking({ requester: identityIn('shop', 'second@example.com') }));
  const third = await as(world, 'third');
  const { url } = world.server;
  const look = await third.get(`${url}/api/offboard?user=second@example.com`);
  t.match(JSON.parse(look.text), {
    sessions: [{ id: SHOP }],
    approvals: [{ state: 'waits' }],
    logins: [/^browser-/],
  });
  const headers = { origin: url, 'content-type': 'application/json' };
  const body = JSON.stringify({ users: ['second@example.com'] });
  const done = await third.get(`${url}/api/offboard`, { method: 'POST', headers, body });
  t.match(JSON.parse(done.text), { sessions: [{ id: SHOP, state: 'unreachable' }], logins: [/^browser-/] });
  t.match(await waits, { state: 'cancelled', by: ['third@example.com'] });
  t.equal((await world.who(second)).status, 401);
  t.equal((await world.who(third)).status, 200);
  t.match(await world.logged('access.offboarded'), [
    { user: 'second@example.com', by: { user: 'third@example.com' }, sessions: [SHOP] },
  ]);
});
