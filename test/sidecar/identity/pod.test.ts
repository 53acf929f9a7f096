import { hostname } from 'node:os';
import t from 'tap';
import { podIdentity } from '../../../sidecar/identity/pod.ts';

function identityOf(token: string) {
  return podIdentity(`Bearer ${token}`, 'fallback');
}

function tokenOf(claims: unknown): string {
  return ['{}', JSON.stringify(claims)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
    .concat('.x');
}

t.test('a pod is who its token says', (t) => {
  const claims = {
    'kubernetes.io': {
      namespace: 'agents',
      pod: { name: 'box', uid: 'u-1' },
      serviceaccount: { name: 'cursor', uid: 'u-2' },
    },
  };
  t.same(identityOf(tokenOf(claims)), {
    user: 'system:serviceaccount:agents:cursor',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:agents'],
    pod: { namespace: 'agents', name: 'box', uid: 'u-1', serviceAccount: 'cursor' },
    proof: 'claimed',
  });
  t.end();
});

t.test('a token that says nothing is a pod all the same', (t) => {
  for (const token of ['opaque', 'a.b.c', tokenOf(null), tokenOf({ 'kubernetes.io': { pod: 7 } }), '']) {
    t.match(identityOf(token), {
      user: 'system:serviceaccount:fallback:default',
      pod: { namespace: 'fallback', name: hostname() },
    });
  }
  t.end();
});
