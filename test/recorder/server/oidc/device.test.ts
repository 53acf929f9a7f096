/** Tokens of command lines: which open anything, and which do not. */
import { createHmac, createPublicKey } from 'node:crypto';
import t from 'tap';
import { MAX_TOKEN_AGE } from '../../../../recorder/server/oidc/token-logins.ts';
import { CLIENT, DEVICE } from './provider.ts';
import { MINUTE, type OidcWorld, oidcWorld } from './world.ts';

const seconds = () => Math.floor(Date.now() / 1000);

function claimsOf(world: OidcWorld, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: world.provider.issuer.origin,
    aud: DEVICE,
    sub: 'first',
    iat: seconds(),
    exp: seconds() + 3600,
    email: 'first@example.com',
    email_verified: true,
    groups: ['sre'],
    ...change,
  };
}

async function ask(world: OidcWorld, token: string, path = '/api/whoami') {
  const { status, text } = await world.get(path, { headers: { authorization: `Bearer ${token}` } });
  return { status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

t.test('a token of a command line is a login, recorded once', async (t) => {
  const world = await oidcWorld(t);
  const token = await world.provider.sign(claimsOf(world));
  for (let time = 0; time < 3; time += 1)
    t.match(await ask(world, token), {
      status: 200,
      body: { how: 'device', user: 'first@example.com', roles: ['approver'], name: /^device-/ },
    });
  t.equal((await ask(world, token, '/api/sessions')).status, 200);
  t.equal((await ask(world, token, '/api/approvals')).status, 200);
  t.match(await world.logged('access.login'), [{ how: 'device', user: 'first@example.com' }]);
  t.equal((await world.logged('access.login')).length, 1);
  t.notMatch(JSON.stringify(await world.log.bodies('system')), /eyJ/, 'the token is not in the log');
  const socket = await world.get('/ingest', { headers: { authorization: `Bearer ${token}` } });
  t.equal(socket.status, 404, 'an address for WebSockets only');
  const asking = await world.get('/api/approvals', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  t.equal(asking.status, 403, 'people do not write evidence, nor ask in the name of agents');
});

t.test('what opens nothing', async (t) => {
  const world = await oidcWorld(t);
  const sign = (change: Record<string, unknown>, header?: Record<string, unknown>) =>
    world.provider.sign(claimsOf(world, change), header);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const good = await sign({});
  const [header, , signature] = good.split('.');
  const { keys } = (await (await fetch(new URL('/jwks', world.provider.issuer))).json()) as {
    keys: object[];
  };
  const pem = createPublicKey({ key: keys[0] as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  const input = `${part({ alg: 'HS256' })}.${part(claimsOf(world))}`;
  const cases: Record<string, string> = {
    expired: await sign({ exp: seconds() - 120 }),
    'old, whatever it says': await sign({ iat: seconds() - 2 * 3600, exp: seconds() + 3600 }),
    'not yet': await sign({ nbf: seconds() + 600 }),
    'of the browser client': await sign({ aud: CLIENT }),
    'for several': await sign({ aud: [DEVICE, 'another'] }),
    'of another party': await sign({ azp: CLIENT }),
    'of another issuer': await sign({ iss: 'https://other.example' }),
    'of a browser': await sign({ nonce: 'abc' }),
    'an access token': await sign({}, { typ: 'at+jwt' }),
    'a logout token': await sign({ events: {} }),
    'bound to a key': await sign({ cnf: { jkt: 'abc' } }),
    unsigned: `${part({ alg: 'none' })}.${part(claimsOf(world))}.`,
    'unsigned, with a signature': `${part({ alg: 'none' })}.${part(claimsOf(world))}.${signature}`,
    'signed by what everybody knows': `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`,
    changed: `${header}.${part(claimsOf(world, { groups: ['platform'] }))}.${signature}`,
    'of an unknown key': await sign({}, { kid: 'another' }),
    'with its own key': await sign(
      {},
      { kid: undefined, jwk: keys[0], jku: 'http://127.0.0.1:9/', crit: [] },
    ).catch(() => 'a.b.c'),
    'without a name': await sign({ email: undefined }),
    'of an unverified name': await sign({ email_verified: 'true' }),
    'nothing like it': 'a.b.c',
    'too long': `${good}${'x'.repeat(9000)}`,
  };
  for (const [what, token] of Object.entries(cases)) {
    world.clock.step(3_000_000);
    const { status, body } = await ask(world, token);
    t.equal(status, 401, `${what}: ${JSON.stringify(body)}`);
  }
  const nobody = await ask(world, await sign({ groups: ['other'] }));
  t.equal(nobody.status, 403, 'no role');
  t.match((await world.logged('access.refused')).at(-1), { detail: 'no-role', user: 'first@example.com' });
  t.equal((await ask(world, good)).status, 200, 'noise shuts nobody out');
  t.same((await world.logged('access.login')).length, 1);
});

t.test('guessing runs into a limit', async (t) => {
  const world = await oidcWorld(t);
  const statuses: number[] = [];
  for (let n = 0; n < 25; n += 1) statuses.push((await ask(world, `a.b.${n}`)).status);
  t.same(new Set(statuses.slice(0, 20)), new Set([401]));
  t.same(new Set(statuses.slice(20)), new Set([429]));
  t.ok((await world.logged('access.refused')).length <= 21, 'and cannot fill the log');
});

t.test('it ends: by its age, by an admin, and comes again with a newer token', async (t) => {
  const world = await oidcWorld(t);
  const first = await world.provider.sign(claimsOf(world, { exp: seconds() + 30 * 3600 }));
  t.equal((await ask(world, first)).status, 200);
  t.match(world.server.endLogins('first@example.com'), [/^device-/]);
  t.match(await ask(world, first), { status: 401 });
  world.clock.step(2_000_000);
  const second = await world.provider.sign(
    claimsOf(world, { iat: seconds() + 2, exp: seconds() + 30 * 3600 }),
  );
  t.equal((await ask(world, second)).status, 200, 'who may still sign in at the provider comes back');
  world.clock.step(MAX_TOKEN_AGE + MINUTE);
  t.equal((await ask(world, second)).status, 401, 'an hour old: renew it');
});

t.test('where command lines cannot sign in', async (t) => {
  const world = await oidcWorld(t, { deviceClientId: null });
  t.equal((await ask(world, await world.provider.sign(claimsOf(world)))).status, 401);
  t.equal((await world.get('/api/sign-in')).status, 404);
  const other = await oidcWorld(t);
  t.match(JSON.parse((await other.get('/api/sign-in')).text), { clientId: DEVICE, name: 'Example ID' });
});
