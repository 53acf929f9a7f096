/** Who asks is not to be believed: not what they show, not on which terms, not how often, and not what time it is. */
import t from 'tap';
import { outcome, requested } from '../../../recorder/approvals/approval.ts';
import type { Asking } from '../../../recorder/approvals/asking.ts';
import { Desk } from '../../../recorder/approvals/desk.ts';
import { QUOTA } from '../../../recorder/approvals/quota.ts';
import { RECENT } from '../../../recorder/approvals/recent.ts';
import type { RequestInfo } from '../../../recorder/audit/request.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Journal } from '../../../recorder/log/ports.ts';
import { collect, newData } from '../log/sample.ts';
import { approver, asking, clock, deskOn, KEY, request, SECOND, waiting } from './sample.ts';

const EXEC: RequestInfo = {
  ...{ verb: 'get', group: '', version: 'v1', resource: 'pods', subresource: 'exec' },
  ...{ namespace: 'n', name: 'p', path: '' },
};

function execBy(method: string): Asking {
  const verb = method === 'GET' ? 'get' : 'create';
  const uri = '/api/v1/namespaces/n/pods/p/exec?command=id';
  return asking({
    asked: { kind: 'request', method, uri, request: { ...EXEC, verb }, dryRun: false, unknown: [] },
  });
}

t.test('an answer is for what was shown, on the terms that were shown', async (t) => {
  const { desk } = await deskOn(t);
  const { requester, terms, asked } = asking();
  const pod = { namespace: 'dev', name: 'p', uid: 'u', serviceAccount: 's' };
  const grouped = { ...terms, groups: ['leads'], quorum: 2 };
  const genuine = asking({ terms: grouped, requester: { ...requester, pod: { ...pod, namespace: 'prod' } } });
  const forged: Asking[] = [
    { ...genuine, asked: { ...asked, line: 'ls' } as Asking['asked'] },
    { ...genuine, terms: { ...grouped, quorum: 1 } },
    { ...genuine, terms: { ...grouped, groups: [] } },
    { ...genuine, terms: { ...grouped, selfApproval: true } },
    { ...genuine, rule: 'team/harmless' },
    { ...genuine, reason: 'The lead has agreed.' },
    { ...genuine, requester: { ...requester, pod } },
  ];
  const patience = new AbortController();
  const all = forged.map((one) => desk.ask(one, patience));
  await waiting(desk, forged.length);
  for (const { request } of desk.list()) {
    await desk.vote(request.id, approver('a', 'leads'), { vote: 'approve', grant: 60 * SECOND });
    if (request.terms.quorum === 2)
      await desk.vote(request.id, approver('b', 'leads'), { vote: 'approve', grant: 60 * SECOND });
  }
  for (const one of await Promise.all(all)) t.equal(one.state, 'approved');
  const asks = desk.ask(genuine, patience);
  await waiting(desk);
  patience.abort();
  t.equal((await asks).state, 'abandoned', 'what was really to be decided waits for a decision of its own');
});

t.test('a remote command is the same over WebSocket and over SPDY', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  const { signal } = patience;
  const all: Promise<unknown>[] = [];
  const waitFor = (one: ReturnType<typeof execBy>) =>
    new Promise<string>((waits) => all.push(desk.ask(one, { signal, waiting: waits })));
  const [first, second] = await Promise.all([waitFor(execBy('GET')), waitFor(execBy('POST'))]);
  t.equal(first, second);
  patience.abort();
  await Promise.all(all);
});

t.test('whose time is up as it asks waits for its end, and asks no second time', async (t) => {
  const { desk, log } = await deskOn(t);
  t.match(await desk.ask(asking({}, { timeout: 0 })), { state: 'expired' });
  const kinds = (await collect(log.events(SYSTEM))).map(({ event }) => event.body.type);
  t.same(kinds, ['approval.requested', 'approval.settled']);
});

t.test('what is over is not kept for as long as a decision would hold', async (t) => {
  const { desk } = await deskOn(t);
  const more = 20;
  for (let number = 0; number < RECENT.count + more; number++) {
    const patience = new AbortController();
    const asked = desk.ask(asking({ digest: hex(number) }, { validity: 24 * 3600 * SECOND }), patience);
    await desk.cancel(await waiting(desk), 'agent');
    await asked;
  }
  t.equal(desk.list().length, RECENT.count);
});

