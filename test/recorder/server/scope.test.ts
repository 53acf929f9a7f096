/** What lies out of somebody's scope is not there: in no list, at no address, in no stream, and in no count. */
import { once } from 'node:events';
import fc from 'fast-check';
import t from 'tap';
import { ulid } from 'ulid';
import { WebSocket } from 'ws';
import type { SessionId } from '../../../recorder/audit/units.ts';
import type { ApprovalLine, SessionPage, VerifyLine } from '../../../recorder/server/api.ts';
import type { Login, Principal, Scope } from '../../../recorder/server/principal.ts';
import { ScopedArchive } from '../../../recorder/server/scoped-archive.ts';
import { approver, asking } from '../approvals/sample.ts';
import {
  decisionDraft,
  endDraft,
  identityIn,
  outputDraft,
  startDraft,
  startWorld,
  type World,
} from './world.ts';

const AT = 1_700_000_000_000_000;
const SHOP = '01JD0000000000000000000001';
const PAY = '01JD0000000000000000000002';
const LAPTOP = '01JD0000000000000000000003';
const LATER = '01JD0000000000000000000004';
const ABSENT = '01JD0000000000000000000009';

const viewerOf = (...namespaces: string[]): Principal => ({
  ...{ user: 'viewer', groups: [], roles: ['viewer'] },
  scopes: { viewer: [{ namespaces }] },
});

async function record(world: World, id: SessionId, namespace?: string, user = 'agent'): Promise<void> {
  await world.log.append(id, [
    startDraft(AT, identityIn(namespace, user)),
    decisionDraft('kubectl get pods', true),
    outputDraft(`secret of ${namespace}\r\n`),
  ]);
}

async function town(world: World): Promise<void> {
  await record(world, SHOP, 'shop');
  await record(world, PAY, 'pay');
  await record(world, LAPTOP, undefined, 'viewer');
  await world.log.append(PAY, [endDraft()]);
}

const ids = ({ text }: { text: string }): SessionId[] =>
  (JSON.parse(text) as SessionPage).sessions.map(({ id }) => id);

/** All that can be asked of one session. */
const ADDRESSES = [
  '',
  '/events',
  '/events?content=base64',
  '/events?follow=1',
  '/cast',
  '/cast?format=txt&download=1',
  '/cast?format=json',
  '/search?q=secret',
];

t.test('a viewer of one namespace sees its sessions, and no others', async (t) => {
  const world = await startWorld(t);
  await town(world);
  const headers = { cookie: await world.login(viewerOf('shop')) };
  t.same(ids(await world.get('/api/sessions', { headers })), [SHOP]);
  t.same(ids(await world.get('/api/sessions?search=kubectl', { headers })), [SHOP]);
  t.same(ids(await world.get('/api/sessions?limit=1', { headers })), [SHOP]);
  t.equal(
    JSON.parse((await world.get('/api/sessions?limit=1', { headers })).text).next,
    undefined,
    'nor that there are more',
  );
  await world.log.append(SHOP, [endDraft()]);
  for (const address of ADDRESSES)
    t.equal((await world.get(`/api/sessions/${SHOP}${address}`, { headers })).status, 200, address);
  const own: Scope[] = [{ own: true }];
  const viewer = { cookie: await world.login({ ...viewerOf(), scopes: { viewer: own } }) };
  t.same(ids(await world.get('/api/sessions', { headers: viewer })), [LAPTOP], 'a scope by user');
  const nowhere = { cookie: await world.login({ user: 'eve', groups: [], roles: ['viewer'] }) };
  t.same(ids(await world.get('/api/sessions', { headers: nowhere })), []);
  const auditor = { cookie: await world.login({ user: 'max', groups: [], roles: ['auditor'] }) };
  t.same(ids(await world.get('/api/sessions', { headers: auditor })), [LAPTOP, PAY, SHOP]);
});

t.test('what is hidden and what is absent are answered alike, byte for byte', async (t) => {
  const world = await startWorld(t);
  await town(world);
  const headers = { cookie: await world.login(viewerOf('shop')) };
  const post = { ...headers, origin: world.server.url, 'content-type': 'application/json' };
  const asked = async (id: SessionId) => {
    const answers = [];
    for (const address of ADDRESSES)
      answers.push(await world.get(`/api/sessions/${id}${address}`, { headers }));
    answers.push(await world.get(`/api/verify?session=${id}`, { headers }));
    const body = JSON.stringify({ text: 'ls', session: id });
    const explainer = { method: 'POST', headers: post, body };
    answers.push(await world.get('/api/policy/explain', explainer));
    answers.push(await follow(world, id, headers.cookie));
    return answers.map((answer) => {
      const { date: _, ...rest } = answer.headers;
      return JSON.stringify({ ...answer, headers: rest }).replaceAll(id, 'ID');
    });
  };
  const [hidden, absent] = [await asked(PAY), await asked(ABSENT)];
  t.same(hidden, absent);
  t.equal(hidden.filter((answer) => answer.includes('"status":404')).length, hidden.length);
});

