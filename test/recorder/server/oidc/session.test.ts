/** What becomes of a login: renewed with other groups, withdrawn, cut off, ended; and providers that fail. */
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { WebSocket } from 'ws';
import { LIVE_PROTOCOL } from '../../../../recorder/server/live.ts';
import { Provider } from '../../../../recorder/server/oidc/provider.ts';
import { ID, startDraft } from '../world.ts';
import { Jar } from './browser.ts';
import { MINUTE, oidcWorld } from './world.ts';

t.test('the provider is asked again: other groups, other roles', async (t) => {
  const world = await oidcWorld(t);
  const jar = await world.signedIn();
  const asked = () => world.provider.asked.filter((path) => path === '/token').length;
  world.provider.accounts.set('first', {
    email: 'first@example.com',
    email_verified: true,
    groups: ['platform'],
  });
  t.match(await world.who(jar), { body: { roles: ['approver', 'viewer'] } }, 'not before it is due');
  world.clock.step(5 * MINUTE);
  const before = asked();
  const all = await Promise.all(Array.from({ length: 8 }, () => world.who(jar)));
  for (const one of all) t.match(one, { status: 200, body: { user: 'first@example.com', roles: ['admin'] } });
  t.equal(asked(), before + 1, 'asked once, however many wait: refresh tokens are good once');
  world.clock.step(5 * MINUTE);
  t.match(
    await world.who(jar),
    { body: { roles: ['admin'] } },
    'and again, with the token that came in its place',
  );

  world.provider.accounts.set('first', { email: 'first@example.com', email_verified: true, groups: [] });
  world.clock.step(5 * MINUTE);
  t.equal((await world.who(jar)).status, 401, 'no role is left');
  // What ends a login is answered at once, and stored beside that.
  let ended = await world.logged('access.logout');
  for (; ended.length === 0; ended = await world.logged('access.logout')) await setTimeout(10);
  t.match(ended, [{ user: 'first@example.com', reason: 'withdrawn' }]);
  t.equal((await world.who(jar)).status, 401);
});

t.test('a provider that says no ends the login', async (t) => {
  const world = await oidcWorld(t);
  const jar = await world.signedIn();
  await world.provider.revokeAll();
  t.equal((await world.who(jar)).status, 200, 'it is not asked yet');
  world.clock.step(5 * MINUTE);
  t.equal((await world.who(jar)).status, 401);
  world.provider.accounts.set('first', { email: 'third@example.com', email_verified: true, groups: ['sre'] });
  const renamed = await world.signedIn();
  world.provider.accounts.set('first', {
    email: 'fourth@example.com',
    email_verified: true,
    groups: ['sre'],
  });
  world.clock.step(5 * MINUTE);
  t.equal((await world.who(renamed)).status, 401, 'who is called otherwise signs in anew');
});

t.test('a renewed token that is about somebody else ends the login', async (t) => {
  const world = await oidcWorld(t);
  const jar = await world.signedIn();
  world.provider.tamper = async (path, body) => {
    if (path !== '/token') return body;
    const claims = JSON.parse(Buffer.from(String(body.id_token).split('.')[1]!, 'base64url').toString());
    return { ...body, id_token: await world.provider.sign({ ...claims, sub: 'second' }) };
  };
  world.clock.step(5 * MINUTE);
  t.equal((await world.who(jar)).status, 401);
});

t.test('a provider that cannot be reached', async (t) => {
  const world = await oidcWorld(t);
  const jar = await world.signedIn();
  world.provider.instead = (_request, response) => response.destroy();
  t.equal((await world.who(jar)).status, 200, 'who is logged in goes on');
  world.clock.step(5 * MINUTE);
  const reply = await world.who(jar);
  t.match(reply, { status: 503, body: { error: { code: 'ISSUER_GONE' } } }, 'until it has to be asked');
  const headers = { accept: 'text/html', cookie: jar.login(world.server.port) };
  const page = await world.get('/', { headers });
  t.equal(page.status, 503);
  t.match(page.text, /cannot be renewed now/);
  const start = await world.get('/login/start');
  t.equal(start.status, 303, 'what it said of itself is still known');
  world.provider.instead = null;
  t.equal((await world.who(jar)).status, 200, 'and is not logged out by it');
  t.same(await world.logged('access.logout'), []);
});

