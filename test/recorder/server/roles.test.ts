/** Every route and every WebSocket, asked by nobody and by every role: this table says who gets in, and nothing else does. */
import t from 'tap';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../../recorder/server/ingest/frame.ts';
import type { Role } from '../../../recorder/server/principal.ts';
import { startDraft, startWorld, type World } from './world.ts';

/** In this order; `none` is logged in and has no role, `token` is a program of this machine. */
const CALLERS = ['none', 'viewer', 'approver', 'auditor', 'admin', 'token'] as const;
type Caller = (typeof CALLERS)[number];

const ALL = 'none viewer approver auditor admin token';
const ROLES = 'viewer approver auditor admin token';
const WHOLE = 'auditor admin token';

/** Who is let in, and how the address is asked where its pattern is not enough. A new route has to be entered here. */
const TABLE: Record<string, { who: string; ask?: string }> = {
  'GET /api/whoami': { who: ALL },
  'POST /api/login-link': { who: 'token' },
  'POST /api/logout': { who: ALL },
  'GET /api/health': { who: ROLES },
  'GET /api/sessions': { who: ROLES },
  'GET /api/sessions/:id': { who: ROLES },
  'GET /api/sessions/:id/events': { who: ROLES },
  'GET /api/sessions/:id/cast': { who: ROLES },
  'GET /api/sessions/:id/search': { who: ROLES, ask: '?q=x' },
  'GET /api/sessions/:id/trace': { who: ROLES },
  'GET /api/blame': { who: ROLES, ask: '?ask={"kind":"uid","uid":"x"}' },
  'GET /api/checkpoint': { who: WHOLE },
  'GET /api/verify': { who: ROLES, ask: '?session=:id' },
  'POST /api/policy/explain': { who: ROLES },
  'GET /api/approvals': { who: ROLES },
  'POST /api/approvals': { who: 'token' },
  'GET /api/approvals/:id': { who: ROLES },
  'GET /api/approvals/:id/body': { who: ROLES },
  'GET /api/approvals/:id/effect': { who: ROLES },
  'POST /api/approvals/:id/vote': { who: 'approver admin token' },
  'POST /api/approvals/:id/revoke': { who: 'approver admin token' },
  // Whoever sees it gets that far: for what they asked themselves. See approval-people.test.ts.
  'POST /api/approvals/:id/cancel': { who: ROLES },
  'POST /api/sessions/:id/kubeconfig': { who: 'token' },
  'POST /api/sessions/:id/token': { who: 'token' },
  // Of one session, by its own token: see own-approvals.test.ts.
  'GET /api/own/approvals': { who: '' },
  'POST /api/own/approvals/:id/cancel': { who: '' },
  'DELETE /api/sessions/:id/kubeconfig': { who: 'token' },
  'GET /api/offboard': { who: 'admin token', ask: '?user=nobody' },
  'POST /api/offboard': { who: 'admin token' },
  'WebSocket /ingest': { who: 'token' },
  'WebSocket /api/sessions/:id/live': { who: ROLES },
};
/** These answer without login, and tell nothing. */
const OPEN = ['GET /livez', 'GET /readyz', 'GET /login', 'GET /api/proof'];

const ABSENT = '01JD00000000000000000000ZZ';

async function headersOf(world: World, caller: Caller): Promise<Record<string, string>> {
  if (caller === 'token') return { authorization: `Bearer ${world.token}` };
  const roles: Role[] = caller === 'none' ? [] : [caller];
  const scopes = { viewer: [{}], approver: [{}] };
  const cookie = await world.login({ user: caller, groups: [], roles, scopes });
  return { cookie, origin: world.server.url };
}