/** How a live stream of it is refused. */
async function follow(world: World, id: SessionId, cookie: string) {
  const url = `${world.server.url.replace('http', 'ws')}/api/sessions/${id}/live`;
  const socket = new WebSocket(url, 'v1.alis', { headers: { cookie, origin: world.server.url } });
  const [request, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  request.destroy();
  return { status: response.statusCode as number, headers: { ...response.headers }, text };
}

t.test('looking for what is hidden stands in the log, however often a bounded number of times', async (t) => {
  const world = await startWorld(t);
  await town(world);
  const headers = { cookie: await world.login(viewerOf('shop')) };
  const { name } = JSON.parse((await world.get('/api/whoami', { headers })).text);
  const refused = async () =>
    (await world.log.bodies('system')).filter(({ type }) => type === 'access.refused');
  await world.get(`/api/sessions/${PAY}/cast`, { headers });
  await world.get(`/api/sessions/${ABSENT}`, { headers });
  const who = { type: 'access.refused', from: '127.0.0.1', user: 'viewer', login: name };
  t.same(await refused(), [
    { ...who, what: 'GET /api/sessions/:id/cast', reason: 'scope', session: PAY },
    { ...who, what: 'GET /api/sessions/:id', reason: 'unknown' },
  ]);
  for (let n = 0; n < 40; n += 1) await world.get(`/api/sessions/${PAY}`, { headers });
  t.equal((await refused()).length, 20);
  const other = { cookie: await world.login(viewerOf('none')) };
  await world.get(`/api/sessions/${PAY}`, { headers: other });
  t.equal((await refused()).length, 21, 'the noise of one does not hide another');
  world.clock.step(3_000_000);
  await world.get(`/api/sessions/${PAY}`, { headers });
  t.match((await refused()).at(-1), { login: name, omitted: 22 });
  const admin = { cookie: await world.login() };
  await world.get(`/api/sessions/${ABSENT}`, { headers: admin });
  t.equal((await refused()).length, 22, 'to who may see all, what is not there is not refused');
  t.same(world.reported, []);
});

t.test('a refusal that cannot be recorded is one all the same', async (t) => {
  const world = await startWorld(t);
  await town(world);
  const headers = { cookie: await world.login(viewerOf('shop')) };
  world.log.before = async () => {
    throw new Error('disk on fire');
  };
  t.equal((await world.get(`/api/sessions/${PAY}`, { headers })).status, 404);
  t.match(world.reported, [{ message: 'disk on fire' }]);
});

t.test('one session is verified, and tells nothing of the others', async (t) => {
  const world = await startWorld(t);
  await town(world);
  const headers = { cookie: await world.login(viewerOf('shop')) };
  const verify = async (query: string, as: Record<string, string>) => {
    const { text } = await world.get(`/api/verify${query}`, { headers: as });
    return JSON.parse(text.trimEnd().split('\n').at(-1)!) as VerifyLine;
  };
  t.same(await verify(`?session=${SHOP}`, headers), {
    report: { ok: true, size: 3, sessions: 1, checkpoint: '', problems: [] },
  });
  const auditor = { cookie: await world.login({ user: 'max', groups: [], roles: ['auditor'] }) };
  t.match(await verify(`?session=${SHOP}`, auditor), { report: { checkpoint: /^chaperone/ } });
  const looks = (await world.log.bodies('system')).filter(({ type }) => type === 'access.viewed');
  t.match(looks, [
    { session: SHOP, what: 'verify', user: 'viewer' },
    { session: SHOP, what: 'verify', user: 'max' },
  ]);
});

t.test('what a damaged log says of others is left out', async (t) => {
  const login = { how: 'link', name: 'b', principal: viewerOf('shop') } as unknown as Login;
  const world = await startWorld(t);
  await town(world);
  const damaged = {
    ...{ ok: false, size: 3, sessions: 1, checkpoint: 'chaperone\n99\n' },
    problems: [
      {
        code: 'EVENT_MISSING',
        message: `gone, right behind event 2 of session ${PAY}`,
        session: PAY,
        seq: 3,
      },
      { code: 'EVENT_DAMAGED', message: 'detail', session: SHOP, seq: 1 },
      { code: 'FILE_DAMAGED', message: `of ${PAY}`, file: 'log/7.ldb', range: { from: 1, to: 2 } },
    ],
  };
  world.log.verify = async () => damaged;
  const report = await new ScopedArchive(world.log, login).verify({ session: SHOP });
  t.notMatch(JSON.stringify(report), PAY);
  t.same(report, {
    ...damaged,
    checkpoint: '',
    problems: [
      { code: 'EVENT_MISSING', message: 'an event of the log is gone' },
      { code: 'EVENT_DAMAGED', message: 'an event is not what was written', session: SHOP, seq: 1 },
      { code: 'FILE_DAMAGED', message: 'a file of the store was altered' },
    ],
  });
});

t.test('a list is paged alike whatever lies between, and no cursor names what is hidden', async (t) => {
  const world = await startWorld(t);
  const seen: SessionId[] = [];
  const hidden = new Set<SessionId>();
  const random = fc.sample(fc.boolean(), { seed: 5, numRuns: 80 });
  for (const [n, isShop] of random.entries()) {
    // Some in one millisecond, some in one minute, some hours apart.
    const id = ulid(AT / 1000 + Math.floor(n / 2) * (n < 40 ? 1 : 600_000));
    await world.log.append(id, [startDraft(AT, identityIn(isShop && n % 3 === 0 ? 'shop' : 'pay'))]);
    if (isShop && n % 3 === 0) seen.push(id);
    else hidden.add(id);
  }
  seen.sort().reverse();
  const login = { how: 'link', name: 'b', principal: viewerOf('shop') } as unknown as Login;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
      const archive = new ScopedArchive(world.log, login);
      const got: SessionId[] = [];
      for (let before: string | undefined; ; ) {
        const page = await archive.sessions({ limit, ...(before !== undefined && { before }) });
        if (page.sessions.length > limit) return false;
        got.push(...page.sessions.map(({ id }) => id));
        if (page.next === undefined) break;
        if (hidden.has(page.next) || (before !== undefined && page.next >= before)) return false;
        before = page.next;
      }
      return got.join() === seen.join();
    }),
    { seed: 5, numRuns: 60 },
  );
});

