/** Logging in over real HTTP: one-time links, cookies, the bearer token, and what happens without. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { LOGIN_LIMITS } from '../../../recorder/server/login.ts';
import { pathOf, startWorld } from './world.ts';

t.test('a link logs in once, and the cookie opens everything', async (t) => {
  const world = await startWorld(t);
  const link = pathOf(world.server.loginUrl());
  const first = await world.get(link);
  t.equal(first.status, 200, 'a page that moves on, not a redirect');
  t.match(first.text, /http-equiv="refresh" content="0;url=&?[^"]*"/);
  const [cookie] = first.headers['set-cookie'] ?? [];
  t.match(
    cookie,
    new RegExp(`^chaperone-${world.server.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
  );
  const reply = await world.get('/api/whoami', { headers: { cookie: cookie!.split(';')[0]! } });
  t.equal(reply.status, 200);
  t.match(JSON.parse(reply.text), { how: 'link', name: /^browser-[0-9a-f]{8}$/ });

  const second = await world.get(link);
  t.equal(second.status, 401, 'the same link a second time');
  t.notOk(second.headers['set-cookie']);
  const again = await world.get(`${link}&next=%2Fsessions%2Fx`, {
    headers: { cookie: cookie!.split(';')[0]! },
  });
  t.equal(again.status, 200, 'the browser that used it goes on');
  t.match(again.text, /content="0;url=\/sessions\/x"/);
  t.notOk(again.headers['set-cookie'], 'as who it was');
  t.match(await world.log.bodies('system'), [{ type: 'access.login', how: 'link', from: '127.0.0.1' }]);
});

t.test('a login that cannot be recorded does not happen', async (t) => {
  const world = await startWorld(t);
  world.log.before = async () => {
    throw new Error('disk on fire');
  };
  const reply = await world.get(pathOf(world.server.loginUrl()));
  t.equal(reply.status, 500);
  t.notOk(reply.headers['set-cookie']);
  t.notMatch(reply.text, /fire/, 'an inner error keeps its words to itself');
  t.equal((await world.api('/api/whoami')).status, 500);
  t.match(
    world.reported,
    [{ message: 'disk on fire' }, { message: 'disk on fire' }],
    'but is told to the operator',
  );
});

t.test('links: HEAD does not use one up, too many forget the oldest, old ones die', async (t) => {
  const world = await startWorld(t);
  const link = pathOf(world.server.loginUrl());
  t.equal((await world.get(link, { method: 'HEAD' })).status, 405);
  t.equal((await world.get(link)).status, 200);

  const oldest = pathOf(world.server.loginUrl());
  const others = Array.from({ length: LOGIN_LIMITS.links }, () => pathOf(world.server.loginUrl()));
  t.equal(new Set(others).size, LOGIN_LIMITS.links);
  t.equal((await world.get(oldest)).status, 401);
  t.equal((await world.get(others[0]!)).status, 200);
  world.clock.step(LOGIN_LIMITS.linkLife);
  t.equal((await world.get(others[1]!)).status, 401);
});

t.test('cookies die of idleness and of age, and by logging out', async (t) => {
  const world = await startWorld(t);
  const whoami = async (cookie: string) => (await world.get('/api/whoami', { headers: { cookie } })).status;
  const idle = await world.login();
  world.clock.step(LOGIN_LIMITS.cookieIdle);
  t.equal(await whoami(idle), 401);

  const busy = await world.login();
  for (let age = 0; age < LOGIN_LIMITS.cookieLife; age += LOGIN_LIMITS.cookieIdle / 2) {
    t.equal(await whoami(busy), 200);
    world.clock.step(LOGIN_LIMITS.cookieIdle / 2);
  }
  t.equal(await whoami(busy), 401);

  const cookie = await world.login();
  const headers = { cookie, origin: world.server.url };
  t.equal((await world.get('/api/logout', { method: 'POST', headers })).status, 204);
  t.equal(await whoami(cookie), 401);
});

t.test('the cookie of another port, or of nobody, is none', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const value = cookie.split('=')[1]!;
  for (const wrong of [
    `chaperone-1=${value}`,
    `chaperone=${value}`,
    `${cookie}x`,
    cookie.slice(0, -1),
    `a=b; ;=; ${'x'.repeat(99)}`,
  ]) {
    t.equal((await world.get('/api/whoami', { headers: { cookie: wrong } })).status, 401, wrong);
  }
  t.equal((await world.get('/api/whoami', { headers: { cookie: `a=b; ${cookie}; c=d` } })).status, 200);
});

t.test('every address without login is 401, the page and its files too', async (t) => {
  const world = await startWorld(t);
  const paths = [
    '/',
    '/index.html',
    '/assets/index-a1B2c3D4.js',
    '/sessions/01JD0000000000000000000001',
    '/nothing',
    '/api',
    '/api/sessions',
    '/api/sessions/x',
    '/api/sessions/x/cast',
    '/api/sessions/x/events',
    '/api/sessions/x/search?q=a',
    '/api/sessions/x/live',
    '/api/verify',
    '/api/checkpoint',
    '/api/whoami',
    '/ingest',
    '/metrics',
    '/LOGIN',
    '/login/',
    '/livez/',
  ];
  for (const path of paths) {
    const reply = await world.get(path);
    t.equal(reply.status, 401, path);
    t.equal(JSON.parse(reply.text).error.code, 'UNAUTHENTICATED', path);
    const page = await world.get(path, { headers: { accept: 'text/html,*/*' } });
    t.equal(page.status, 401, path);
    t.match(page.headers['content-type'], path.startsWith('/api/') ? 'application/json' : 'text/html', path);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
    t.equal((await world.get('/api/login-link', { method })).status, 401, method);
  }
});

