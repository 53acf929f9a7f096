/** What runs in a session takes back what that session asked, and can do nothing else. */
import t, { type Test } from 'tap';
import type { Asking } from '../../../recorder/approvals/asking.ts';
import { endDraft, ID, identityIn, startDraft, startWorld, type World } from './world.ts';

const OTHER = ID.replace(/1$/, '2');
const NESTED = ID.replace(/1$/, '3');

function asking(line: string, of: { session: string; origin?: string }): Asking {
  return {
    ...of,
    requester: identityIn(),
    asked: { kind: 'command', line, cwd: '/', commands: [], unknown: [] },
    digest: '0'.repeat(64),
    rule: 'team/builds',
    reason: 'Somebody looks first.',
    terms: { groups: [], quorum: 1, selfApproval: false, timeout: 60_000_000, validity: 60_000_000 },
  };
}

async function stage(t: Test) {
  const world = await startWorld(t, { sessionKey: Buffer.alloc(32, 7) });
  for (const session of [ID, OTHER, NESTED]) await world.log.append(session, [startDraft()]);
  const { text } = await ask(world, `/api/sessions/${ID}/token`, world.token);
  const { token } = JSON.parse(text) as { token: string };
  const waits = (line: string, of: { session: string; origin?: string }) =>
    new Promise<{ id: string; mark: Promise<{ state: string; by: string[] }> }>((resolve) => {
      const mark = world.desk.ask(asking(line, of), { waiting: (id) => resolve({ id, mark }) });
    });
  return { world, token, waits };
}

function ask({ get }: World, path: string, token: string, method = 'POST') {
  return get(path, { method, headers: { authorization: `Bearer ${token}` } });
}

t.test('its own are taken back, and it says who did it', async (t) => {
  const { world, token, waits } = await stage(t);
  const own = await waits('make', { session: ID });
  const nested = await waits('make test', { session: NESTED, origin: ID });
  const other = await waits('make', { session: OTHER });
  const listed = JSON.parse((await ask(world, '/api/own/approvals', token, 'GET')).text);
  t.same(
    listed.approvals.map(({ id }: { id: string }) => id),
    [own.id, nested.id],
  );
  for (const { id } of [own, nested])
    t.match(await ask(world, `/api/own/approvals/${id}/cancel`, token), { status: 200, text: /cancelled/ });
  const [absent, foreign] = [
    await ask(world, `/api/own/approvals/${ID}/cancel`, token),
    await ask(world, `/api/own/approvals/${other.id}/cancel`, token),
  ];
  t.match(foreign, { status: 404 });
  t.equal(foreign.text.replaceAll(other.id, ID), absent.text, "another session's is not there");
  t.match(await own.mark, { state: 'cancelled', by: ['agent'] });
  t.match(await nested.mark, { state: 'cancelled' });
  t.match(await ask(world, `/api/own/approvals/${own.id}/cancel`, token), { status: 409 }, 'once');
  const events = await world.log.bodies('system');
  t.match(
    events.filter(({ type }) => type === 'approval.settled'),
    [
      { id: own.id, state: 'cancelled', by: 'agent', login: `session-${ID}` },
      { id: nested.id, state: 'cancelled', by: 'agent', login: `session-${ID}` },
    ],
  );
  t.match(
    events.filter(({ type }) => type === 'access.login').at(-1),
    { how: 'session', user: 'agent', login: `session-${ID}` },
    'and that it came',
  );
  world.desk.close();
  await t.rejects(other.mark, { code: 'RECORDER_GONE' });
});

t.test('nothing else is open to it', async (t) => {
  const { world, token, waits } = await stage(t);
  const { id, mark } = await waits('make', { session: ID });
  mark.catch(() => undefined);
  for (const { method, path, needs } of world.server.table) {
    if (needs === null || needs === 'approvals.own' || method === 'WebSocket') continue;
    const address = path.replace(':id', path.startsWith('/api/approvals') ? id : ID);
    t.match(await ask(world, address, token, method), { status: 403 }, `${method} ${path}`);
  }
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  for (const path of ['/ingest', `/api/sessions/${ID}/live`]) {
    const headers = { ...upgrade, 'sec-websocket-key': Buffer.alloc(16).toString('base64') };
    const answer = await world.get(path, { headers: { ...headers, authorization: `Bearer ${token}` } });
    t.match(answer.status, /^40[0-9]$/, path);
  }
});

t.test('it is worth nothing for another session, after its end, or bent', async (t) => {
  const { world, token } = await stage(t);
  const of = (session: string) => token.replace(ID, session);
  const refused = async (one: string) =>
    t.match(await ask(world, '/api/own/approvals', one, 'GET'), { status: 401 }, one);
  await refused(of(OTHER));
  await refused(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`);
  await refused(of('01JD00000000000000000000ZZ'));
  await refused(of('SYSTEM'));
  t.match(await ask(world, '/api/own/approvals', token, 'GET'), { status: 200 });
  await world.log.append(ID, [endDraft()]);
  await refused(token);
  t.match(await ask(world, `/api/sessions/${ID}/token`, world.token), { status: 403 });
});
