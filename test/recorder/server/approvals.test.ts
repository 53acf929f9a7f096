/** Humans decide over the API, and processes ask: who may, what is checked, and what is seen as it happens. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { RemoteApprovals } from '../../../recorder/client/approvals.ts';
import type { ApprovalLine, ApprovalView } from '../../../recorder/server/api.ts';
import { MOST_ASKING } from '../../../recorder/server/routes/approvals.ts';
import { approver, asking, SECOND } from '../approvals/sample.ts';
import { startWorld, type World } from './world.ts';

async function waiting({ desk }: World, count = 1): Promise<string> {
  for (;;) {
    const pending = desk.list().filter(({ settled }) => settled === null);
    if (pending.length === count) return pending.at(-1)!.request.id;
    await sleep(2);
  }
}

t.test('a browser sees what waits, and decides', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const asked = world.desk.ask(asking());
  const id = await waiting(world);
  const list = await world.get('/api/approvals', { headers: { cookie } });
  t.match(JSON.parse(list.text), {
    approvals: [{ id, state: 'pending', asked: { line: 'make deploy' }, votes: [], used: false }],
  });
  const origin = new URL(world.server.url).origin;
  const headers = { cookie, origin, 'content-type': 'application/json' };
  const vote = (body: unknown, more = {}) =>
    world.get(`/api/approvals/${id}/vote`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const elsewhere = await vote({ vote: 'approve' }, { origin: 'http://127.0.0.1:1' });
  t.equal(elsewhere.status, 403, 'no other page decides with this cookie');
  t.equal((await vote({ vote: 'approve' }, { 'content-type': 'text/plain' })).status, 400, 'nor a form');
  for (const wrong of [
    '{',
    '[]',
    '{"vote":"maybe"}',
    '{"vote":"approve","minutes":100000}',
    '{"vote":"approve","by":"me"}',
  ])
    t.equal((await vote(wrong)).status, 400, wrong);
  t.equal((await vote(`{"vote":"approve","comment":"${'x'.repeat(20_000)}"}`)).status, 413);
  t.equal(world.desk.find(id).votes.length, 0);
  const done = await vote({ vote: 'approve', comment: 'go' });
  t.equal(done.status, 200);
  t.match(JSON.parse(done.text), { id, state: 'approved', votes: [{ user: 'admin', comment: 'go' }] });
  t.match(await asked, { state: 'approved', by: ['admin'], comment: 'go' });
  t.equal((await vote({ vote: 'deny' })).status, 409, 'it is decided');
  const unknown = await world.get('/api/approvals/01J00000000000000000000009', { headers: { cookie } });
  t.equal(unknown.status, 404);
  for (const path of ['/api/approvals', `/api/approvals/${id}`, `/api/approvals/${id}/body`])
    t.equal((await world.get(path)).status, 401, `${path} without login`);
  t.equal((await world.get(`/api/approvals/${id}/vote`, { method: 'POST' })).status, 401);
  t.same(world.reported, []);
});

t.test('what a request would do is kept beside it, and shown to who decides', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const change = { before: { data: { a: '1' } }, after: { data: { a: '2' } } };
  const request = {
    ...{ verb: 'patch', group: '', version: 'v1', resource: 'configmaps', subresource: '' },
    ...{ namespace: 'shop', name: 'db', path: '' },
  };
  const asked = {
    ...{ kind: 'request' as const, method: 'PATCH', uri: '/x', request, dryRun: false, unknown: [] },
    effect: { kind: 'change' as const, uid: 'u-1', places: 1 },
  };
  const decided = world.desk.ask(asking({ asked, effect: Buffer.from(JSON.stringify(change)) }));
  const id = await waiting(world);
  const effect = await world.get(`/api/approvals/${id}/effect`, { headers: { cookie } });
  t.same(JSON.parse(effect.text), change);
  t.same(await new RemoteApprovals(world.recorder).effect(id), change);
  t.match(await new RemoteApprovals(world.recorder).list(), [{ asked: { effect: { places: 1 } } }]);
  t.equal((await world.get(`/api/approvals/${id}/effect`)).status, 401);
  t.equal((await world.get(`/api/approvals/${id}/body`, { headers: { cookie } })).status, 404, 'no body');
  await world.desk.vote(id, approver(), { vote: 'approve' });
  await decided;
});

t.test('another process asks, is told that it waits, and gets the decision', async (t) => {
  const world = await startWorld(t);
  const remote = new RemoteApprovals(world.recorder);
  const told: string[] = [];
  const asked = remote.ask(asking(), { waiting: (id) => told.push(id) });
  const id = await waiting(world);
  await remote.vote(id, { vote: 'approve', minutes: 5 });
  t.match(await asked, { id, state: 'approved' });
  t.same(told, [id]);
  t.match(await remote.ask(asking()), { id, state: 'approved' }, 'a grant');
  t.match(await remote.list(), [{ id, grantedUntil: Number }]);
  await remote.revoke(id);
  t.equal((await remote.list())[0]?.grantedUntil, undefined);
  await t.rejects(remote.revoke(id), { code: 'SETTLED' });
  const next = remote.ask(asking());
  const cancelled = await waiting(world);
  await remote.cancel(cancelled);
  t.match(await next, { id: cancelled, state: 'cancelled', by: ['admin'] });
});

t.test('a process that goes away stops waiting, and its request stays', async (t) => {
  const world = await startWorld(t);
  const remote = new RemoteApprovals(world.recorder);
  const patience = new AbortController();
  const asked = remote.ask(asking(), { signal: patience.signal });
  const id = await waiting(world);
  await sleep(20);
  patience.abort();
  t.match(await asked, { id, state: 'abandoned' });
  const again = remote.ask(asking());
  await world.desk.vote(id, approver(), { vote: 'approve' });
  t.match(await again, { id, state: 'approved' });
});

t.test('an asker is no more than it claims, and a browser asks nothing', async (t) => {
  const world = await startWorld(t);
  const remote = new RemoteApprovals(world.recorder);
  const { requester } = asking();
  for (const [what, wrong] of Object.entries({
    proof: asking({ requester: { ...requester, proof: 'signed' } }),
    digest: asking({ digest: 'x' }),
    quorum: asking({}, { quorum: 0 }),
    member: { ...asking(), extra: 1 } as never,
    nothing: {} as never,
  }))
    await t.rejects(remote.ask(wrong), { code: 'USAGE' }, what);
  const cookie = await world.login();
  const headers = { cookie, origin: world.server.url, 'content-type': 'application/json' };
  const asked = await world.get('/api/approvals', {
    method: 'POST',
    headers,
    body: JSON.stringify(asking()),
  });
  t.equal(asked.status, 403);
  t.same(world.desk.list(), []);
});

t.test('who follows sees all there is, and then each change; a slow one the latest', async (t) => {
  const world = await startWorld(t);
  const remote = new RemoteApprovals(world.recorder);
  const patience = new AbortController();
  const first = world.desk.ask(asking(), patience);
  const id = await waiting(world);
  const seen: [string, ApprovalView['state']][] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const line of remote.follow(stop.signal)) {
      for (const view of viewsOf(line)) seen.push([view.id, view.state]);
      if (seen.length === 1) {
        await world.desk.vote(id, approver(), { vote: 'deny' });
        await first;
        void world.desk.ask(asking({ digest: 'e'.repeat(64) }), patience);
      }
      if (seen.length === 3) stop.abort();
    }
  })().catch(() => undefined);
  await following;
  t.same(seen.slice(0, 2), [
    [id, 'pending'],
    [id, 'denied'],
  ]);
  t.equal(seen[2]?.[1], 'pending');
  patience.abort();
});

t.test('the body of a request is shown as it is stored', async (t) => {
  const world = await startWorld(t);
  const summary = { type: 'application/json', bytes: 2, sha256: '0'.repeat(64) };
  const patience = new AbortController();
  const asked = world.desk.ask(
    asking({ body: { summary, content: Buffer.from('{"a":"é"}') } }, { timeout: SECOND }),
    patience,
  );
  const id = await waiting(world);
  const remote = new RemoteApprovals(world.recorder);
  t.equal(await remote.body(id), '{"a":"é"}');
  t.match((await remote.list())[0], { body: summary });
  const without = world.desk.ask(asking({ digest: 'e'.repeat(64) }), patience);
  await waiting(world, 2);
  const other = world.desk.list().find(({ request }) => request.id !== id)!.request.id;
  await t.rejects(remote.body(other), { code: 'NOT_FOUND' });
  patience.abort();
  await Promise.all([asked, without]);
});

function viewsOf(line: ApprovalLine): ApprovalView[] {
  if ('changed' in line) return [line.changed];
  return 'all' in line ? line.all : line.more;
}

t.test('those who ask leave room for those who decide', async (t) => {
  const world = await startWorld(t);
  const { requester } = asking();
  const headers = { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' };
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  t.teardown(() => agent.destroy());
  const ask = (number: number) =>
    new Promise<number>((resolve, reject) => {
      const body = asking({ requester: { ...requester, conversation: `c${number}` } });
      const options = { method: 'POST', headers, agent };
      const outgoing = request(`${world.server.url}/api/approvals`, options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      outgoing.on('error', reject).end(JSON.stringify(body));
    });
  const all = await Promise.all(Array.from({ length: MOST_ASKING }, (_, number) => ask(number)));
  t.ok(all.every((status) => status === 200));
  t.equal(await ask(MOST_ASKING), 503);
  t.equal((await world.api('/api/approvals')).status, 200);
  await world.desk.cancel(world.desk.list()[0]!.request.id, 'admin');
  while ((await ask(MOST_ASKING)) !== 200) await sleep(5);
});
