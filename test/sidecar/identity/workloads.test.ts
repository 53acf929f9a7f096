/** ServiceAccount tokens, reviewed by the API server and checked against its keys: the same people come in by both. */
import t from 'tap';
import { REMEMBERED } from '../../../sidecar/identity/remembered.ts';
import { type WorkloadCheck, workloads } from '../../../sidecar/identity/workloads.ts';
import { forge, newPair, sign } from '../../recorder/token/signing.ts';
import { bound, Issuing, POD } from './issuing.ts';

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' };
const GONE = { code: 'ISSUER_GONE' };
const AUDIENCES = ['chaperone'];
const open = ({ server, clock }: Issuing, check: WorkloadCheck) =>
  workloads({ check, audiences: AUDIENCES, server, clock });

for (const check of ['review', 'offline'] as const) {
  t.test(`${check}: who it is`, async (t) => {
    const issuing = await Issuing.start(t);
    const door = open(issuing, check);
    t.same(await door.identify(await issuing.token()), {
      identity: {
        user: 'system:serviceaccount:agents:cursor',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:agents'],
        pod: { namespace: 'agents', serviceAccount: 'cursor', ...POD },
        proof: 'signed',
      },
      uid: 'a1',
    });
    const { identity } = await door.identify(await issuing.token(bound({ pod: null })));
    t.same(identity.pod, { namespace: 'agents', serviceAccount: 'cursor', name: '', uid: '' }, 'of no Pod');
  });

  t.test(`${check}: what does not hold`, async (t) => {
    const issuing = await Issuing.start(t);
    const door = open(issuing, check);
    const stranger = await newPair('RS256', 'first');
    const refused = {
      'for the API server': issuing.token({ ...bound(), aud: ['https://kubernetes.default.svc'] }),
      'without an audience': issuing.token({ ...bound(), aud: undefined }),
      'of another issuer': issuing.token({ ...bound(), iss: 'https://issuer.test' }),
      expired: issuing.token({ ...bound(), exp: issuing.time - 3600 }),
      'without an end': issuing.token({ ...bound(), exp: undefined }),
      'signed by a stranger': sign(stranger, { ...bound(), exp: issuing.time + 60 }),
      unsigned: forge({ alg: 'none' }, { ...bound(), exp: issuing.time + 60 }),
      'of a node': issuing.token({ ...bound(), sub: 'system:node:n1' }),
      'of an administrator': issuing.token({ ...bound(), sub: 'admin' }),
      'with a colon too many': issuing.token({ ...bound(), sub: 'system:serviceaccount:agents:cursor:x' }),
      'with a line break': issuing.token({ ...bound(), sub: 'system:serviceaccount:agents:cursor\n' }),
      'with capitals': issuing.token({ ...bound(), sub: 'system:serviceaccount:Agents:cursor' }),
      'of a Pod without a UID': issuing.token(bound({ pod: { name: 'web-1' } })),
      'of a Pod with an odd name': issuing.token(bound({ pod: { ...POD, name: 'web\u202e1' } })),
      nothing: Promise.resolve(''),
    };
    for (const [what, token] of Object.entries(refused))
      await t.rejects(door.identify(await token), UNAUTHENTICATED, what);
  });
}

t.test('offline: a subject that its own claims contradict', async (t) => {
  const issuing = await Issuing.start(t);
  const door = open(issuing, 'offline');
  const { sub } = bound({ namespace: 'kube-system', name: 'admin' });
  await t.rejects(door.identify(await issuing.token({ ...bound(), sub })), UNAUTHENTICATED);
  for (const odd of [undefined, null, 7, [], 'x', { namespace: 'agents' }])
    await t.rejects(
      door.identify(await issuing.token({ ...bound(), 'kubernetes.io': odd })),
      UNAUTHENTICATED,
    );
});

