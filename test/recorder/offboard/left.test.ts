/** Who left stays known: after a restart as well, until what they had has run out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { Left, REMEMBERED } from '../../../recorder/offboard/left.ts';
import { startServer } from '../../../recorder/server/server.ts';
import { credentialReads } from '../../../sidecar/cli/credential-reads.ts';
import { DEVICE } from '../server/oidc/provider.ts';
import { oidcWorld } from '../server/oidc/world.ts';

const AT = 1_700_000_000_000_000;
const HOUR = 3_600_000_000;

const offboarded = (user: string, at: number) => ({
  at,
  body: {
    type: 'access.offboarded' as const,
    ...{ user, by: { user: 'boss', login: 'browser-1' }, sessions: [], approvals: [], logins: [] },
  },
});

t.test('it is read from the log, as far back as it matters', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-left-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  const log = await AuditLog.open({ data });
  t.teardown(() => log.close());
  const now = AT + REMEMBERED;
  await log.append(SYSTEM, [
    offboarded('long-ago', AT - 1),
    offboarded('twice', AT + 1),
    offboarded('twice', now - HOUR),
    offboarded('once', now - HOUR),
  ]);
  const left = await Left.restored(log, () => now);
  t.notOk(left.refuses('long-ago', 0));
  for (const user of ['once', 'twice']) {
    t.ok(left.refuses(user, now - HOUR), 'up to the moment');
    t.notOk(left.refuses(user, now - HOUR + 1), 'what is issued later is good: somebody let them back in');
  }
  t.notOk(left.refuses('stayed', 0));
  left.note('once');
  t.ok(left.refuses('once', now));
});

t.test('a restart lets nobody back in by a token from before', async (t) => {
  const world = await oidcWorld(t, {}, { credentialReads: credentialReads('/home/first') });
  const seconds = Math.floor(world.clock.now() / 1e6);
  const tokenOf = (name: string, iat: number, groups: string[]) =>
    world.provider.sign({
      ...{ iss: world.provider.issuer.origin, aud: DEVICE, sub: name, iat, exp: seconds + 3600 },
      ...{ email: `${name}@example.com`, email_verified: true, groups },
    });
  const admin = await tokenOf('boss', seconds, ['platform']);
  const theirs = await tokenOf('first', seconds - 60, ['sre']);
  const never = await tokenOf('first', seconds - 30, ['sre']);
  const status = async (url: string, token: string) =>
    (await fetch(`${url}/api/whoami`, { headers: { authorization: `Bearer ${token}` } })).status;
  t.equal(await status(world.server.url, theirs), 200);
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ users: ['first@example.com'] });
  const answer = await world.get('/api/offboard', { method: 'POST', headers, body });
  t.match(JSON.parse(answer.text), { logins: [/^device-/] });
  t.equal(await status(world.server.url, theirs), 401);

  const { log, data, clock, settings } = world;
  const next = await startServer({ log, data, port: 0, assets: null, clock, oidc: settings });
  t.teardown(() => next.close());
  t.equal(await status(next.url, theirs), 401, 'one that was known');
  t.equal(await status(next.url, never), 401, 'one that was never shown');
  t.equal(await status(next.url, admin), 200);
  world.clock.step(5_000_000);
  const again = await tokenOf('first', seconds + 4, ['sre']);
  t.equal(await status(next.url, again), 200, 'who signs in anew at the provider is back');
});
