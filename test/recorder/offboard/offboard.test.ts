/** Somebody leaves: over the API, with real writers, real logins and a real desk. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { WebSocket } from 'ws';
import type { SessionId } from '../../../recorder/audit/units.ts';
import { RemoteJournal } from '../../../recorder/client/journal.ts';
import { RemoteOffboard } from '../../../recorder/client/offboard.ts';
import { Endings } from '../../../recorder/log/endings.ts';
import type { Offboarded } from '../../../recorder/offboard/offboard.ts';
import { credentialReads } from '../../../sidecar/cli/credential-reads.ts';
import { asking, SECOND } from '../approvals/sample.ts';
import { decisionDraft, endDraft, identityIn, startDraft, startWorld, type World } from '../server/world.ts';

const MINE = '01JD0000000000000000000001';
const OTHERS = '01JD0000000000000000000002';
const HERE = '01JD0000000000000000000003';
const AT = 1_700_000_000_000_000;
const first = identityIn('shop', 'first');

async function start(t: Parameters<typeof startWorld>[0], endWithin = 8000) {
  const endings = new Endings();
  const world = await startWorld(t, { endings, endWithin, credentialReads: credentialReads('/home/first') });
  return { world, endings, remote: new RemoteOffboard(world.recorder) };
}

/** A writer that ends a session when it is told to, as a guarded shell does. */
async function writer(world: World, id: SessionId, identity = first): Promise<RemoteJournal> {
  const journal = await RemoteJournal.connect(world.recorder);
  journal.watch(id, () => void journal.append(id, [endDraft()]));
  await journal.append(id, [startDraft(AT, identity), decisionDraft('cat ~/.ssh/id_rsa', true)]);
  return journal;
}

t.test('a look changes nothing; then all of theirs ends, and nothing of others', async (t) => {
  const { world, endings, remote } = await start(t);
  const journals = [await writer(world, MINE), await writer(world, OTHERS, identityIn('shop', 'second'))];
  const told: string[] = [];
  endings.watch(HERE, (reason) => {
    told.push(reason);
    void world.log.append(HERE, [endDraft()]);
  });
  await world.log.append(HERE, [startDraft(AT, first)]);
  const waits = world.desk.ask(asking({ requester: first, rule: 'd' }));
  const granted = world.desk.ask(asking({ requester: first, digest: 'e'.repeat(64), rule: 'e' }));
  const byFirst = world.desk.ask(
    asking({ requester: identityIn('shop', 'second'), digest: 'f'.repeat(64), rule: 'f' }),
  );
  while (world.desk.list().length < 3) await sleep(2);
  const idOf = (rule: string) => world.desk.list().find(({ request }) => request.rule === rule)!.request.id;
  const [waiting, mine, others] = ['d', 'e', 'f'].map(idOf) as [string, string, string];
  await world.desk.vote(
    mine,
    { user: 'third', groups: [], login: 'c' },
    { vote: 'approve', grant: 60 * SECOND },
  );
  await world.desk.vote(
    others,
    { user: 'first', groups: [], login: 'a' },
    { vote: 'approve', grant: 60 * SECOND },
  );
  await Promise.all([granted, byFirst]);
  const cookie = await world.login({ user: 'first', groups: [], roles: ['auditor'] });
  const second = await world.login({ user: 'second', groups: [], roles: ['auditor'] });
  const origin = world.server.url;
  const live = new WebSocket(`${origin.replace('http', 'ws')}/api/sessions/${OTHERS}/live`, 'v1.alis', {
    headers: { cookie, origin },
  });
  await once(live, 'message');
  const closed = once(live, 'close');
  const who = async (as: string) => (await world.get('/api/whoami', { headers: { cookie: as } })).status;

  const before = (await world.log.bodies('system')).length;
  const found = await remote.look(['first']);
  t.match(found, { users: ['first'], read: 2, overflow: false });
  t.same(found.sessions.map(({ id }) => id).sort(), [MINE, HERE]);
  t.same(
    found.approvals.map(({ id, state, user }) => `${id} ${state} ${user}`).sort(),
    [`${waiting} waits first`, `${mine} holds first`, `${others} holds second`].sort(),
  );
  t.match(found.logins, [/^browser-/]);
  t.match(found.credentials, [
    { kind: 'file', name: '/home/first/.ssh/id_rsa', uses: [{ session: MINE, seq: 1 }] },
  ]);
  t.match(
    (await world.log.bodies('system')).slice(before),
    [{ type: 'access.login' }, { type: 'access.viewed', session: 'system', what: 'search', user: 'admin' }],
    'and leaves no trace but its own',
  );
  t.equal(await who(cookie), 200);

  const done = await remote.end(['first']);
  t.same(
    done.sessions.map(({ state }) => state),
    ['ended', 'ended'],
  );
  t.equal((await world.log.session(MINE)).state, 'ended');
  t.match(told, [/^admin ended it: first left$/], 'a session of the same process too');
  t.equal((await world.log.session(OTHERS)).state, 'live');
  t.match(await waits, { state: 'cancelled', by: ['admin'] });
  t.same(
    done.approvals.map(({ ended }) => ended),
    [true, true, true],
  );
  t.ok(world.desk.find(mine).revoked && world.desk.find(others).revoked, 'grants to them and by them');
  t.equal(await who(cookie), 401);
  t.equal(await who(second), 200);
  await closed;
  const event = (await world.log.bodies('system')).find(({ type }) => type === 'access.offboarded');
  t.match(event, { user: 'first', by: { user: 'admin', login: 'token' }, logins: done.logins });
  t.same((event as { sessions: string[] }).sessions.sort(), [MINE, HERE]);
  await Promise.all(journals.map((journal) => journal.close()));
  t.match(
    await remote.end(['first']),
    { sessions: [], approvals: [], logins: [] },
    'a second time finds nothing',
  );
});

t.test('who does not listen is cut off; who cannot be reached is named', async (t) => {
  const { world, remote } = await start(t, 200);
  const deaf = await RemoteJournal.connect(world.recorder);
  await deaf.append(MINE, [startDraft(AT, first)]);
  await world.log.append(HERE, [startDraft(AT, first)]);
  const done: Offboarded = await remote.end(['first']);
  t.match(
    done.sessions.sort((a, b) => (a.id < b.id ? -1 : 1)),
    [
      { id: MINE, state: 'ended' },
      { id: HERE, state: 'unreachable' },
    ],
  );
  t.equal((await world.log.session(MINE)).state, 'cut-off');
  await t.rejects(
    deaf.append(MINE, [decisionDraft('rm -rf /', true)]),
    { code: 'FORBIDDEN' },
    'and says no more',
  );
  await deaf.close();
});

t.test('what cannot be written down does not happen; nobody ends themself; others may not', async (t) => {
  const { world, remote } = await start(t);
  const cookie = await world.login({ user: 'first', groups: [], roles: ['auditor'] });
  await t.rejects(remote.end(['admin', 'first']), { code: 'USAGE' });
  for (const users of [[], [''], Array.from({ length: 11 }, String)])
    await t.rejects(remote.end(users), { code: 'USAGE' });
  await t.rejects(remote.look([]), { code: 'USAGE' });
  world.log.before = (_session, drafts) => {
    if (drafts.some(({ body }) => body.type === 'access.offboarded'))
      return Promise.reject(new Error('disk on fire'));
    return null;
  };
  await t.rejects(remote.end(['first']), { code: 'STORE_FAILED' });
  t.equal((await world.get('/api/whoami', { headers: { cookie } })).status, 200, 'they still have it all');
});
