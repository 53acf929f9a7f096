/** A command line signs in by the device flow at a real provider; its login is kept, renewed and ended. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { renewed, revoke, signIn } from '../../../recorder/client/device.ts';
import { changeKeptLogins, keptLoginsPath, readKeptLogins } from '../../../recorder/client/kept-logins.ts';
import { findRecorderAsPerson, hasKeptLogin } from '../../../recorder/client/person.ts';
import { endLogin, tellSignIn, whoAmI } from '../../../recorder/client/sign-in.ts';
import { Jar } from '../server/oidc/browser.ts';
import { type OidcWorld, oidcWorld } from '../server/oidc/world.ts';
import { startWorld } from '../server/world.ts';

/** The provider has command lines ask more often than every five seconds. */
function impatient(world: OidcWorld): void {
  world.provider.tamper = (path, body) => (path === '/device/auth' ? { ...body, interval: 0.02 } : body);
}

/** What a person does in a browser. */
async function enterCode(url: string, jar = new Jar()): Promise<string> {
  let page = await jar.follow(url);
  for (let step = 0; step < 4 && page.text.includes('<form'); step += 1)
    page = await jar.submit(page.url, page.text);
  return page.text;
}

async function login(world: OidcWorld) {
  impatient(world);
  return signIn(await tellSignIn(world.server.url), ({ whole }) => void enterCode(whole!));
}

async function home(t: Test): Promise<{ XDG_CONFIG_HOME: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-home-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return { XDG_CONFIG_HOME: directory };
}

async function keep(
  env: { XDG_CONFIG_HOME: string },
  world: OidcWorld,
  login: Awaited<ReturnType<typeof signIn>>,
) {
  const logins = { [world.server.url]: login };
  await changeKeptLogins(keptLoginsPath(env), async () => ({
    kept: { v: 1, current: world.server.url, logins },
    result: undefined,
  }));
}

t.test('signing in, and who that is at the recorder', async (t) => {
  const world = await oidcWorld(t);
  const kept = await login(world);
  const recorder = { url: world.server.url, token: kept.idToken };
  t.match(await whoAmI(recorder), {
    how: 'device',
    user: 'first@example.com',
    roles: ['approver', 'viewer'],
  });
  await endLogin(recorder);
  await t.rejects(whoAmI(recorder), { code: 'UNAUTHENTICATED' }, 'the recorder takes the token no longer');
  t.match(await world.logged('access.logout'), [{ reason: 'asked', user: 'first@example.com' }]);
  const newer = await renewed(kept);
  t.not(newer.refreshToken, kept.refreshToken, 'each is good once');
  await revoke(newer);
  await t.rejects(renewed(newer), { code: 'UNAUTHENTICATED' }, 'the provider has forgotten it');
});

t.test('the person says no', async (t) => {
  const world = await oidcWorld(t);
  impatient(world);
  const refused = signIn(await tellSignIn(world.server.url), ({ whole }) => {
    void (async () => {
      const jar = new Jar();
      const first = await jar.follow(whole!);
      const confirm = await jar.submit(first.url, first.text);
      await jar.submit(confirm.url, confirm.text, { abort: 'yes' });
    })();
  });
  await t.rejects(refused, { code: 'FORBIDDEN' });
});

t.test('where there is nothing to sign in at', async (t) => {
  const plain = await startWorld(t);
  await t.rejects(tellSignIn(plain.server.url), { code: 'NOT_FOUND' });
  const world = await oidcWorld(t, { deviceClientId: null });
  await t.rejects(tellSignIn(world.server.url), { code: 'NOT_FOUND' });
  await t.rejects(tellSignIn('http://127.0.0.1:9'), { code: 'RECORDER_GONE' });
  const other = await oidcWorld(t);
  const client = await tellSignIn(other.server.url);
  other.provider.tamper = (_path, body) => ({
    ...body,
    verification_uri: 'http://evil.test/',
    interval: 0.02,
  });
  await t.rejects(
    signIn(client, () => t.fail('nobody is sent there')),
    { code: 'ISSUER_GONE' },
  );
});

t.test('a kept login is used, renewed once by many, and is for its owner only', async (t) => {
  const [world, env] = [await oidcWorld(t), await home(t)];
  t.equal(await findRecorderAsPerson('/nowhere', env), null);
  t.equal(await hasKeptLogin(env), false);
  const kept = await login(world);
  await keep(env, world, kept);
  const file = keptLoginsPath(env);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.equal((await stat(join(env.XDG_CONFIG_HOME, 'chaperone'))).mode & 0o777, 0o700);
  t.same(await findRecorderAsPerson('/nowhere', env), { url: world.server.url, token: kept.idToken });
  t.equal(await findRecorderAsPerson('/nowhere', env, false), null, 'not where only this machine is meant');
  t.match(
    await findRecorderAsPerson(world.data, env),
    { token: kept.idToken },
    'before the token of the machine',
  );
  const named = { ...env, CHAPERONE_URL: `${world.server.url}/` };
  t.match(await findRecorderAsPerson('/nowhere', named), { token: kept.idToken });
  const asProgram = await findRecorderAsPerson('/nowhere', { ...named, CHAPERONE_TOKEN: world.token });
  t.match(asProgram, { token: world.token }, 'the environment comes first');

  const stale = await world.provider.sign({ exp: Math.floor(Date.now() / 1000) + 30, iat: 0 });
  await keep(env, world, { ...kept, idToken: stale });
  const asked = () => world.provider.asked.filter((path) => path === '/token').length;
  const before = asked();
  const found = await Promise.all(Array.from({ length: 5 }, () => findRecorderAsPerson('/nowhere', env)));
  t.equal(asked(), before + 1, 'a refresh token is good once');
  t.equal(new Set(found.map((one) => one?.token)).size, 1);
  t.match(await whoAmI(found[0]!), { user: 'first@example.com' });

  await world.provider.revokeAll();
  await keep(env, world, { ...(await readKeptLogins(file)).logins[world.server.url]!, idToken: stale });
  await t.rejects(findRecorderAsPerson('/nowhere', env), { code: 'UNAUTHENTICATED' }, 'it has ended');

  await chmod(file, 0o644);
  await t.rejects(readKeptLogins(file), { code: 'FORBIDDEN' });
  await chmod(file, 0o600);
  await writeFile(file, '{"v":2}');
  await t.rejects(readKeptLogins(file), { code: 'USAGE' });
  t.notMatch(await readFile(file, 'utf8'), /eyJ/);
});
