/** Signing in at a real provider over real HTTP: the way it goes, and every way that it must not go. */
import t, { type Test } from 'tap';
import { PENDING_LIMITS } from '../../../../recorder/server/oidc/pending.ts';
import { Jar } from './browser.ts';
import { CLIENT } from './provider.ts';
import { type OidcWorld, oidcWorld, upToCallback } from './world.ts';

t.test('who signs in is known by name, with the roles of their groups', async (t) => {
  const world = await oidcWorld(t);
  const jar = new Jar();
  const end = await jar.follow(`${world.server.url}/login/start?next=%2Fsessions%2Fx`);
  t.equal(end.status, 200, 'a page that moves on, not a redirect: the cookie is Strict');
  t.match(end.text, /http-equiv="refresh" content="0;url=\/sessions\/x"/);
  t.match(end.cookies.at(-1), /^chaperone-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  t.match(
    end.cookies[0],
    /^chaperone-signin-[\w-]+=; HttpOnly; SameSite=Lax; Path=\/login\/callback; Max-Age=0$/,
  );
  t.match(await world.who(jar), {
    status: 200,
    body: { how: 'oidc', user: 'first@example.com', roles: ['approver', 'viewer'], name: /^browser-/ },
  });
  t.match(await world.logged('access.login'), [
    {
      how: 'oidc',
      user: 'first@example.com',
      subject: `${world.provider.issuer.href}#first`,
      from: '127.0.0.1',
    },
  ]);
  const all = JSON.stringify(await world.log.bodies('system'));
  t.notMatch(all, /eyJ/, 'no token is in the log');
  t.same(
    world.reported.map(String).filter((text) => /eyJ/.test(text)),
    [],
  );
});

t.test(
  'without a provider nothing changes; with one there are no links unless they are wanted',
  async (t) => {
    const closed = await oidcWorld(t);
    t.equal(closed.server.loginUrl('/x'), `${closed.server.url}/x`, 'no secret in it');
    t.equal((await closed.api('/api/sessions')).status, 403, 'the token is for programs that record');
    t.match(
      (await closed.get('/api/login-link', withToken(closed, 'POST'))).text,
      `{"url":"${closed.server.url}/"}`,
    );
    const page = await closed.get('/sessions/x', { headers: { accept: 'text/html' } });
    t.equal(page.status, 401);
    t.match(page.text, /href="\/login\/start\?next=%2Fsessions%2Fx">Sign in with Example ID</);
    t.notMatch(page.text, /chaperone up/);
    const open = await oidcWorld(t, { localAdmin: true, name: '<b>"&' });
    t.match(open.server.loginUrl(), /\/login\?token=/);
    t.equal((await open.api('/api/sessions')).status, 200);
    const both = await open.get('/', { headers: { accept: 'text/html' } });
    t.match(both.text, /Sign in with &#60;b&#62;&#34;&#38;/, 'a name is no HTML');
    t.match(both.text, /chaperone up/);
  },
);

t.test('people who are not let in', async (t) => {
  const world = await oidcWorld(t);
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ['no role', { email: 'a@b.c', email_verified: true, groups: ['other'] }, /no-role/],
    ['no groups', { email: 'a@b.c', email_verified: true }, /no-role/],
    [
      'an address that is not verified',
      { email: 'a@b.c', email_verified: false, groups: ['sre'] },
      /verified/,
    ],
    ['one of which nothing is said', { email: 'a@b.c', groups: ['sre'] }, /email-not-verified/],
    ['no address', { groups: ['sre'] }, /email/],
    ['an address that is none', { email: ['a@b.c'], email_verified: true, groups: ['sre'] }, /email/],
    ['the name of the local admin', { email: 'Admin', email_verified: true, groups: ['sre'] }, /reserved/],
    [
      'the name of a workload',
      { email: 'system:serviceaccount:a:b', email_verified: true, groups: ['sre'] },
      /reserved/,
    ],
    [
      'a name that looks like another',
      { email: 'аlice@example.com', email_verified: true, groups: ['sre'] },
      /alike/,
    ],
    ['a name of two lines', { email: 'a\nb', email_verified: true, groups: ['sre'] }, /do not show/],
    [
      'a group that stands for all',
      { email: 'a@b.c', email_verified: true, groups: ['chaperone:local-admin'] },
      /no-role/,
    ],
    ['groups that are not told', { email: 'a@b.c', email_verified: true, groups: [7] }, /no texts/],
  ];
  for (const [what, claims, detail] of cases) {
    world.provider.accounts.set('stranger', claims);
    world.provider.user = 'stranger';
    world.clock.step(20_000_000);
    const jar = new Jar();
    const end = await jar.follow(`${world.server.url}/login/start`);
    t.ok(end.status === 401 || end.status === 403, `${what}: ${end.status}`);
    t.equal((await world.who(jar)).status, 401, what);
    t.match(
      (await world.logged('access.refused')).at(-1),
      { reason: 'credentials', what: 'login', detail },
      what,
    );
  }
  t.same(await world.logged('access.login'), []);
});

t.test('answers of the provider that are not as they have to be', async (t) => {
  const world = await oidcWorld(t);
  let former = '';
  world.provider.tamper = (path, body) => {
    if (path === '/token') former = String(body.id_token);
    return body;
  };
  await world.signedIn();
  const issuer = world.provider.issuer.origin;
  const now = () => Math.floor(Date.now() / 1000);
  type Change = (claims: Record<string, unknown>) => Promise<string> | string;
  const signed =
    (change: Record<string, unknown>, header?: Record<string, unknown>): Change =>
    (claims) =>
      world.provider.sign({ ...claims, ...change }, header);
  const cases: Record<string, Change> = {
    expired: signed({ exp: now() - 120 }),
    'of long ago': signed({ iat: now() - 7200 }),
    'from the future': signed({ iat: now() + 600, nbf: now() + 600 }),
    'for somebody else': signed({ aud: 'another' }),
    'for us and somebody else': signed({ aud: [CLIENT, 'another'] }),
    'given to somebody else': signed({ azp: 'another' }),
    'from another issuer': signed({ iss: 'https://other.example' }),
    'from nearly the issuer': signed({ iss: `${issuer}/` }),
    'with another nonce': signed({ nonce: 'another' }),
    'without a nonce': signed({ nonce: undefined }),
    'of an earlier sign-in': () => former,
    'about nobody': signed({ sub: undefined }),
    'without an end': signed({ exp: undefined }),
    'an access token': signed({}, { typ: 'at+jwt' }),
    'a logout token': signed({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    'by a key that is not known': signed({}, { kid: 'another' }),
    unsigned: (claims) => `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'signed by what everybody knows': async (claims) => hmac(await publicKey(world), claims),
    'changed after it was signed': async (claims) => {
      const [header, , signature] = (await world.provider.sign(claims)).split('.');
      return `${header}.${encode({ ...claims, groups: ['platform'] })}.${signature}`;
    },
    'none at all': () => '',
  };
  for (const [what, change] of Object.entries(cases)) {
    world.clock.step(30_000_000);
    await refusedWith(t, world, what, async (body) => {
      const claims = JSON.parse(Buffer.from(String(body.id_token).split('.')[1]!, 'base64url').toString());
      const token = await change(claims);
      return { ...body, id_token: token === '' ? undefined : token };
    });
  }
});

async function refusedWith(
  t: Test,
  world: OidcWorld,
  what: string,
  change: (body: Record<string, unknown>) => Promise<unknown>,
): Promise<void> {
  const before = (await world.logged('access.refused')).length;
  const logins = (await world.logged('access.login')).length;
  const jar = new Jar();
  world.provider.tamper = (path, body) => (path === '/token' ? change(body) : body);
  const end = await jar.follow(`${world.server.url}/login/start`);
  world.provider.tamper = null;
  t.equal(end.status, 401, `${what}: ${end.text.slice(-300)}`);
  t.notOk(
    end.cookies.some((line) => /^chaperone-\d+=/.test(line)),
    what,
  );
  t.equal((await world.who(jar)).status, 401, what);
  t.equal((await world.logged('access.login')).length, logins, what);
  t.equal((await world.logged('access.refused')).length, before + 1, `${what} is recorded`);
}

t.test('what comes back is taken once, by the browser that began, and not for ever', async (t) => {
  const world = await oidcWorld(t);
  const [first, stranger] = [new Jar(), new Jar()];
  const callback = await upToCallback(world, first);
  const state = callback.searchParams.get('state')!;

  t.equal((await stranger.get(callback)).status, 401, 'another browser: login CSRF, or a stolen code');
  const begun = await upToCallback(world, stranger);
  t.equal((await stranger.get(callback)).status, 401, 'one that has begun something else');
  stranger.set(callback, `chaperone-signin-${state.slice(0, 12)}=guess; Path=/login/callback`);
  t.equal((await stranger.get(callback)).status, 401, 'one that guesses the cookie');
  t.equal((await stranger.get(begun)).status, 200, 'which spoils nothing for its own');
  t.equal((await first.get(callback)).status, 200, 'nor for hers');

  t.equal((await first.get(callback)).status, 401, 'the same again');
  const codeOf = callback.searchParams.get('code')!;
  const another = await upToCallback(world, first);
  const swapped = new URL(another);
  swapped.searchParams.set('code', codeOf);
  t.equal((await first.get(swapped)).status, 401, 'a code that was used, with a state that was not');
  t.equal((await first.get(another)).status, 401, 'and that one is used up');

  const late = await upToCallback(world, first);
  world.clock.step(PENDING_LIMITS.life);
  t.equal((await first.get(late)).status, 401, 'too late');
  t.equal((await first.get(`${world.server.url}/login/callback`)).status, 401, 'nothing at all');
  t.equal((await first.get(`${world.server.url}/login/callback?state=${state}&code=a&code=b`)).status, 401);
  const ahead = await upToCallback(world, first);
  t.equal((await first.get(ahead, { headers: { 'sec-purpose': 'prefetch' } })).status, 403, 'a prefetch');
  t.equal((await first.get(ahead)).status, 200, 'uses nothing up');
});

t.test('an answer of another provider is not taken for this one', async (t) => {
  const world = await oidcWorld(t);
  for (const iss of ['https://other.example', `${world.provider.issuer.origin}/`, null]) {
    const jar = new Jar();
    const callback = await upToCallback(world, jar);
    t.equal(callback.searchParams.get('iss'), world.provider.issuer.origin);
    if (iss === null) callback.searchParams.delete('iss');
    else callback.searchParams.set('iss', iss);
    const before = world.provider.asked.filter((path) => path === '/token').length;
    t.equal((await jar.get(callback)).status, 401, String(iss));
    t.equal(world.provider.asked.filter((path) => path === '/token').length, before, 'its code goes nowhere');
  }
  t.match((await world.logged('access.refused')).at(-1), { detail: /^answer:/ });
});

t.test('the provider says no', async (t) => {
  const world = await oidcWorld(t);
  world.provider.user = '';
  const end = await new Jar().follow(`${world.server.url}/login/start`);
  t.equal(end.status, 401);
  t.match(end.text, /The identity provider says access_denied/);
  t.match(await world.logged('access.refused'), [{ detail: 'provider:access_denied' }]);
  const jar = new Jar();
  const callback = await upToCallback(world, jar);
  callback.searchParams.delete('code');
  callback.searchParams.set('error', '<script>alert(1)</script>');
  const page = await jar.get(callback);
  t.equal(page.status, 401);
  t.notMatch(page.text, /<script/, 'what it says is no HTML');
});

t.test('a cookie from before is worth nothing after', async (t) => {
  const world = await oidcWorld(t);
  const victim = new Jar();
  victim.set(new URL(world.server.url), `chaperone-${world.server.port}=${'x'.repeat(43)}; Path=/`);
  const end = await victim.follow(`${world.server.url}/login/start`);
  t.notMatch(victim.of(world.server.url), /xxxx/, 'planted before the sign-in, replaced by it');
  t.equal(end.status, 200);
  const { port } = world.server;
  const first = victim.login(port);
  world.provider.user = 'second';
  const second = await world.signedIn();
  const planted = new Jar();
  planted.set(new URL(world.server.url), `${second.login(port)}; Path=/`);
  world.provider.user = 'first';
  await planted.follow(`${world.server.url}/login/start`);
  t.not(planted.login(port), second.login(port), 'fresh at each login');
  t.equal((await world.who(second)).status, 401, 'what was planted is logged out');
  t.match(await world.who(planted), { body: { user: 'first@example.com' } });
  t.equal((await world.get('/api/whoami', { headers: { cookie: first } })).status, 200, 'others stay');
});

t.test('where one is sent after signing in is here', async (t) => {
  const world = await oidcWorld(t);
  for (const next of [
    '//evil.test',
    'https://evil.test/',
    '/\\evil.test',
    '/.//evil.test',
    'javascript:alert(1)',
    '/\t/evil.test',
  ]) {
    const jar = new Jar();
    const end = await jar.follow(`${world.server.url}/login/start?${new URLSearchParams({ next })}`);
    t.match(end.text, /content="0;url=\/"/, next);
  }
  const elsewhere = await new Jar().get(`http://localhost:${world.server.port}/login/start?next=%2Fa`);
  t.equal(
    elsewhere.location,
    `${world.server.url}/login/start?next=%2Fa`,
    'begins where the provider sends back to',
  );
  const foreign = await world.get('/login/start', { headers: { host: 'evil.test' } });
  t.equal(foreign.status, 403);
  const framed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
  t.equal(
    (await world.get('/login/start', { headers: framed })).status,
    403,
    'no picture on another page begins one',
  );
});

t.test('behind a proxy that speaks TLS', async (t) => {
  const world = await oidcWorld(t, { externalUrl: new URL('https://chaperone.example.com') });
  const headers = { host: 'chaperone.example.com' };
  const begun = await world.get('/login/start', { headers });
  t.match(begun.headers.location, /redirect_uri=https%3A%2F%2Fchaperone\.example\.com%2Flogin%2Fcallback/);
  t.match(begun.headers['set-cookie'], [/^__Secure-chaperone-signin-.*; SameSite=Lax; .*; Secure$/]);
  t.equal(world.server.loginUrl(), 'https://chaperone.example.com/');
  const token = { authorization: `Bearer ${world.token}` };
  const strict = (origin: string) =>
    world.get('/api/logout', { method: 'POST', headers: { ...headers, ...token, origin } });
  t.equal((await strict('https://chaperone.example.com')).status, 204);
  t.equal((await strict('http://chaperone.example.com')).status, 403, 'its origin is the one of TLS');
  t.equal((await world.get('/livez', { headers: { host: 'chaperone.example.com:80' } })).status, 403);
});

function withToken(world: OidcWorld, method: string) {
  return { method, headers: { authorization: `Bearer ${world.token}` } };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function publicKey(world: OidcWorld): Promise<string> {
  const { keys } = (await (await fetch(new URL('/jwks', world.provider.issuer))).json()) as {
    keys: object[];
  };
  const { createPublicKey } = await import('node:crypto');
  return createPublicKey({ key: keys[0] as never, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

async function hmac(secret: string, claims: Record<string, unknown>): Promise<string> {
  const { createHmac } = await import('node:crypto');
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
