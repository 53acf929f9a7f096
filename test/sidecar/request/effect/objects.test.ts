/** Rules that ask for the object as it is, and as it will be: only the API server has them. */
import t, { type Test } from 'tap';
import { serve, startWorld, type World } from '../../kube/proxy/world.ts';
import { COLLECTION, newShelf, type Shelf } from './shelf.ts';

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec:
  defaults: { api: allow, unknown: deny }
  api:
    - name: prod-stays
      match: { resources: [configmaps], verbs: [update, patch, delete, deletecollection] }
      when: oldObject.data.tier == 'prod'
      effect: deny
      reason: What is in production stays.
    - name: few
      match: { resources: [configmaps], verbs: [patch] }
      when: object.data.size > 3
      effect: deny
      reason: That is too large.
    - { name: others, match: { resources: [secrets] }, when: oldObject.x == 1, effect: deny, reason: No. }
`;

async function begin(t: Test): Promise<{ shelf: Shelf; world: World }> {
  const shelf = newShelf();
  const { source } = await serve(t, shelf.listener);
  return { shelf, world: await startWorld(t, source, { policy: POLICY }) };
}

const send = (world: World, method: string, data: object) =>
  world.ask(`${COLLECTION}/db`, {
    method,
    headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    body: JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'db' }, data }),
  });

t.test('a rule sees the object as it is', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { tier: 'prod', size: 1 } });
  for (const method of ['PATCH', 'PUT'])
    t.match(`${(await send(world, method, { size: 2 })).body}`, /refused by test\/prod-stays/, method);
  t.match(`${(await world.ask(`${COLLECTION}/db`, { method: 'DELETE' })).body}`, /prod-stays/);
  t.same(shelf.done, []);
  shelf.put('db', { data: { tier: 'test', size: 1 } });
  t.equal((await send(world, 'PATCH', { size: 2 })).status, 200);
  t.equal((await world.ask(`${COLLECTION}/db`, { method: 'DELETE' })).status, 200);
  t.same(shelf.done, ['PATCH db', 'DELETE db']);
});

t.test('and what a patch makes of it', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { tier: 'test', size: 1 } });
  t.match(`${(await send(world, 'PATCH', { size: 4 })).body}`, /refused by test\/few/);
  t.equal((await send(world, 'PATCH', { size: 3 })).status, 200);
});

t.test('what was seen is what is written to: the state is a precondition', async (t) => {
  const { shelf, world } = await begin(t);
  for (const method of ['PATCH', 'PUT', 'DELETE']) {
    shelf.put('db', { data: { tier: 'test', size: 1 } });
    shelf.done.length = 0;
    let once = true;
    shelf.before = () => {
      if (once) shelf.put('db', { data: { tier: 'prod', size: 1 } });
      once = false;
    };
    const { status, body } =
      method === 'DELETE'
        ? await world.ask(`${COLLECTION}/db`, { method })
        : await send(world, method, { size: 2 });
    t.equal(status, 403, method);
    t.match(body.toString(), /prod-stays/);
    t.same(shelf.done, []);
  }
});

t.test('what cannot be had is not known', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { tier: 'test', size: 1 } });
  t.match(`${(await world.ask(COLLECTION, { method: 'DELETE' })).body}`, /default\/unknown/);
  shelf.refuses = { code: 400, message: 'admission webhook "x" does not support dry run' };
  t.match(`${(await send(world, 'PATCH', { size: 2 })).body}`, /default\/unknown/);
  t.same(shelf.done, []);
});

t.test('nothing is fetched for a write that no such rule is about', async (t) => {
  const { shelf, world } = await begin(t);
  const made = await world.ask(COLLECTION, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'new' }, data: {} }),
  });
  t.equal(made.status, 201);
  t.same(shelf.asked, [`POST ${COLLECTION}`]);
  shelf.asked.length = 0;
  const uri = '/api/v1/namespaces/shop/services/web';
  await world.ask(uri, { method: 'DELETE' });
  t.same(shelf.asked, [`DELETE ${uri}`]);
});
