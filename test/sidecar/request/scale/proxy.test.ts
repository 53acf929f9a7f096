/** A write that changes the number of replicas, through the whole proxy: a dry run of the server decides. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { serve, startWorld } from '../../kube/proxy/world.ts';

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec:
  defaults: { api: allow, unknown: deny }
  api: [{ name: no-scale, match: { verbs: [scale] }, effect: deny, reason: Replicas stay. }]
`;
const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web';
const PATCH = { 'content-type': 'application/merge-patch+json' };

interface Asked {
  method: string;
  uri: string;
  body: string;
}

/** Answers as told, and remembers what it was asked. */
function server(replicas: (asked: Asked) => number | null, asked: Asked[]): RequestListener {
  const answer = async (request: IncomingMessage) => {
    const one = { method: request.method!, uri: request.url!, body: (await buffer(request)).toString() };
    asked.push(one);
    const spec = { replicas: replicas(one) };
    return { kind: 'Deployment', metadata: { name: 'web', uid: 'u-1', resourceVersion: '7' }, spec };
  };
  return (request, response) => {
    void answer(request).then((object) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(object)),
    );
  };
}

t.test('what a dry run shows to scale is refused, and never sent', async (t) => {
  const asked: Asked[] = [];
  const { source } = await serve(
    t,
    server(({ uri }) => (uri.includes('dryRun') ? 0 : 3), asked),
  );
  const world = await startWorld(t, source, { policy: POLICY });
  const reply = await world.ask(DEPLOYMENT, {
    method: 'PATCH',
    headers: PATCH,
    body: '{"spec":{"replicas":null}}',
  });
  t.equal(reply.status, 403);
  t.match(reply.body.toString(), /refused by test\/no-scale: Replicas stay/);
  t.same(
    asked.map(({ method, uri }) => `${method} ${uri}`),
    [`GET ${DEPLOYMENT}`, `PATCH ${DEPLOYMENT}?dryRun=All`],
  );
  const { admitted } = await world.evidence();
  t.match(admitted, [{ allowed: false, decision: { rule: 'test/no-scale' } }]);
});

t.test('what leaves the number alone goes on, bound to the object that was looked at', async (t) => {
  const asked: Asked[] = [];
  const { source } = await serve(
    t,
    server(() => 3, asked),
  );
  const world = await startWorld(t, source, { policy: POLICY });
  const body = '{"metadata":{"annotations":{"team":"payments"}}}';
  const reply = await world.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body });
  t.equal(reply.status, 200);
  t.match(JSON.parse(asked[2]!.body), {
    metadata: { annotations: { team: 'payments' }, uid: 'u-1', resourceVersion: '7' },
  });
  const { admitted, ended } = await world.evidence();
  t.match(admitted, [{ allowed: true, unknown: [], decision: { unjudged: false } }]);
  t.match(ended, [{ outcome: 'answered', status: 200 }]);
});

t.test('what cannot be found out follows the policy, and a policy without scale asks nothing', async (t) => {
  const asked: Asked[] = [];
  const { source } = await serve(t, (request, response) => {
    asked.push({ method: request.method!, uri: request.url!, body: '' });
    response.writeHead(500).end('oops');
  });
  const world = await startWorld(t, source, { policy: POLICY });
  const body = '{"spec":{"replicas":1}}';
  const reply = await world.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body });
  t.equal(reply.status, 403);
  t.match(reply.body.toString(), /default\/unknown/);
  const custom = await world.ask('/apis/example.com/v1/namespaces/shop/apps/web', {
    method: 'PATCH',
    headers: PATCH,
    body,
  });
  t.equal(custom.status, 403, 'a resource whose definition cannot be read');
  const open = await startWorld(t, source);
  asked.length = 0;
  t.equal((await open.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body })).status, 500);
  t.same(
    asked.map(({ method }) => method),
    ['PATCH'],
  );
});

interface Web {
  replicas: number;
  version: number;
}

/** A server with one Deployment that somebody else scales once the first write through us was tried on it. */
function contended(web: Web, { overtakes }: { overtakes: number }): RequestListener {
  let left = overtakes;
  const answer = async (request: IncomingMessage): Promise<[number, object]> => {
    const { metadata, spec } = JSON.parse((await buffer(request)).toString() || '{}');
    if (!request.url!.includes('dryRun') && request.method === 'PATCH' && left-- > 0) {
      web.replicas++;
      web.version++;
    }
    const bound = metadata?.resourceVersion;
    if (bound !== undefined && bound !== `${web.version}`)
      return [409, { kind: 'Status', code: 409, message: 'the object has been modified' }];
    const replicas = spec?.replicas ?? web.replicas;
    return [
      200,
      { kind: 'Deployment', metadata: { uid: 'u-1', resourceVersion: `${web.version}` }, spec: { replicas } },
    ];
  };
  return (request, response) => {
    void answer(request).then(([status, object]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object)),
    );
  };
}

