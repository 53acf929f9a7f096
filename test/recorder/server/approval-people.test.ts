/** People with names of their own at the door: what each may do is what they are told, and what they are let do. */
import t from 'tap';
import { Desk } from '../../../recorder/approvals/desk.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Approvals, ApprovalView } from '../../../recorder/server/api.ts';
import { asking, clock, KEY, waiting } from '../approvals/sample.ts';
import { collect, newData } from '../log/sample.ts';
import { callAs, openDoor, person } from './front-door.ts';

const PEOPLE = new Map(
  [
    person('reviewer', ['approver'], 'leads'),
    person('lead', ['approver'], 'leads'),
    person('peer', ['approver'], 'dev'),
    person('nobody', ['viewer']),
    person('eli', ['admin'], 'leads'),
    person('agent', ['viewer', 'approver'], 'leads'),
  ].map((one) => [one.user, one]),
);

async function world(t: { teardown(done: () => Promise<void>): void }) {
  const log = await AuditLog.open({ data: newData() });
  const desk = await Desk.open({
    journal: log,
    archive: log,
    clock,
    key: KEY,
    issuer: 'https://id.example.com/',
  });
  const door = await openDoor({ desk, archive: log, now: clock.now }, PEOPLE);
  t.teardown(async () => {
    desk.close();
    await door.close();
    await log.close();
  });
  const change = (user: string, id: string, what: string, body: object = {}) =>
    callAs<ApprovalView>(door, user, { path: `/api/approvals/${id}/${what}`, body });
  return { log, desk, door, change };
}

t.test('each is told what they may do with it, and why not', async (t) => {
  const { desk, door, change } = await world(t);
  const patience = new AbortController();
  const asked = desk.ask(asking({}, { groups: ['leads'] }), patience);
  const id = await waiting(desk);
  const seen = async (user: string): Promise<ApprovalView> =>
    (await callAs<Approvals>(door, user, { path: '/api/approvals' })).body.approvals[0]!;
  const expected = {
    reviewer: { may: { vote: true, cancel: false, revoke: false }, obstacle: undefined },
    peer: { may: { vote: false, cancel: false }, obstacle: { why: 'groups' } },
    nobody: { may: { vote: false, cancel: false }, obstacle: { why: 'role' } },
    eli: { may: { vote: true, cancel: true }, obstacle: undefined },
    agent: { may: { vote: false, cancel: true }, obstacle: { why: 'own' } },
  };
  for (const [user, permissions] of Object.entries(expected)) t.match(await seen(user), permissions, user);
  t.match(await seen('reviewer'), { terms: { quorum: 2, unproven: true } }, 'nothing proves who asks');
  for (const user of ['peer', 'nobody', 'agent'])
    t.equal((await change(user, id, 'vote', { vote: 'approve' })).status, 403, user);
  t.equal(
    (await change('reviewer', id, 'vote', { vote: 'approve' })).body.state,
    'pending',
    'one is not enough',
  );
  t.match(await seen('reviewer'), { may: { vote: false }, obstacle: { why: 'voted' } });
  t.equal((await change('reviewer', id, 'vote', { vote: 'approve' })).status, 409);
  const done = await change('lead', id, 'vote', { vote: 'approve' });
  t.match(done.body, { state: 'approved', may: { vote: false, cancel: false } });
  t.match(await asked, { state: 'approved', by: ['reviewer', 'lead'] });
});

t.test('who asks takes it back, as may an administrator, and nobody else', async (t) => {
  const { desk, log, change } = await world(t);
  for (const user of ['agent', 'eli']) {
    const asked = desk.ask(asking());
    const id = await waiting(desk);
    for (const other of ['reviewer', 'nobody'])
      t.equal((await change(other, id, 'cancel')).status, 403, other);
    t.match((await change(user, id, 'cancel')).body, { state: 'cancelled', by: user });
    t.match(await asked, { state: 'cancelled', by: [user] });
    t.equal((await change(user, id, 'cancel')).status, 409);
  }
  const ends = (await collect(log.events(SYSTEM))).flatMap(({ event: { body } }) =>
    body.type === 'approval.settled' ? [body] : [],
  );
  t.match(ends, [
    { state: 'cancelled', by: 'agent', login: 'browser-agent' },
    { state: 'cancelled', by: 'eli', login: 'browser-eli' },
  ]);
});

t.test('what still passes: who may end that', async (t) => {
  const { desk, door, change } = await world(t);
  const asked = desk.ask(asking({}, { selfApproval: true }));
  const id = await waiting(desk);
  await change('agent', id, 'vote', { vote: 'approve', minutes: 5 });
  await asked;
  const seen = async (user: string): Promise<ApprovalView> =>
    (await callAs<ApprovalView>(door, user, { path: `/api/approvals/${id}` })).body;
  t.equal((await seen('nobody')).may.revoke, false);
  t.equal((await seen('reviewer')).may.revoke, true);
  t.equal((await change('nobody', id, 'revoke')).status, 403);
  t.match((await change('reviewer', id, 'revoke')).body, { revoked: true, may: { revoke: false } });
});