t.test('answers without an end, or of a kind that nobody expects', async (t) => {
  const world = await oidcWorld(t);
  const { url } = world.server;
  const cases: Record<string, typeof world.provider.instead> = {
    'an error': (_request, response) => response.writeHead(500).end('{}'),
    'too much': (_request, response) =>
      response.setHeader('content-type', 'application/json').end(`"${'x'.repeat(2 << 20)}"`),
    'no JSON': (_request, response) => response.setHeader('content-type', 'application/json').end('<html>'),
    'an empty list': (_request, response) => response.setHeader('content-type', 'application/json').end('[]'),
    'a redirect': (_request, response) => response.writeHead(302, { location: `${url}/livez` }).end(),
  };
  for (const [what, instead] of Object.entries(cases)) {
    const jar = new Jar();
    const { url: callback } = await jar.follow(
      `${url}/login/start`,
      (next) => next.pathname === '/login/callback',
    );
    world.provider.instead = instead ?? null;
    const reply = await jar.get(callback);
    world.provider.instead = null;
    t.ok(reply.status === 401 || reply.status === 503, `${what}: ${reply.status}`);
    t.equal((await world.who(jar)).status, 401, what);
  }
  t.same(await world.logged('access.login'), []);
});

t.test('keys are replaced', async (t) => {
  const world = await oidcWorld(t);
  await world.signedIn();
  await world.provider.rotate();
  const early = await new Jar().follow(`${world.server.url}/login/start`);
  t.equal(
    early.status,
    401,
    'keys are not fetched again at once: whoever makes up names of keys would have us do it',
  );
  world.clock.step(11_000_000);
  const jar = await world.signedIn();
  t.equal((await world.who(jar)).status, 200);
});

t.test('a login ends at its age, and what is streamed to it with it', async (t) => {
  const world = await oidcWorld(t, { session: { lifetime: 12 * MINUTE, renew: 5 * MINUTE } });
  const jar = await world.signedIn();
  for (let age = 0; age < 12; age += 4) {
    t.equal((await world.who(jar)).status, 200, `${age} minutes`);
    world.clock.step(4 * MINUTE);
  }
  t.equal((await world.who(jar)).status, 401, 'however busy it was');
});

t.test('without a refresh token it is worth an hour', async (t) => {
  const world = await oidcWorld(t);
  world.provider.tamper = (_path, { refresh_token: _, ...body }) => body;
  const jar = await world.signedIn();
  world.clock.step(59 * MINUTE);
  t.equal((await world.who(jar)).status, 200);
  world.clock.step(MINUTE);
  t.equal((await world.who(jar)).status, 401);
});

t.test('what the ID token leaves out is asked for', async (t) => {
  const world = await oidcWorld(t);
  world.provider.tamper = async (path, body) => {
    if (path !== '/token') return body;
    const claims = JSON.parse(Buffer.from(String(body.id_token).split('.')[1]!, 'base64url').toString());
    const { email: _e, email_verified: _v, groups: _g, ...rest } = claims;
    return { ...body, id_token: await world.provider.sign(rest) };
  };
  const jar = await world.signedIn();
  t.match(await world.who(jar), { body: { user: 'first@example.com', roles: ['approver', 'viewer'] } });
  t.ok(world.provider.asked.includes('/me'));
  world.provider.tamper = async (path, body) =>
    path === '/me'
      ? { ...body, sub: 'second' }
      : {
          ...body,
          ...(path === '/token' && {
            id_token: await world.provider.sign({ ...decoded(body), email: undefined }),
          }),
        };
  const other = await new Jar().follow(`${world.server.url}/login/start`);
  t.equal(other.status, 401, 'of the same person only');
});

