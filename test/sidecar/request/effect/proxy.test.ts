/** What a human is shown of a write, and that nothing else than that is done: through the whole proxy. */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { AuditEvent } from '../../../../recorder/audit/event.ts';
import { SYSTEM } from '../../../../recorder/audit/units.ts';
import type { Json } from '../../../../sidecar/action.ts';
import { PROTOBUF_TYPE } from '../../../../sidecar/request/media-type.ts';
import { serve, startWorld, type World } from '../../kube/proxy/world.ts';
import { encodeProtobuf } from '../body/protobuf.ts';
import { COLLECTION, newShelf, type Shelf } from './shelf.ts';

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec:
  defaults: { api: allow, unknown: deny }
  approvals: { selfApproval: true }
  api: [{ name: writes, match: { verbs: [write, delete] }, effect: ask, reason: Look first. }]
`;
const PATCH = { 'content-type': 'application/merge-patch+json' };
const HUMAN = { user: 'reviewer', groups: [], login: 'browser' };

async function begin(t: Test): Promise<{ shelf: Shelf; world: World }> {
  const shelf = newShelf();
  const { source } = await serve(t, shelf.listener);
  return { shelf, world: await startWorld(t, source, { policy: POLICY }) };
}

/** The one that waits. */
async function waiting({ desk }: World) {
  for (;;) {
    const pending = desk.list().filter(({ settled }) => settled === null);
    if (pending.length === 1) return pending[0]!.request;
    await sleep(2);
  }
}

/** What is told of the effect of the one that waits, and what is shown. */
async function shown(world: World): Promise<{ id: string; effect: unknown; shown: Json }> {
  const { id, asked } = await waiting(world);
  const effect = asked.kind === 'request' ? asked.effect : null;
  for await (const { event, content } of world.log.events(SYSTEM, { content: true }))
    if (isEffect(event, id)) return { id, effect, shown: JSON.parse(Buffer.from(content!).toString()) };
  return { id, effect, shown: null };
}

const isEffect = ({ body }: AuditEvent, id: string) => body.type === 'approval.effect' && body.id === id;

function approve(world: World, id: string) {
  return world.desk.vote(id, HUMAN, { vote: 'approve' });
}

function patch(world: World, value: string, name = 'db') {
  return world.ask(`${COLLECTION}/${name}`, {
    method: 'PATCH',
    headers: PATCH,
    body: JSON.stringify({ data: { value } }),
  });
}

t.test('a change is shown as the server would make it, and made as it was shown', async (t) => {
  const { shelf, world } = await begin(t);
  const { metadata } = shelf.put('db', { data: { value: 'old', other: 'x' }, status: { seen: 1 } });
  const reply = patch(world, 'new');
  const asked = await shown(world);
  t.match(asked.effect, { kind: 'change', uid: metadata.uid, places: 1 });
  t.strictSame(asked.shown, {
    before: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      data: { value: 'old', other: 'x' },
      metadata: { name: 'db' },
    },
    after: {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      data: { value: 'new', other: 'x' },
      metadata: { name: 'db' },
    },
  });
  t.same(shelf.done, [], 'nothing is done while it waits');
  await approve(world, asked.id);
  t.equal((await reply).status, 200);
  t.same(shelf.done, ['PATCH db']);
  t.match(await world.evidence(), {
    admitted: [{ allowed: true, decision: { effect: 'ask' }, approval: { state: 'approved' } }],
    ended: [{ outcome: 'answered', status: 200 }],
  });
});

t.test('what the server writes by itself meanwhile voids nothing', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: 'old' } });
  const reply = patch(world, 'new');
  const { id } = await waiting(world);
  shelf.put('db', { status: { seen: 2 } });
  await approve(world, id);
  t.equal((await reply).status, 200);
  t.same(shelf.done, ['PATCH db']);
  t.equal(world.desk.list().length, 1);
});

t.test('where it would do something else by then, it is asked about again', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: 'old' } });
  const reply = patch(world, 'new');
  const first = await waiting(world);
  shelf.put('db', { data: { value: 'other' } });
  await approve(world, first.id);
  const second = await shown(world);
  t.match(second.shown, { before: { data: { value: 'other' } }, after: { data: { value: 'new' } } });
  t.same(shelf.done, []);
  await approve(world, second.id);
  t.equal((await reply).status, 200);
  t.same(shelf.done, ['PATCH db']);
});

t.test('another object under the same name is asked about again', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: 'old' } });
  const reply = world.ask(`${COLLECTION}/db`, { method: 'DELETE' });
  const first = await shown(world);
  t.match(first.shown, { before: { data: { value: 'old' } }, after: null });
  shelf.objects.delete('db');
  const { metadata } = shelf.put('db', { data: { value: 'old' } });
  await approve(world, first.id);
  const second = await shown(world);
  t.match(second.effect, { kind: 'deletion', uid: metadata.uid });
  await approve(world, second.id);
  t.equal((await reply).status, 200);
  t.same(shelf.done, ['DELETE db']);
});

t.test('it is not asked about for ever', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: '0' } });
  const reply = patch(world, 'new');
  for (const value of ['1', '2', '3']) {
    const { id } = await waiting(world);
    shelf.put('db', { data: { value } });
    await approve(world, id);
  }
  const { status, body } = await reply;
  t.equal(status, 403);
  t.match(body.toString(), /builtin\/unsteady/);
  t.same(shelf.done, []);
  t.match((await world.evidence()).admitted, [{ allowed: false, decision: { rule: 'builtin/unsteady' } }]);
});

t.test(
  'what changes between the last look and the write is noticed, and held to the same approval',
  async (t) => {
    const { shelf, world } = await begin(t);
    shelf.put('db', { data: { value: 'old' } });
    let busy = 2;
    shelf.before = () => busy-- > 0 && shelf.put('db', { status: { busy } });
    const reply = patch(world, 'new');
    await approve(world, (await waiting(world)).id);
    t.equal((await reply).status, 200);
    t.same(shelf.done, ['PATCH db']);
    t.equal(world.desk.list().length, 1, 'asked about once');
    const { admitted, ended } = await world.evidence();
    t.match(ended, [{ outcome: 'failed' }, { outcome: 'failed' }, { outcome: 'answered' }]);
    t.ok(admitted.every(({ approval, allowed }) => allowed && approval?.id === admitted[0]?.approval?.id));
  },
);

t.test('and asked about again where that was what it is about', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: 'old' } });
  let once = true;
  shelf.before = () => {
    if (once) shelf.put('db', { data: { value: 'other' } });
    once = false;
  };
  const reply = patch(world, 'new');
  await approve(world, (await waiting(world)).id);
  const second = await shown(world);
  t.match(second.shown, { before: { data: { value: 'other' } } });
  await world.desk.vote(second.id, HUMAN, { vote: 'deny' });
  t.equal((await reply).status, 403);
  t.same(shelf.done, []);
});

t.test('what the server refuses is answered in its words, and nobody is asked', async (t) => {
  const { shelf, world } = await begin(t);
  const missing = await patch(world, 'new', 'nothing');
  t.equal(missing.status, 404);
  t.match(missing.body.toString(), /configmaps \\"nothing\\" not found/);
  shelf.put('db');
  shelf.refuses = { code: 422, message: 'data.value: Invalid value' };
  t.equal((await patch(world, 'new')).status, 422);
  t.same(shelf.done, []);
  t.same(world.desk.list(), []);
  const { admitted, ended } = await world.evidence();
  t.match(admitted, [{ allowed: false }, { allowed: false }]);
  t.match(ended, [
    { outcome: 'answered', status: 404, error: /dry run/ },
    { outcome: 'answered', status: 422, error: /dry run/ },
  ]);
});

t.test('what cannot be tried is said, and only its words are approved', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: 'old' } });
  shelf.refuses = { code: 400, message: 'admission webhook "x" does not support dry run' };
  const reply = patch(world, 'new');
  const { id, effect } = await shown(world);
  t.match(effect, { kind: 'unknown', why: /webhook/ });
  await approve(world, id);
  t.equal((await reply).status, 200);
  const elsewhere = world.ask('/apis/example.com/v1/namespaces/shop/things/x', { method: 'DELETE' });
  const custom = await shown(world);
  t.match(custom.effect, { kind: 'unknown', why: /v1 of example.com/ });
  t.notOk(
    shelf.asked.some((line) => line.includes('things')),
    'nor is it tried there',
  );
  await world.desk.vote(custom.id, HUMAN, { vote: 'deny' });
  await elsewhere;
});

t.test('what is made anew each time binds nobody, and is shown as that', async (t) => {
  const { shelf, world } = await begin(t);
  let number = 0;
  shelf.admitted = (object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { random: `${number++}` }, creationTimestamp: `${number}` },
  });
  const reply = world.ask(COLLECTION, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name: 'made' }, data: { value: '1' } }),
  });
  const asked = await shown(world);
  t.match(asked.effect, { kind: 'change', uid: '' });
  t.match(asked.shown, {
    before: null,
    after: { data: { value: '1' }, metadata: { labels: { random: '(made anew each time)' } } },
  });
  await approve(world, asked.id);
  t.equal((await reply).status, 201);
  t.same(shelf.done, ['POST ']);
});

t.test('a Secret in protobuf is tried as it came, and shown masked', async (t) => {
  const password = Buffer.from('hunter2-hunter2').toString('base64');
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { password } };
  const types: unknown[] = [];
  const { source } = await serve(t, (request, response) => {
    types.push(request.headers['content-type']);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(secret));
  });
  const world = await startWorld(t, source, { policy: POLICY });
  const reply = world.ask('/api/v1/namespaces/shop/secrets', {
    method: 'POST',
    headers: { 'content-type': PROTOBUF_TYPE },
    body: encodeProtobuf(secret),
  });
  const asked = await shown(world);
  t.match(asked.shown, { before: null, after: { kind: 'Secret', metadata: { name: 'key' } } });
  t.notMatch(JSON.stringify(asked.shown), password);
  await approve(world, asked.id);
  t.equal((await reply).status, 201);
  t.same(new Set(types), new Set([PROTOBUF_TYPE]));
});

t.test('a collection is counted and named', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('a');
  shelf.put('b');
  const uri = `${COLLECTION}?labelSelector=app%3Dx`;
  const reply = world.ask(uri, { method: 'DELETE' });
  const asked = await shown(world);
  t.same(asked.effect, { kind: 'collection', count: 2, more: false });
  t.same(asked.shown, { names: ['a', 'b'] });
  t.ok(shelf.asked.includes(`GET ${uri}&limit=500`));
  shelf.put('c');
  await approve(world, asked.id);
  const second = await shown(world);
  t.match(second.effect, { count: 3 }, 'one more is another effect');
  await approve(world, second.id);
  await reply;
  t.same(shelf.done, ['DELETE ']);
  for (let number = 0; number < 600; number++) shelf.put(`n${number}`);
  const many = world.ask(uri, { method: 'DELETE' });
  const counted = await shown(world);
  t.match(counted.effect, { count: 500, more: true });
  await world.desk.vote(counted.id, HUMAN, { vote: 'deny' });
  await many;
});

t.test('the very same asked again while it waits joins', async (t) => {
  const { shelf, world } = await begin(t);
  shelf.put('db', { data: { value: 'old' } });
  const replies = [patch(world, 'new'), patch(world, 'new')];
  const { id } = await waiting(world);
  while (shelf.asked.length < 8) await sleep(2);
  t.equal(world.desk.list().length, 1);
  await approve(world, id);
  await Promise.race(replies);
  t.same(shelf.done, ['PATCH db'], 'one approval, one write');
  const stale = await waiting(world);
  await approve(world, stale.id);
  const { id: last, effect } = await shown(world);
  t.match(effect, { kind: 'change', places: 0 }, 'it would change nothing by now');
  await approve(world, last);
  const answers = await Promise.all(replies);
  t.same(
    answers.map(({ status }) => status),
    [200, 200],
  );
});