t.test('a change in between is not the client’s to see: the write is judged anew', async (t) => {
  const { source } = await serve(t, contended({ replicas: 3, version: 7 }, { overtakes: 2 }));
  const world = await startWorld(t, source, { policy: POLICY });
  const body = '{"metadata":{"annotations":{"team":"payments"}}}';
  const reply = await world.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body });
  t.equal(reply.status, 200);
  t.match(JSON.parse(reply.body.toString()), { spec: { replicas: 5 } });
  const { admitted, ended } = await world.evidence();
  t.same(
    admitted.map(({ allowed }) => allowed),
    [true, true, true],
  );
  t.equal(
    new Set(admitted.map(({ id }) => id)).size,
    3,
    'each is a request of its own, as in the audit log of the cluster',
  );
  t.match(ended, [
    { id: admitted[0]!.id, outcome: 'failed', status: 0, error: /judged again/ },
    { id: admitted[1]!.id, outcome: 'failed', status: 0 },
    { id: admitted[2]!.id, outcome: 'answered', status: 200 },
  ]);
});

t.test('a write that was none of scaling before, and is one after the change, is refused', async (t) => {
  const { source } = await serve(t, contended({ replicas: 3, version: 7 }, { overtakes: 1 }));
  const world = await startWorld(t, source, { policy: POLICY });
  const reply = await world.ask(DEPLOYMENT, {
    ...{ method: 'PATCH', headers: PATCH },
    body: '{"spec":{"replicas":3}}',
  });
  t.equal(reply.status, 403);
  t.match(reply.body.toString(), /refused by test\/no-scale/);
  const { ended } = await world.evidence();
  t.match(ended, [{ outcome: 'failed' }, { outcome: 'refused', status: 403 }]);
});

t.test('where it never ends, the client gets the server’s own answer', async (t) => {
  const { source } = await serve(t, contended({ replicas: 3, version: 7 }, { overtakes: 100 }));
  const world = await startWorld(t, source, { policy: POLICY });
  const reply = await world.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body: '{}' });
  t.equal(reply.status, 409);
  t.match(reply.body.toString(), /has been modified/);
  t.equal((await world.evidence()).ended.length, 5);
});

t.test('what the server refuses in the dry run is answered as it answers, and never sent', async (t) => {
  const asked: string[] = [];
  const invalid = { kind: 'Status', code: 422, reason: 'Invalid', message: 'spec.replicas: must be >= 0' };
  const { source } = await serve(t, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const metadata = { uid: 'u-1', resourceVersion: '7' };
    const [status, object] = request.method === 'GET' ? [200, { metadata, spec: {} }] : [422, invalid];
    response
      .writeHead(status, { 'content-type': 'application/json', warning: '299 - "old"' })
      .end(JSON.stringify(object));
  });
  const world = await startWorld(t, source, { policy: POLICY });
  const body = '{"spec":{"replicas":-1}}';
  const reply = await world.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body });
  t.equal(reply.status, 422);
  t.equal(reply.headers.warning, '299 - "old"');
  t.same(JSON.parse(reply.body.toString()), invalid);
  t.same(asked, [`GET ${DEPLOYMENT}`, `PATCH ${DEPLOYMENT}?dryRun=All`]);
  const { admitted, ended, answer } = await world.evidence();
  t.match(admitted, [{ allowed: true }]);
  t.match(ended, [{ outcome: 'answered', status: 422, error: /not sent/ }]);
  t.match(answer.toString(), 'must be >= 0');
});

t.test('what policy refuses anyway is refused by it, whatever the server says', async (t) => {
  const frozen = '{ name: frozen, match: { verbs: [patch] }, effect: deny, reason: Frozen. }';
  const policy = POLICY.replace('stay. }]', `stay. }, ${frozen}]`);
  const { source } = await serve(t, (_request, response) => response.writeHead(422).end('{}'));
  const world = await startWorld(t, source, { policy });
  const reply = await world.ask(DEPLOYMENT, { method: 'PATCH', headers: PATCH, body: '{}' });
  t.equal(reply.status, 403);
  t.match(reply.body.toString(), /refused by test\/frozen/);
});