t.test('renewed without an ID token: what is asked for counts, or nothing does', async (t) => {
  const world = await oidcWorld(t);
  let refreshToken = '';
  world.provider.tamper = (path, body) => {
    if (path === '/token') refreshToken = String(body.refresh_token);
    return body;
  };
  const jar = await world.signedIn();
  const verified = { email: 'first@example.com', email_verified: true };
  world.provider.accounts.set('first', { ...verified, groups: ['platform'] });
  world.provider.tamper = (path, { id_token: _, ...body }) => {
    if (path === '/token') refreshToken = String(body.refresh_token ?? refreshToken);
    return path === '/.well-known/openid-configuration' ? { ...body, userinfo_endpoint: undefined } : body;
  };
  world.clock.step(5 * MINUTE);
  t.match(await world.who(jar), { body: { roles: ['admin'] } });
  world.provider.accounts.set('first', verified);
  world.clock.step(5 * MINUTE);
  t.equal((await world.who(jar)).status, 401, 'groups that are not told any more are none');

  const mute = new Provider(world.settings, { redirectUri: world.server.url, clock: world.clock });
  const claims = { iss: world.provider.issuer.origin, sub: 'first', aud: 'x', exp: 0 };
  const refreshed = mute.refresh({ claims, idToken: '', refreshToken });
  await t.rejects(
    refreshed,
    { code: 'UNAUTHENTICATED', message: /who you are now/ },
    'a provider that says nothing',
  );
});

t.test('groups from within another claim', async (t) => {
  const world = await oidcWorld(t, { claims: { user: ['email'], groups: ['realm', 'roles'] } });
  const realm = { roles: ['platform'] };
  world.provider.accounts.set('first', { email: 'a@b.c', email_verified: true, groups: ['sre'], realm });
  t.match(await world.who(await world.signedIn()), { body: { roles: ['admin'] } });
});

t.test('logging out ends it here, and says where it ends at the provider', async (t) => {
  const world = await oidcWorld(t);
  const jar = await world.signedIn();
  const { url } = world.server;
  const cross = await jar.get(`${url}/api/logout`, {
    method: 'POST',
    headers: { origin: 'http://evil.test' },
  });
  t.equal(cross.status, 403);
  t.equal((await jar.get(`${url}/api/logout`)).status, 405, 'no link logs out');
  const reply = await jar.get(`${url}/api/logout`, { method: 'POST', headers: { origin: url } });
  t.equal(reply.status, 200);
  const next = new URL((JSON.parse(reply.text) as { next: string }).next);
  t.equal(next.origin, world.provider.issuer.origin);
  t.equal(next.searchParams.get('post_logout_redirect_uri'), `${url}/login/out`);
  t.equal((await world.who(jar)).status, 401);
  t.match(await world.logged('access.logout'), [{ user: 'first@example.com', reason: 'asked' }]);
  const ended = await jar.get(next);
  t.equal(ended.status, 200, 'the provider knows what it is asked');
  t.match((await world.get('/login/out')).text, /signed out/);
});

t.test('an admin ends all logins of a person, and what is streamed to them', async (t) => {
  const world = await oidcWorld(t);
  world.provider.accounts.set('first', {
    email: 'first@example.com',
    email_verified: true,
    groups: ['platform'],
  });
  const [one, two] = [await world.signedIn(), await world.signedIn()];
  world.provider.user = 'second';
  const second = await world.signedIn();
  await world.log.append(ID, [startDraft()]);
  const { port } = world.server;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/sessions/${ID}/live`, LIVE_PROTOCOL, {
    headers: { cookie: one.login(port), origin: world.server.url },
  });
  await new Promise((resolve) => socket.once('message', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const followed = fetch(`${world.server.url}/api/approvals?follow=1`, {
    headers: { cookie: two.login(port) },
  });
  const stream = (await followed).body!.getReader();
  await stream.read();
  t.match(world.server.endLogins('first@example.com'), [/^browser-/, /^browser-/]);
  t.equal(await closed, 1008);
  for (let read = await stream.read(); !read.done; ) read = await stream.read();
  t.equal((await world.who(one)).status, 401);
  t.equal((await world.who(two)).status, 401);
  t.equal((await world.who(second)).status, 200);
});

function decoded(body: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(body.id_token).split('.')[1]!, 'base64url').toString());
}