t.test('a conversation of its own for each does not make room for more', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  const { requester } = asking();
  const by = (user: string, number: number) =>
    asking({ requester: { ...requester, user, conversation: `c${number}` } });
  const all = Array.from({ length: QUOTA.ofWorkload }, (_, number) => desk.ask(by('loop', number), patience));
  await waiting(desk, QUOTA.ofWorkload);
  await t.rejects(desk.ask(by('loop', QUOTA.ofWorkload)), { code: 'BUSY' });
  all.push(desk.ask(by('other', 0), patience));
  await waiting(desk, QUOTA.ofWorkload + 1);
  patience.abort();
  await Promise.all(all);
});

t.test('nor does one that asks for very much: each of them is kept in memory', async (t) => {
  const { desk } = await deskOn(t);
  const patience = new AbortController();
  const line = 'x'.repeat(1_000_000);
  const fit = Math.floor(QUOTA.bytesOfWorkload / line.length);
  const by = (digest: string) =>
    asking({ digest, asked: { kind: 'command', line, cwd: '/', commands: [], unknown: [] } });
  const all = Array.from({ length: fit }, (_, number) => desk.ask(by(hex(number)), patience));
  await waiting(desk, fit);
  await t.rejects(desk.ask(by(hex(fit))), { code: 'BUSY' });
  const { id } = desk.list()[0]!.request;
  await desk.vote(id, approver(), { vote: 'deny' });
  all.push(desk.ask(by(hex(fit)), patience));
  await waiting(desk, fit);
  patience.abort();
  const states = (await Promise.all(all)).map(({ state }) => state);
  t.equal(states.filter((state) => state === 'denied').length, 1);
  t.equal(states.at(-1), 'abandoned', 'a place was free again');
});

t.test('who asks while the recorder stops learns that nobody will answer', async (t) => {
  const { log } = await deskOn(t);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const journal: Journal = {
    append: async (session, drafts) => {
      await held;
      await log.append(session, drafts);
    },
  };
  const desk = await Desk.open({ journal, archive: log, clock, key: KEY });
  const asked = desk.ask(asking());
  desk.close();
  release();
  await t.rejects(asked, { code: 'RECORDER_GONE' });
});

t.test('nobody is shown more than what is stored, and still the answer is for all of it', async (t) => {
  const { log } = await deskOn(t);
  const masked = <T>(body: T): T => JSON.parse(JSON.stringify(body).replaceAll(/hunter\d/g, '***'));
  const desk = await Desk.open({ journal: log, archive: log, clock, key: KEY, masked });
  t.teardown(() => desk.close());
  const by = (line: string) =>
    asking({ asked: { kind: 'command', line, cwd: '/', commands: [], unknown: [] } });
  const asked = desk.ask(by('login hunter2'));
  const id = await waiting(desk);
  t.match(desk.find(id).request.asked, { line: 'login ***' });
  const patience = new AbortController();
  const other = desk.ask(by('login hunter3'), patience);
  await waiting(desk, 2);
  await desk.vote(id, approver(), { vote: 'approve', comment: 'hunter2 is right' });
  t.match(await asked, { state: 'approved', comment: '*** is right' });
  patience.abort();
  t.match(await other, { state: 'abandoned' });
});

t.test('a clock that is set back while nobody is there lengthens nothing', async (t) => {
  const data = newData();
  const first = await AuditLog.open({ data });
  const before = await Desk.open({ journal: first, archive: first, clock, key: KEY });
  const digests = [hex(1), hex(2)];
  const patience = new AbortController();
  const granted = before.ask(asking({ digest: hex(1) }));
  await before.vote(await waiting(before), approver(), { vote: 'approve', grant: 60 * SECOND });
  await granted;
  const open = before.ask(asking({ digest: hex(2) }), patience);
  const waits = await waiting(before);
  patience.abort();
  await open;
  before.close();
  await first.close();

  const log = await AuditLog.open({ data });
  const slow = { now: () => clock.now() - 30 * SECOND };
  const desk = await Desk.open({ journal: log, archive: log, clock: slow, key: KEY });
  t.teardown(async () => {
    desk.close();
    await log.close();
  });
  const later = new AbortController();
  const anew = digests.map((digest) => desk.ask(asking({ digest }), later));
  await waiting(desk, 2);
  t.ok(desk.find(waits), 'what waited goes on waiting');
  later.abort();
  for (const one of anew) t.match(await one, { state: 'abandoned' });
});

t.test('votes that did not settle it in time are no yes', (t) => {
  const late = {
    ...requested(request(), 0),
    votes: [{ type: 'approval.voted' as const, id: request().id, by: approver(), vote: 'approve' as const }],
  };
  t.equal(outcome(late, 59 * SECOND)?.state, 'approved');
  t.equal(outcome(late, 60 * SECOND)?.state, 'expired');
  t.end();
});

function hex(number: number): string {
  return number.toString(16).padStart(64, '0');
}
