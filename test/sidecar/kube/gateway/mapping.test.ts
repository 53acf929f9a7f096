/** As whom somebody goes on: property by property, that it is never more than what was configured. */
import fc from 'fast-check';
import t from 'tap';
import { isReserved } from '../../../../recorder/token/names.ts';
import type { Claims } from '../../../../recorder/token/verifier.ts';
import type { IssuerConfiguration } from '../../../../sidecar/kube/gateway/configuration.ts';
import { callerOf, workloadCaller } from '../../../../sidecar/kube/gateway/mapping.ts';
import { impersonationHeaders } from '../../../../sidecar/kube/upstream/impersonation.ts';

const claims = (more: object) =>
  ({ iss: 'https://login.test', sub: 's', aud: 'a', exp: 1, ...more }) as Claims;
const ISSUER: IssuerConfiguration = {
  url: 'https://login.test',
  audiences: ['k8s'],
  user: 'name',
  groups: 'groups',
  upstream: {
    userPrefix: 'oidc:',
    groupPrefix: 'oidc:',
    groups: ['dev', 'team-*', { group: 'sre', as: ['operators', 'readers'] }],
  },
};
const FORBIDDEN = { code: 'FORBIDDEN' };

t.test('people', (t) => {
  const groups = ['dev', 'team-a', 'team-a', 'sre', 'hr', 'system:masters', 'operators'];
  t.same(callerOf(claims({ name: 'person', groups, iat: 7 }), ISSUER), {
    identity: {
      user: 'person',
      groups: ['dev', 'team-a', 'sre', 'hr', 'operators'],
      subject: 'https://login.test/#s',
      proof: 'signed',
    },
    issued: 7_000_000,
    as: { user: 'oidc:person', groups: ['oidc:dev', 'oidc:team-a', 'operators', 'readers'] },
  });
  t.same(callerOf(claims({ name: 'person' }), ISSUER).as, { user: 'oidc:person', groups: [] });
  const withUid = { ...ISSUER, upstream: { ...ISSUER.upstream, uid: 'sub' } };
  t.same(callerOf(claims({ name: 'person' }), withUid).as.uid, 's');
  const { groups: _, ...named } = ISSUER;
  t.same(
    callerOf(claims({ name: 'person', groups: 7 }), named).identity.groups,
    [],
    'a claim nobody asked for',
  );
  t.end();
});

t.test('who may come in', (t) => {
  const strict = { ...ISSUER, allow: { users: ['*@example.com'], groups: ['sre'] } };
  t.ok(callerOf(claims({ name: 'person@example.com' }), strict));
  t.ok(callerOf(claims({ name: 'sixth', groups: ['sre'] }), strict));
  t.throws(() => callerOf(claims({ name: 'sixth@example.com.test', groups: ['sre2'] }), strict), FORBIDDEN);
  const none = { ...ISSUER, allow: {} };
  t.throws(() => callerOf(claims({ name: 'person' }), none), FORBIDDEN, 'a list of nobody');
  t.end();
});

t.test('ServiceAccounts', (t) => {
  const pod = { namespace: 'agents', serviceAccount: 'cursor', name: 'web-1', uid: 'u1' };
  const identity = {
    user: 'system:serviceaccount:agents:cursor',
    groups: ['system:serviceaccounts'],
    pod,
    proof: 'signed' as const,
  };
  const rules = {
    audiences: ['chaperone'],
    check: 'review' as const,
    allow: ['agents:*'],
    uid: false,
    pod: false,
  };
  t.same(workloadCaller({ identity, uid: 'a1', issued: 5 }, rules), {
    identity,
    issued: 5,
    as: { user: identity.user, groups: [] },
  });
  t.same(workloadCaller({ identity, uid: 'a1', issued: 5 }, { ...rules, uid: true, pod: true }).as, {
    user: identity.user,
    uid: 'a1',
    groups: [],
    extra: {
      'authentication.kubernetes.io/pod-name': ['web-1'],
      'authentication.kubernetes.io/pod-uid': ['u1'],
    },
  });
  t.throws(
    () => workloadCaller({ identity, uid: '', issued: 5 }, { ...rules, allow: ['agent:*', 'agents2:*'] }),
    FORBIDDEN,
  );
  t.end();
});

t.test(
  'whatever the claims say: nobody of the system, no group that was not granted, nothing but headers',
  (t) => {
    const piece = fc.oneof(
      fc.constantFrom(
        'system:',
        'System:masters',
        'oidc:',
        'dev',
        'team-',
        'sre',
        '\n',
        '\r\n',
        '%0a',
        ' ',
        'ѕ',
        'ｓ',
        ':',
        ',',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    const text = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
    const value = fc.oneof(text, fc.array(fc.oneof(text, fc.jsonValue()), { maxLength: 6 }), fc.jsonValue());
    const empty = {
      ...ISSUER,
      upstream: { ...ISSUER.upstream, userPrefix: '', groupPrefix: '', uid: 'uid', groups: ['dev', 'sre'] },
    };
    let came = 0;
    fc.assert(
      fc.property(text, value, value, fc.constantFrom(ISSUER, empty), (name, groups, uid, issuer) => {
        let caller: ReturnType<typeof callerOf>;
        try {
          caller = callerOf(claims({ name, groups, uid }), issuer);
        } catch (error) {
          return ['UNAUTHENTICATED', 'FORBIDDEN'].includes((error as { code: string }).code);
        }
        came++;
        const { as, identity } = caller;
        const granted = /^(oidc:dev|oidc:team-.*|operators|readers|dev|sre)$/su;
        const headers = impersonationHeaders(as).flat();
        return (
          ![as.user, as.uid ?? '', ...as.groups, identity.user, ...identity.groups].some(isReserved) &&
          as.groups.every((group) => granted.test(group)) &&
          headers.every((part) => /^[^\0-\x1f\x7f]+$/.test(part))
        );
      }),
      { seed: 5, numRuns: 3000 },
    );
    t.ok(came > 100, `${came} came in`);
    t.end();
  },
);
