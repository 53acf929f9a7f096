/** The desk on a real log: what is decided once, by whom, and what a restart knows of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Desk } from '../../../recorder/approvals/desk.ts';
import { QUOTA } from '../../../recorder/approvals/quota.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Journal } from '../../../recorder/log/ports.ts';
import { collect } from '../log/sample.ts';
import { approver, asking, clock, deskOn, KEY as key, SECOND, waiting } from './sample.ts';

async function kinds(log: AuditLog): Promise<string[]> {
  return (await collect(log.events(SYSTEM))).map(({ event }) => event.body.type);
}

t.test('who asks waits; who approves lets it go on, once', async (t) => {
  const { desk, log } = await deskOn(t);
  const asked = desk.ask(asking());
  const id = await waiting(desk);
  await desk.vote(id, approver(), { vote: 'approve', comment: 'go' });
  t.same(await asked, { id, state: 'approved', by: ['reviewer'], comment: 'go' });
  t.same(await kinds(log), ['approval.requested', 'approval.voted', 'approval.settled', 'approval.used']);
  const again = desk.ask(asking());
  const next = await waiting(desk);
  t.not(next, id, 'it is asked anew');
  await desk.vote(next, approver(), { vote: 'deny' });
  t.match(await again, { id: next, state: 'denied' });
  t.match(await desk.ask(asking()), { id: next, state: 'denied' }, 'the same question has been answered');
  await t.rejects(desk.vote(next, approver('other'), { vote: 'approve' }), { code: 'SETTLED' });
});

t.test('nobody decides: it expires', async (t) => {
  const { desk, log } = await deskOn(t);
  t.match(await desk.ask(asking({}, { timeout: SECOND / 20 })), { state: 'expired', by: [] });
  t.same(await kinds(log), ['approval.requested', 'approval.settled']);
});

t.test(
  'who gives up does not cancel; the identical retry joins, and uses what was decided meanwhile',
  async (t) => {
    const { desk } = await deskOn(t);
    const patience = new AbortController();
    const first = desk.ask(asking(), patience);
    const id = await waiting(desk);
    patience.abort();
    t.match(await first, { id, state: 'abandoned' });
    const second = desk.ask(asking());
    await sleep(5);
    t.equal(await waiting(desk), id, 'it joined');
    await desk.vote(id, approver(), { vote: 'approve' });
    t.match(await second, { id, state: 'approved' });

    const third = new AbortController();
    const gone = desk.ask(asking({ digest: 'e'.repeat(64) }), third);
    const other = await waiting(desk);
    third.abort();
    await gone;
    await desk.vote(other, approver(), { vote: 'approve' });
    t.match(
      await desk.ask(asking({ digest: 'e'.repeat(64) })),
      { id: other, state: 'approved' },
      'decided meanwhile',
    );
  },
);

t.test('another asker, or another action, has no part in it', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  t.teardown(() => patience.abort());
  const { requester } = asking();
  const others = [
    asking(),
    asking({ digest: 'e'.repeat(64) }),
    asking({ requester: { ...requester, user: 'agent2' } }),
    asking({ requester: { ...requester, conversation: 'c2' } }),
    asking({
      requester: { ...requester, pod: { namespace: 'n', name: 'p', uid: 'u', serviceAccount: 's' } },
    }),
  ];
  const all = others.map((one) => desk.ask(one, patience));
  await waiting(desk, others.length);
  const { id } = desk.list()[0]!.request;
  await desk.vote(id, approver(), { vote: 'approve' });
  t.match(await all[0], { state: 'approved' });
  patience.abort();
  for (const one of all.slice(1)) t.match(await one, { state: 'abandoned' });
});

t.test('of many who wait for one approval one goes on', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  const all = Array.from({ length: 20 }, () => desk.ask(asking(), patience));
  await desk.vote(await waiting(desk), approver(), { vote: 'approve' });
  await Promise.race(all);
  await waiting(desk);
  patience.abort();
  const states = (await Promise.all(all)).map(({ state }) => state);
  t.equal(states.filter((state) => state === 'approved').length, 1);
});

t.test('a grant lets the same action pass until it is revoked', async (t) => {
  const { desk, log } = await deskOn(t);
  const asked = desk.ask(asking());
  const id = await waiting(desk);
  await desk.vote(id, approver(), { vote: 'approve', grant: 60 * SECOND });
  await asked;
  t.match(await desk.ask(asking()), { id, state: 'approved' });
  t.match(await desk.ask(asking()), { id, state: 'approved' });
  t.equal((await kinds(log)).filter((kind) => kind === 'approval.used').length, 3, 'each use is evidence');
  await desk.revoke(id, approver('other'));
  await t.rejects(desk.revoke(id, approver()), { code: 'SETTLED' });
  const patience = new AbortController();
  const anew = desk.ask(asking(), patience);
  t.not(await waiting(desk), id);
  patience.abort();
  await anew;
});

t.test('a request is cancelled by name', async (t) => {
  const { desk } = await deskOn(t);
  const asked = desk.ask(asking());
  const id = await waiting(desk);
  await desk.cancel(id, 'agent');
  t.match(await asked, { id, state: 'cancelled', by: ['agent'] });
  await t.rejects(desk.cancel(id, 'agent'), { code: 'SETTLED' });
  await t.rejects(desk.vote('01J00000000000000000000009', approver(), { vote: 'deny' }), {
    code: 'NOT_FOUND',
  });
});

t.test(
  'a restart: what waits goes on waiting, what was approved is there to be used, nothing twice',
  async (t) => {
    const first = await deskOn(t);
    const patience = new AbortController();
    const digests = ['1', '2', '3', '4'].map((one) => one.repeat(64));
    const asks = digests.map((digest) =>
      first.desk.ask(asking({ digest }), patience).catch((error) => error),
    );
    await waiting(first.desk, 4);
    const idOf = (place: number) => first.desk.list().at(place)!.request.id;
    const [waits, approved, used] = [idOf(0), idOf(1), idOf(2)];
    await first.desk.vote(used, approver(), { vote: 'approve' });
    t.match(await asks[2], { state: 'approved' });
    const short = first.desk
      .ask(asking({ digest: '5'.repeat(64) }, { timeout: SECOND }))
      .catch((error) => error);
    await waiting(first.desk, 4);
    patience.abort();
    await first.desk.vote(approved, approver(), { vote: 'approve' });
    first.desk.close();
    t.match(await short, { code: 'RECORDER_GONE' }, 'who waits learns that nobody will say yes');
    await t.rejects(first.desk.ask(asking({ digest: '6'.repeat(64) })), { code: 'RECORDER_GONE' });
    await first.log.close();
    await sleep(200);

    const { desk, log } = await deskOn(t, first.data);
    t.match(await desk.ask(asking({ digest: digests[1]! })), { id: approved, state: 'approved' });
    const asked = desk.ask(asking({ digest: digests[0]! }));
    await desk.vote(waits, approver(), { vote: 'approve' });
    t.match(await asked, { id: waits, state: 'approved' });
    const later = new AbortController();
    const anew = desk.ask(asking({ digest: digests[2]! }), later);
    while (
      !desk
        .list()
        .some(({ request, settled }) => settled === null && request.id > used && request.id !== idOf(3))
    )
      await sleep(2);
    later.abort();
    t.match(await anew, { state: 'abandoned' }, 'what was used is asked anew');
    const expired = async () =>
      (await collect(log.events(SYSTEM))).filter(
        ({ event: { body } }) => body.type === 'approval.settled' && body.state === 'expired',
      ).length;
    while ((await expired()) === 0) await sleep(20);
    t.equal(await expired(), 1, 'its time was over while nobody was there');
  },
);

t.test('what cannot be stored does not happen', async (t) => {
  const { log } = await deskOn(t);
  let broken = false;
  const journal: Journal = {
    append: (session, drafts) =>
      broken ? Promise.reject(new ChaperoneError('STORE_FULL', 'full')) : log.append(session, drafts),
  };
  const desk = await Desk.open({ journal, archive: log, clock, key });
  t.teardown(() => desk.close());
  const asked = desk.ask(asking());
  const id = await waiting(desk);
  broken = true;
  await t.rejects(desk.vote(id, approver(), { vote: 'approve' }), { code: 'STORE_FULL' });
  await t.rejects(desk.ask(asking({ digest: 'f'.repeat(64) })), { code: 'STORE_FULL' });
  t.equal(desk.find(id).settled, null, 'it still waits');
  broken = false;
  await desk.vote(id, approver(), { vote: 'approve' });
  t.match(await asked, { state: 'approved' });
});

t.test('one asker cannot bury the others', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  const digestOf = (number: number) => number.toString(16).padStart(64, '0');
  const all = Array.from({ length: QUOTA.ofAsker }, (_, number) =>
    desk.ask(asking({ digest: digestOf(number) }), patience),
  );
  await waiting(desk, QUOTA.ofAsker);
  await t.rejects(desk.ask(asking({ digest: digestOf(999) })), { code: 'BUSY' });
  const { requester } = asking();
  const other = desk.ask(asking({ requester: { ...requester, user: 'agent2' } }), patience);
  await waiting(desk, QUOTA.ofAsker + 1);
  patience.abort();
  await Promise.all([...all, other]);
});

t.test('the log does not tell the digest of the action', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  const asked = desk.ask(asking(), patience);
  const id = await waiting(desk);
  t.match(desk.find(id).request.digest, /^[0-9a-f]{64}$/);
  t.not(desk.find(id).request.digest, asking().digest);
  patience.abort();
  await asked;
});