t.test('offline: keys are rotated; the cluster’s own address for them is not followed', async (t) => {
  const issuing = await Issuing.start(t);
  const door = open(issuing, 'offline');
  await door.identify(await issuing.token());
  issuing.pairs = [await newPair('ES256', 'second')];
  issuing.time += 20;
  t.ok(await door.identify(await issuing.token()));
  t.equal(issuing.reviews, 0);
});

t.test('review: a Pod that is gone is refused once what was found out is too old', async (t) => {
  const issuing = await Issuing.start(t);
  const door = open(issuing, 'review');
  const token = await issuing.token();
  await Promise.all([door.identify(token), door.identify(token), door.identify(token)]);
  t.equal(issuing.reviews, 1, 'asked once');
  issuing.gone.add(bound().sub);
  issuing.time += REMEMBERED.good / 1e6 - 1;
  await door.identify(token);
  issuing.time += 1;
  await t.rejects(door.identify(token), UNAUTHENTICATED);
  await t.rejects(door.identify(token), UNAUTHENTICATED);
  t.equal(issuing.reviews, 2);
  issuing.gone.clear();
  issuing.time += REMEMBERED.refused / 1e6;
  t.ok(await door.identify(token));
});

t.test('a token that is known is not good for longer than it says', async (t) => {
  for (const check of ['review', 'offline'] as const) {
    const issuing = await Issuing.start(t);
    const door = open(issuing, check);
    const token = await issuing.token({ ...bound(), exp: issuing.time + 5 });
    await door.identify(token);
    issuing.time += 5 + (check === 'offline' ? 60 : 0);
    await t.rejects(door.identify(token), UNAUTHENTICATED, check);
  }
});

t.test('review: answers that prove nothing', async (t) => {
  const issuing = await Issuing.start(t);
  const door = open(issuing, 'review');
  const user = { username: bound().sub, uid: 'a1' };
  const bad: unknown[] = [
    { authenticated: true, user },
    { authenticated: true, user, audiences: ['https://kubernetes.default.svc'] },
    { authenticated: true, user, audiences: 'chaperone' },
    { authenticated: 'true', user, audiences: AUDIENCES },
    { authenticated: true, audiences: AUDIENCES },
    { authenticated: true, user: { username: 'system:admin' }, audiences: AUDIENCES },
    {},
  ];
  for (const [at, status] of bad.entries()) {
    issuing.answer = { status: 201, body: { status } };
    const token = await issuing.token({ ...bound(), jti: String(at) });
    await t.rejects(door.identify(token), UNAUTHENTICATED, JSON.stringify(status));
  }
});

t.test('who cannot be asked refuses nobody for good', async (t) => {
  const issuing = await Issuing.start(t);
  const token = await issuing.token();
  const [review, offline] = [open(issuing, 'review'), open(issuing, 'offline')];
  issuing.answer = { status: 500, body: {} };
  issuing.closed.add('/openid/v1/jwks').add('/.well-known/openid-configuration');
  await t.rejects(review.identify(token), GONE);
  await t.rejects(offline.identify(token), GONE);
  issuing.answer = { status: 403, body: {} };
  await t.rejects(review.identify(token), { ...GONE, message: /system:auth-delegator/ });
  issuing.answer = null;
  issuing.closed.clear();
  t.ok(await review.identify(token));
  t.ok(await offline.identify(token));
});

t.test('made-up tokens: neither asked about without end, nor at the cost of the good ones', async (t) => {
  const issuing = await Issuing.start(t);
  const door = open(issuing, 'review');
  const good = await issuing.token();
  await door.identify(good);
  const made = (at: number) =>
    forge({ alg: 'RS256' }, { ...bound(), jti: at, exp: issuing.time + 60 }, 'AAAA');
  const answers = await Promise.allSettled(Array.from({ length: 200 }, (_, at) => door.identify(made(at))));
  const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'in'));
  t.equal(codes.filter((code) => code === 'UNAUTHENTICATED').length, REMEMBERED.asking);
  t.equal(codes.filter((code) => code === 'BUSY').length, 200 - REMEMBERED.asking);
  await door.identify(good);
  t.equal(issuing.reviews, 1 + REMEMBERED.asking);
});
