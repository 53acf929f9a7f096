import t from 'tap';
import { Bearer, Bearers } from '../../../../sidecar/kube/credentials/bearers.ts';

const principal = { session: 's', identity: { user: 'agent', groups: [], proof: 'claimed' as const } };

t.test('a token is found in the header that carries it, and in no other', (t) => {
  const bearers = new Bearers();
  const bearer = new Bearer(async () => principal);
  bearers.grant('abc', bearer);
  for (const header of ['Bearer abc', 'bearer abc', 'BEARER  abc '])
    t.equal(bearers.find(header), bearer, header);
  for (const header of [
    undefined,
    '',
    'abc',
    'Bearer',
    'Bearer abcd',
    'Bearer ab',
    'Bearer abc x',
    'Basic abc',
  ]) {
    t.equal(bearers.find(header), null, String(header));
  }
  t.end();
});

t.test('its session begins once, and again only where that failed', async (t) => {
  let asked = 0;
  const bearer = new Bearer(async () => {
    asked++;
    if (asked === 1) throw new Error('no room');
    return principal;
  });
  await t.rejects(bearer.principal());
  await Promise.all([bearer.principal(), bearer.principal()]);
  t.equal(await bearer.principal(), principal);
  t.equal(asked, 2);
});

t.test('revoking waits for what is under way, and lets nothing more in', async (t) => {
  const bearers = new Bearers();
  const bearer = new Bearer(async () => principal);
  bearers.grant('abc', bearer);
  const ended = Promise.withResolvers<void>();
  const cuts: string[] = [];
  const running = {
    cut: (reason: string) => {
      cuts.push(reason);
      return ended.promise;
    },
  };
  bearer.enter(running);
  let revoked = false;
  const revoking = bearers.revoke('abc', 'over').then(() => {
    revoked = true;
  });
  t.equal(bearers.find('Bearer abc'), null);
  t.throws(() => bearer.enter(running), { code: 'UNAUTHENTICATED' });
  await new Promise((resolve) => setImmediate(resolve));
  t.same([cuts, revoked], [['over'], false]);
  ended.resolve();
  await revoking;
  t.ok(revoked);
});
