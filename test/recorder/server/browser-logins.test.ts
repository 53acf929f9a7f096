/** Logins of browsers by hand: what sweeping ends, renews and cuts off, and how many there are room for. */
import t from 'tap';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { BrowserLogins, MAX_BROWSERS, type Renewal } from '../../../recorder/server/browser-logins.ts';
import type { Login, Principal } from '../../../recorder/server/principal.ts';

const FIRST: Principal = { user: 'first', groups: [], roles: ['viewer'] };

function world() {
  let now = 0;
  const withdrawn: Login[] = [];
  const logins = new BrowserLogins({ now: () => now, withdrawn: (login) => withdrawn.push(login) });
  const open = (renew?: Renewal['renew'], principal = FIRST) => {
    const renewal = renew && { every: 10, renew, endUrl: () => null };
    return logins.open({ how: 'oidc', principal, idle: 100, life: 100, ...(renewal && { renewal }) });
  };
  return { logins, withdrawn, open, at: (time: number) => (now = time) };
}

const gone = () => Promise.reject(new ChaperoneError('ISSUER_GONE', 'gone'));

t.test('what is too old ends without being asked for', async (t) => {
  const { logins, open, at, withdrawn } = world();
  const { login, cookie } = open();
  await logins.sweep();
  t.notOk(login.ended.aborted);
  at(100);
  await logins.sweep();
  t.ok(login.ended.aborted);
  t.equal(await logins.find(cookie), null);
  t.same(withdrawn, [], 'nobody took it away');
});

t.test('what is due is renewed, though nobody asks for anything', async (t) => {
  const { logins, open, at, withdrawn } = world();
  let asked = 0;
  let principal: Principal | null = FIRST;
  const { login, cookie } = open(async () => {
    asked += 1;
    if (principal === null) throw new Error('no');
    return principal;
  });
  await logins.sweep();
  t.equal(asked, 0);
  at(10);
  await logins.sweep();
  t.equal(asked, 1);
  t.notOk(login.ended.aborted, 'the same as before: what is streamed goes on');
  principal = { ...FIRST, roles: ['admin'] };
  at(20);
  await logins.sweep();
  t.ok(login.ended.aborted, 'other rights: what was opened under the old ones ends');
  const now = await logins.find(cookie);
  t.match(now, { name: login.name, principal: { roles: ['admin'] } }, 'and the login goes on');
  principal = null;
  at(30);
  await logins.sweep();
  t.ok(now?.ended.aborted);
  t.match(withdrawn, [{ name: login.name }]);
  t.equal(await logins.find(cookie), null);
});

t.test(
  'where the provider cannot be asked, nothing goes on being streamed, and nobody is logged out',
  async (t) => {
    const { logins, open, at, withdrawn } = world();
    let renew: Renewal['renew'] = gone;
    const { login, cookie } = open(() => renew());
    at(10);
    await logins.sweep();
    t.ok(login.ended.aborted);
    await t.rejects(logins.find(cookie), { code: 'ISSUER_GONE' });
    renew = async () => FIRST;
    const back = await logins.find(cookie);
    t.match(back, { name: login.name });
    t.notOk(back?.ended.aborted);
    t.same(withdrawn, []);
  },
);

t.test('a login that is ended while it is renewed stays ended', async (t) => {
  const { logins, open, at, withdrawn } = world();
  const { promise, resolve } = Promise.withResolvers<Principal>();
  const { cookie } = open(() => promise);
  at(10);
  const found = logins.find(cookie);
  t.same(logins.closeAll('first').length, 1);
  resolve({ ...FIRST, roles: ['admin'] });
  const login = await found;
  t.ok(login === null || login.ended.aborted, 'what waited for it gets nothing that lasts');
  t.equal(await logins.find(cookie), null);
  t.same(withdrawn, []);
});

t.test('one who logs in without end displaces nobody else', async (t) => {
  const { logins, open } = world();
  const second = open(undefined, { ...FIRST, user: 'second' });
  const first = open();
  for (let n = 0; n < MAX_BROWSERS.ofOne; n += 1) open();
  t.ok(first.login.ended.aborted, 'their own oldest');
  t.not(await logins.find(second.cookie), null);
});
