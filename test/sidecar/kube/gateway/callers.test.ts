/** A session and a share for each who comes in, by a clock that the test sets. */
import t from 'tap';
import { ChaperoneError } from '../../../../recorder/errors.ts';
import { Left, REMEMBERED } from '../../../../recorder/offboard/left.ts';
import { Bearer } from '../../../../sidecar/kube/credentials/bearers.ts';
import { CALLERS, Callers } from '../../../../sidecar/kube/gateway/callers.ts';
import type { Caller } from '../../../../sidecar/kube/gateway/mapping.ts';

const caller = (user: string, groups: string[] = [], issued = 0): Caller => ({
  identity: { user, groups, proof: 'signed' },
  as: { user: `oidc:${user}`, groups },
  issued,
});

/** A token is a name, perhaps `@` and when it was issued, and groups behind dots. */
function stage({ requestsPerSecond = 10, burst = 5, concurrent = 3 } = {}) {
  const time = { now: 1_000_000_000 };
  const begun: string[] = [];
  const ended: string[] = [];
  const pinned = new Set<string>();
  const left = new Left(() => time.now);
  const callers = new Callers({
    authenticate: async (token) => {
      const [who = '', ...groups] = token.split('.');
      const [user = '', issued = '0'] = who.split('@');
      if (user === 'nobody') throw new ChaperoneError('UNAUTHENTICATED', 'nobody');
      return caller(user, groups, Number(issued));
    },
    begin: ({ identity }) => {
      begun.push(identity.user);
      return {
        bearer: new Bearer(async () => ({ session: identity.user, identity })),
        end: async () => void ended.push(identity.user),
      };
    },
    pin: (token) => {
      pinned.add(token);
      return () => pinned.delete(token);
    },
    left,
    limits: { requestsPerSecond, burst, concurrent },
    clock: { now: () => time.now },
    report: (error) => t.fail(String(error)),
  });
  return {
    callers,
    left,
    time,
    begun,
    ended,
    pinned,
    find: (token: string) => callers.find(`Bearer ${token}`),
  };
}
const running = (name: string, cuts: string[] = []) => ({ cut: async () => void cuts.push(name) });

t.test(
  'one session for each, whatever token they show; another where a token says something else',
  async (t) => {
    const { find, begun } = stage();
    const [one, two, three] = [
      await find('person.dev'),
      await find('person.dev'),
      await find('person.dev.ops'),
    ];
    t.equal(one, two);
    t.not(one, three);
    await find('sixth');
    t.same(begun, ['person', 'person', 'sixth']);
  },
);

t.test('nobody', async (t) => {
  const { callers, begun } = stage();
  for (const authorization of [
    undefined,
    '',
    'Basic eDp5',
    'Bearer',
    'Bearer a b',
    'Bearer nobody',
    'token x',
  ])
    await t.rejects(callers.find(authorization), { code: 'UNAUTHENTICATED' }, String(authorization));
  t.same(begun, []);
});

t.test('so many requests a second, each for themselves', async (t) => {
  const { find, time } = stage();
  for (let at = 0; at < 5; at++) await find('person');
  await t.rejects(find('person'), { code: 'BUSY', retryAfter: 1 });
  t.ok(await find('sixth'));
  time.now += 100_000;
  t.ok(await find('person'));
  await t.rejects(find('person'), { code: 'BUSY', retryAfter: 1 });
  time.now += 60_000_000;
  for (let at = 0; at < 5; at++) await find('person');
  await t.rejects(find('person'), { code: 'BUSY', retryAfter: 1 }, 'what was not used does not pile up');
});

t.test('so many at once', async (t) => {
  const { find } = stage({ burst: 100 });
  const bearer = await find('person');
  const all = [running('a'), running('b'), running('c')];
  for (const one of all) bearer.enter(one);
  await t.rejects(find('person'), { code: 'BUSY', retryAfter: 1 });
  bearer.leave(all[0]!);
  t.ok(await find('person'));
});

t.test('a session that nobody uses ends; one with a watch does not', async (t) => {
  const { callers, find, time, ended } = stage();
  const watching = await find('person');
  watching.enter(running('watch'));
  await find('sixth');
  time.now += CALLERS.idle;
  callers.sweep();
  t.same(ended, []);
  time.now += 1;
  callers.sweep();
  await new Promise(setImmediate);
  t.same(ended, ['sixth']);
});

t.test('somebody leaves: what they do is cut, then their sessions end', async (t) => {
  const { callers, find, ended } = stage();
  const cuts: string[] = [];
  const bearer = await find('person.dev');
  bearer.enter(running('exec', cuts));
  await find('person');
  await find('sixth');
  t.equal(await callers.end(({ identity }) => identity.user === 'person', 'offboarded'), 2);
  t.same(cuts, ['exec']);
  t.same(ended, ['person', 'person']);
  t.throws(() => bearer.enter(running('late')), { code: 'UNAUTHENTICATED' });
  t.equal(callers.size, 1);
});

t.test('the latest tokens are masked, by their ends, and no more than those', async (t) => {
  const { callers, find, pinned } = stage({ burst: 1000 });
  const long = 'x'.repeat(500);
  await find(`person.${long}`);
  t.same([...pinned], ['x'.repeat(CALLERS.pinned)]);
  for (let at = 0; at < CALLERS.pins; at++) await find(`person.${at}`);
  t.equal(pinned.size, CALLERS.pins);
  t.notOk(pinned.has('x'.repeat(CALLERS.pinned)));
  await callers.close('end');
  t.equal(pinned.size, 0);
  await t.rejects(callers.find('Bearer t9'), { code: 'BUSY' });
});

t.test('whose session was ended needs a token that was issued after that', async (t) => {
  const { callers, left, find, time, ended } = stage();
  await find('person');
  await find('person.dev');
  await find('sixth');
  callers.shut(caller('person'));
  await new Promise(setImmediate);
  t.same(ended, ['person', 'person']);
  for (const token of ['person', 'person.dev', 'person.other'])
    await t.rejects(find(token), { code: 'UNAUTHENTICATED' }, token);
  left.note('seventh');
  await t.rejects(find('seventh'), { code: 'UNAUTHENTICATED' }, 'who had no session as well');
  t.ok(await find('sixth'));
  t.ok(await find(`person@${time.now + 1}`));
  await t.rejects(find(`person@${time.now}`), { code: 'UNAUTHENTICATED' });
  time.now += REMEMBERED + 1;
  callers.sweep();
  t.ok(await find('person'), 'no such token is left');
});

t.test('there is room for so many, and who is silent longest makes it', async (t) => {
  const { callers, find, ended, time } = stage();
  for (let at = 0; at < CALLERS.most; at++) {
    time.now++;
    await find(`u${at}`);
  }
  const first = await find('u0');
  first.enter(running('watch'));
  await find('one-more');
  await new Promise(setImmediate);
  t.same(ended, ['u1']);
  t.equal(callers.size, CALLERS.most);
});