t.test('approvals: seen, followed and decided where the role holds', async (t) => {
  const world = await startWorld(t);
  const of = (namespace: string, digest: string) =>
    asking({ requester: identityIn(namespace), digest: digest.repeat(64) });
  void world.desk.ask(of('shop', 'a'));
  void world.desk.ask(of('pay', 'b'));
  while (world.desk.list().length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  const idIn = (namespace: string) =>
    world.desk.list().find(({ request }) => request.requester.pod?.namespace === namespace)!.request.id;
  const [shop, pay] = [idIn('shop'), idIn('pay')];
  const cookie = await world.login({
    ...{ user: 'viewer', groups: [], roles: ['viewer', 'approver'] },
    scopes: { viewer: [{ namespaces: ['pay'] }], approver: [{ namespaces: ['shop', 'later'] }] },
  });
  const narrow = await world.login({
    ...{
      user: 'second',
      groups: [],
      roles: ['approver'],
      scopes: { approver: [{ namespaces: ['shop', 'later'] }] },
    },
  });
  const headers = { cookie: narrow, origin: world.server.url, 'content-type': 'application/json' };
  const list = await world.get('/api/approvals', { headers });
  t.match(
    JSON.parse(list.text).approvals.map(({ id }: { id: string }) => id),
    [shop],
  );
  const vote = (id: string, as: string) =>
    world.get(`/api/approvals/${id}/vote`, {
      ...{ method: 'POST', headers: { ...headers, cookie: as }, body: '{"vote":"deny"}' },
    });
  const absent = '01J00000000000000000000009';
  for (const address of ['', '/body', '/effect']) {
    const [hidden, none] = await Promise.all(
      [pay, absent].map(async (id) => {
        const { status, text } = await world.get(`/api/approvals/${id}${address}`, { headers });
        return { status, text: text.replaceAll(id, 'ID') };
      }),
    );
    t.same(hidden, none, address);
    t.equal(hidden!.status, 404);
  }
  t.equal((await vote(pay, narrow)).status, 404);
  t.equal((await vote(pay, cookie)).status, 403, 'who may see it is told that they may not decide');
  const lines: ApprovalLine[] = [];
  const streamed = fetch(`${world.server.url}/api/approvals?follow=1`, { headers: { cookie: narrow } });
  const reader = (await streamed).body!.pipeThrough(new TextDecoderStream()).getReader();
  const until = async (done: () => boolean) => {
    while (!done()) {
      const { value = '' } = await reader.read();
      for (const line of value.trimEnd().split('\n')) lines.push(JSON.parse(line));
    }
  };
  await until(() => lines.length === 1);
  await world.desk.vote(pay, approver(), { vote: 'deny' });
  void world.desk.ask(of('pay', 'c'));
  void world.desk.ask(of('later', 'd'));
  t.equal((await vote(shop, narrow)).status, 200);
  await until(() => JSON.stringify(lines).includes('denied') && JSON.stringify(lines).includes('"later"'));
  await reader.cancel();
  t.notMatch(JSON.stringify(lines), /"pay"/, 'what comes later is filtered too');
  t.match(world.desk.find(shop).settled, { state: 'denied' });
  for (const { request } of world.desk.list()) await world.desk.cancel(request.id, 'x').catch(() => {});
});

t.test('a session that starts later is there for who may see it', async (t) => {
  const world = await startWorld(t);
  await town(world);
  const headers = { cookie: await world.login(viewerOf('shop', 'new')) };
  t.equal((await world.get(`/api/sessions/${LATER}`, { headers })).status, 404);
  await record(world, LATER, 'new');
  t.equal((await world.get(`/api/sessions/${LATER}`, { headers })).status, 200);
  t.same(ids(await world.get('/api/sessions', { headers })), [LATER, SHOP]);
});