/** The status that the address answers with; 101 where it became a WebSocket. */
async function status(world: World, key: string, headers: Record<string, string>): Promise<number> {
  const [method = '', pattern = ''] = key.split(' ');
  const path = `${pattern}${TABLE[key]?.ask ?? ''}`.replaceAll(':id', ABSENT);
  if (method === 'WebSocket') return socketStatus(world, path, headers);
  const body = method === 'POST' ? { body: '{}' } : {};
  const sent = { 'content-type': 'application/json', ...headers };
  return (await world.get(path, { method, headers: sent, ...body })).status;
}

function socketStatus(world: World, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = world.server.url.replace('http', 'ws') + path;
    const socket = new WebSocket(url, [SUBPROTOCOL, 'v1.alis'], { headers });
    socket.on('open', () => socket.terminate());
    socket.on('close', () => resolve(101));
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

t.test('every address, by everybody', async (t) => {
  const kube = { grant: async () => 'kubeconfig', revoke: async () => {} };
  const world = await startWorld(t, {
    kube,
    sessionKey: Buffer.alloc(32),
    credentialReads: { ofCommand: () => [], isCredential: () => false },
  });
  const keys = world.server.table.map(({ method, path }) => `${method} ${path}`);
  t.same(
    [...keys].sort(),
    [...Object.keys(TABLE), ...OPEN].sort(),
    'every route has its row, and no row is left over',
  );
  t.same(
    world.server.table
      .filter(({ needs }) => needs === null)
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
    [...OPEN].sort(),
    'without login there is no more than this',
  );
  for (const key of Object.keys(TABLE)) {
    t.equal(await status(world, key, {}), 401, `nobody: ${key}`);
    const guess = await status(world, key, { authorization: 'Bearer x' });
    t.ok([401, 429].includes(guess), `a guess: ${key} was answered with ${guess}`);
    for (const caller of CALLERS) {
      const answered = await status(world, key, await headersOf(world, caller));
      const isIn = TABLE[key]!.who.split(' ').includes(caller);
      t.equal(answered === 403, !isIn, `${caller}: ${key} was answered with ${answered}`);
      t.not(answered, 401);
      t.ok(answered < 500, `${caller}: ${key} was answered with ${answered}`);
    }
  }
  t.same(world.reported, []);
});

t.test('what only some may do at an address that more may ask', async (t) => {
  const world = await startWorld(t);
  await world.log.append('01JD0000000000000000000001', [startDraft()]);
  for (const path of ['/api/verify', '/api/sessions/system/events', '/api/checkpoint'])
    for (const caller of CALLERS) {
      const { status } = await world.get(path, { headers: await headersOf(world, caller) });
      t.equal(status, WHOLE.split(' ').includes(caller) ? 200 : 403, `${caller}: ${path}`);
    }
});

t.test('a refusal says who one is here and what was missing, and stands in the log', async (t) => {
  const world = await startWorld(t);
  const headers = await headersOf(world, 'viewer');
  const reply = await world.get('/api/checkpoint', { headers });
  t.match(JSON.parse(reply.text), {
    error: { code: 'FORBIDDEN', message: /^viewer is viewer here, and may not do this \(log\.verify\)/ },
  });
  const nobody = await world.get('/api/sessions', { headers: await headersOf(world, 'none') });
  t.match(JSON.parse(nobody.text).error.message, /^none has no role here/);
  const who = JSON.parse((await world.get('/api/whoami', { headers })).text);
  t.match(who, {
    user: 'viewer',
    roles: ['viewer'],
    may: ['sessions.view', 'sessions.verify', 'approvals.view'],
  });
  const refused = (await world.log.bodies('system')).filter(({ type }) => type === 'access.refused');
  t.same(refused, [
    {
      ...{ type: 'access.refused', from: '127.0.0.1', what: 'GET /api/checkpoint', reason: 'role' },
      ...{ user: 'viewer', login: who.name },
    },
    {
      ...{
        type: 'access.refused',
        from: '127.0.0.1',
        what: 'GET /api/sessions',
        reason: 'role',
        user: 'none',
      },
      login: (refused[1] as { login: string }).login,
    },
  ]);
});