t.test('what needs no login tells nothing', async (t) => {
  const world = await startWorld(t);
  t.equal((await world.get('/livez')).text, 'ok\n');
  t.equal((await world.get('/readyz')).text, 'ok\n');
  t.equal((await world.get('/api/proof?nonce=short')).status, 400);
  t.equal((await world.get('/livez', { method: 'POST' })).status, 405);
});

t.test('the token file is private, stays the same, and is made anew once others could read it', async (t) => {
  const world = await startWorld(t);
  const file = join(world.data, 'token');
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.match(world.token, /^[\w-]{43}$/);
  const { ensureToken } = await import('../../../recorder/server/presence.ts');
  t.equal(await ensureToken(world.data), world.token);
  await (await import('node:fs/promises')).chmod(file, 0o644);
  t.not(await ensureToken(world.data), world.token);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.notMatch(await readFile(file, 'utf8'), world.token);
});

t.test('the bearer token: right, wrong, and a login is recorded per connection', async (t) => {
  const world = await startWorld(t);
  t.equal((await world.api('/api/whoami')).status, 200);
  t.match(await world.log.bodies('system'), [{ type: 'access.login', how: 'token' }]);
  for (const authorization of [
    'Bearer',
    'Bearer ',
    `Bearer ${world.token}x`,
    `Basic ${world.token}`,
    world.token,
    `Bearer ${'é'.repeat(43)}`,
  ]) {
    const reply = await world.get('/api/whoami', {
      headers: { authorization: Buffer.from(authorization).toString('latin1') },
    });
    t.equal(reply.status, 401, authorization);
  }
});

t.test('failed logins run into a limit that time lifts, and a right one always passes', async (t) => {
  const world = await startWorld(t);
  const statuses: number[] = [];
  for (let n = 0; n < 25; n += 1) statuses.push((await world.get(`/login?token=guess${n}`)).status);
  t.same(new Set(statuses.slice(0, 20)), new Set([401]));
  t.same(new Set(statuses.slice(20)), new Set([429]));
  const wrong = { headers: { authorization: 'Bearer guess' } };
  const limited = await world.get('/api/whoami', wrong);
  t.equal(limited.status, 429, 'another kind of guess counts too');
  t.equal(limited.headers['retry-after'], '3');
  t.equal((await world.get('/api/whoami')).status, 401, 'who does not guess is not limited');
  t.equal((await world.api('/api/whoami')).status, 200);
  t.equal((await world.get(pathOf(world.server.loginUrl()))).status, 200);
  world.clock.step(3_000_000);
  t.equal((await world.get('/api/whoami', wrong)).status, 401);
  t.equal((await world.get('/api/whoami', wrong)).status, 429);
});

t.test('a link is not used up by a prefetch, nor by another page', async (t) => {
  const world = await startWorld(t);
  const link = pathOf(world.server.loginUrl());
  t.equal((await world.get(link, { headers: { 'sec-purpose': 'prefetch' } })).status, 403);
  const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
  t.equal((await world.get(link, { headers: image })).status, 403);
  const click = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };
  t.equal((await world.get(link, { headers: click })).status, 200);
});

t.test('next leads only into this server', async (t) => {
  const { ownPath } = await import('../../../recorder/server/login-pages.ts');
  t.equal(ownPath('/sessions/01JD?t=3#x'), '/sessions/01JD?t=3#x');
  const foreign = [
    '//evil.test/',
    '/\\evil.test',
    '/.//evil.test',
    '/x/..//evil.test',
    '/.\\/evil.test',
    '/%2e//evil.test',
    'https://evil.test/',
    'javascript:alert(1)',
    '/\t/evil.test',
    '',
    'x',
    '/a\nb',
    '/é',
  ];
  for (const next of [null, ...foreign]) t.equal(ownPath(next), '/', String(next));
  const world = await startWorld(t);
  const reply = await world.get(pathOf(world.server.loginUrl(`/"><script>alert(1)</script>`)));
  t.notMatch(reply.text, /<script/);
});

t.test('a program with the token gets links for browsers; a browser gets none', async (t) => {
  const world = await startWorld(t);
  const headers = { authorization: `Bearer ${world.token}` };
  const reply = await world.get('/api/login-link?next=/sessions/1', { method: 'POST', headers });
  t.equal(reply.status, 200);
  const page = await world.get(pathOf(JSON.parse(reply.text).url));
  t.equal(page.status, 200);
  t.match(page.text, 'url=/sessions/1"');
  const cookie = await world.login();
  const refused = await world.get('/api/login-link', {
    method: 'POST',
    headers: { cookie, origin: world.server.url },
  });
  t.equal(refused.status, 403);
});
