/** A write that changes the number of replicas, through the whole proxy: a dry run of the server decides. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { serve, startWorld } from '../../proxy/world.ts';

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
