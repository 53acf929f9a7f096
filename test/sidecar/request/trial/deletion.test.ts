/** The options of a deletion, carried over into a body that a dry run and preconditions can be added to. */
import t from 'tap';
import { deletionOf } from '../../../../sidecar/request/trial/deletion.ts';
import { type Attempt, actionOf } from '../../policy/builtin-api/attack.ts';

const POD = '/api/v1/namespaces/shop/pods/web';
const uid = { uid: 'u-1' };

function written(attempt: Attempt, { dryRun = false } = {}): unknown {
  const bytes = deletionOf(actionOf(attempt))!.body({ preconditions: uid, dryRun });
  return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString());
}

t.test('what the query says goes into the body, which replaces it', async (t) => {
  const target = `${POD}?gracePeriodSeconds=0&propagationPolicy=Orphan&orphanDependents=true&pretty=1`;
  t.same(written({ method: 'DELETE', target }), {
    gracePeriodSeconds: 0,
    propagationPolicy: 'Orphan',
    orphanDependents: true,
    preconditions: uid,
  });
  t.same(written({ method: 'DELETE', target: POD }, { dryRun: true }), {
    dryRun: ['All'],
    preconditions: uid,
  });
});

t.test('but for what the server would refuse there', async (t) => {
  for (const query of ['gracePeriodSeconds=%2B5', 'orphanDependents=maybe', 'dryRun=Some', 'dryRun='])
    t.equal(written({ method: 'DELETE', target: `${POD}?${query}` }), null, query);
});

t.test('a body is added to, and what the client demands stands', async (t) => {
  const body = (options: object) => ({ method: 'DELETE', target: POD, body: JSON.stringify(options) });
  t.same(written(body({ propagationPolicy: 'Foreground' })), {
    propagationPolicy: 'Foreground',
    preconditions: uid,
  });
  t.same(written(body({ preconditions: { uid: 'u-2', resourceVersion: '7' } })), {
    preconditions: { uid: 'u-2', resourceVersion: '7' },
  });
  t.same(written({ ...body({}), target: `${POD}?gracePeriodSeconds=5` }), { preconditions: uid });
});

t.test('an eviction has options of its own', async (t) => {
  const target = `${POD}/eviction`;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } };
  const body = JSON.stringify({ ...eviction, deleteOptions: { gracePeriodSeconds: 1 } });
  t.same(written({ method: 'POST', target, body }, { dryRun: true }), {
    ...eviction,
    deleteOptions: { gracePeriodSeconds: 1, preconditions: uid, dryRun: ['All'] },
  });
  t.ok(deletionOf(actionOf({ method: 'POST', target, body }))!.evicts);
  t.equal(written({ method: 'POST', target }), null);
});

t.test('other requests are no deletion of one object', async (t) => {
  for (const [method, target] of [
    ['GET', POD],
    ['DELETE', '/api/v1/namespaces/shop/pods'],
    ['DELETE', `${POD}/proxy`],
    ['POST', `${POD}/binding`],
  ] as const)
    t.equal(deletionOf(actionOf({ method, target })), null, `${method} ${target}`);
});
