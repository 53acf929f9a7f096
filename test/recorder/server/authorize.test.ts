/** Who may do what: the table word by word, and scopes by their laws. */
import fc from 'fast-check';
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import {
  authorize,
  OF_LOGIN,
  OF_ROLE,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  reachOf,
} from '../../../recorder/server/authorize.ts';
import { LOCAL_ADMIN, type Principal, type Role, type Scope } from '../../../recorder/server/principal.ts';

const identityOf = (user: string, namespace?: string): Identity => ({
  ...{ user, groups: [], proof: 'claimed' },
  ...(namespace !== undefined && {
    pod: { namespace, name: 'p', uid: 'u', serviceAccount: 's' },
  }),
});

const caller = (roles: Role[], scopes?: Principal['scopes'], how: 'link' | 'token' = 'link') => ({
  how,
  principal: { user: 'viewer', groups: [], roles, ...(scopes !== undefined && { scopes }) },
});

t.test('the table', async (t) => {
  const may: Record<Permission, string> = {
    'sessions.view': 'viewer approver auditor admin',
    'sessions.verify': 'viewer approver auditor admin',
    'approvals.view': 'viewer approver auditor admin',
    'approvals.decide': 'approver admin',
    'approvals.revoke': 'approver admin',
    'approvals.cancel': 'admin',
    account: '',
    'health.view': 'viewer approver auditor admin',
    'policy.explain': 'viewer approver auditor admin',
    'log.verify': 'auditor admin',
    'log.read': 'auditor admin',
    'people.offboard': 'admin',
    'evidence.write': '',
    'approvals.ask': '',
    'kube.open': '',
    'logins.issue': '',
    'approvals.own': '',
  };
  t.same(Object.keys(may), [...PERMISSIONS], 'every permission has its row');
  for (const [permission, roles] of Object.entries(may))
    t.same(
      (Object.keys(OF_ROLE) as Role[]).filter((role) => OF_ROLE[role].includes(permission as Permission)),
      roles.split(' ').filter(Boolean),
      permission,
    );
  t.same(OF_LOGIN.link, ['account'], 'a browser does nothing that a program does, whatever its roles');
  t.same(
    permissionsOf({ how: 'token', principal: LOCAL_ADMIN }).sort(),
    PERMISSIONS.filter((permission) => permission !== 'approvals.own').sort(),
    'the token of one machine may all there is, but is no session',
  );
});

t.test('who has no role may ask who they are, and no more', async (t) => {
  t.same(permissionsOf(caller([])), ['account']);
  t.same(permissionsOf(caller([], { viewer: [{}] })), ['account'], 'a scope without its role is nothing');
});

t.test('where a role holds', async (t) => {
  const sees = (scopes: readonly Scope[] | undefined, of: Identity): boolean =>
    authorize(caller(['viewer'], scopes && { viewer: scopes }), 'sessions.view', of);
  const shop = identityOf('second', 'shop');
  t.notOk(sees(undefined, shop), 'nowhere, where nothing is said');
  t.notOk(sees([], shop));
  t.ok(sees([{}], shop), 'everywhere, where it says so');
  t.ok(sees([{}], identityOf('second')));
  t.ok(sees([{ namespaces: ['shop'] }], shop));
  t.ok(sees([{ namespaces: ['x', 'sh?p*'] }], shop));
  t.notOk(sees([{ namespaces: ['shop'] }], identityOf('second', 'shop-eu')));
  t.notOk(sees([{ namespaces: [] }], shop), 'an empty list is none, not all');
  t.notOk(sees([{ namespaces: ['*'] }], identityOf('second')), 'no Pod, no namespace');
  t.ok(sees([{ users: ['s*'] }], shop));
  t.notOk(sees([{ users: ['s*'], namespaces: ['pay'] }], shop), 'all members of a scope have to match');
  t.ok(sees([{ users: ['t*'] }, { namespaces: ['shop'] }], shop), 'and one of the scopes');
  t.ok(sees([{ own: true }], identityOf('viewer')));
  t.notOk(sees([{ own: true }], identityOf('Ada')));
  t.notOk(sees([{ own: true, namespaces: ['shop'] }], identityOf('viewer', 'pay')));
});

t.test('each role has its own scopes', async (t) => {
  const both = caller(['viewer', 'approver'], {
    viewer: [{ namespaces: ['shop'] }],
    approver: [{ namespaces: ['pay'] }],
  });
  const [shop, pay] = [identityOf('second', 'shop'), identityOf('second', 'pay')];
  t.ok(authorize(both, 'approvals.view', shop));
  t.ok(authorize(both, 'approvals.view', pay), 'an approver sees what they decide on');
  t.notOk(authorize(both, 'approvals.decide', shop));
  t.ok(authorize(both, 'approvals.decide', pay));
  const also = caller(['viewer', 'auditor'], { viewer: [{ namespaces: ['shop'] }] });
  t.equal(reachOf(also, 'sessions.view'), 'everything', 'the wider role counts');
  t.equal(reachOf(caller(['viewer'], { viewer: [] }), 'policy.explain'), 'everything', 'about no session');
});

t.test('laws: what a role gives by scopes it never gives beyond them', async (t) => {
  const name = fc.constantFrom('viewer', 'second', 'shop', 'pay', 'a', '');
  const pattern = fc.constantFrom('*', 'shop', 'p*', '?da', '[ab]*', '');
  const scope = fc.record(
    {
      namespaces: fc.array(pattern, { maxLength: 2 }),
      users: fc.array(pattern, { maxLength: 2 }),
      own: fc.constant(true as const),
    },
    { requiredKeys: [] },
  );
  const scopes = fc.array(scope, { maxLength: 3 });
  const identity = fc
    .tuple(name, fc.option(name, { nil: undefined }))
    .map(([user, space]) => identityOf(user, space));
  fc.assert(
    fc.property(
      fc.subarray<Role>(['viewer', 'approver', 'auditor', 'admin']),
      scopes,
      scopes,
      fc.constantFrom(...PERMISSIONS),
      identity,
      (roles, viewer, approver, permission, of) => {
        const who = caller(roles, { viewer, approver });
        const one = authorize(who, permission, of);
        if (one) t.ok(authorize(who, permission, null), 'who may this one may come to the door');
        const alone = roles.some((role) => authorize(caller([role], { viewer, approver }), permission, of));
        return one === (alone || permission === 'account');
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});
