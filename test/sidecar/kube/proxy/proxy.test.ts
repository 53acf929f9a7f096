import { gzipSync } from 'node:zlib';
import t from 'tap';
import { serve, sha256, startWorld, UPSTREAM_TOKEN } from './world.ts';

const PODS = '/api/v1/namespaces/agents/pods';
const JSON_TYPE = { 'content-type': 'application/json' };

t.test('a small request costs two events, and goes on under our own credential', async (t) => {
  const seen: Record<string, unknown>[] = [];
  const answer = JSON.stringify({ kind: 'Pod', spec: 'x'.repeat(2000) });
  const upstream = await serve(t, ({ method, url, headers }, response) => {
    seen.push({ method, url, ...headers });
    response.writeHead(200, { ...JSON_TYPE, 'Audit-Id': String(headers['audit-id']), 'X-Two': ['a', 'b'] });
    response.end(answer);
  });
  const world = await startWorld(t, upstream.source);
  const reply = await world.ask(`${PODS}/box`, {
    headers: {
      'kubectl-command': 'kubectl get',
      'kubectl-session': 'run-1',
      'audit-id': 'forged',
      'x-forwarded-for': '1.2.3.4',
    },
  });
  t.match(reply, { status: 200, headers: { 'content-type': 'application/json', 'x-two': 'a, b' } });
  t.equal(reply.body.toString(), answer);

  const { admitted, ended, bodies, answer: stored } = await world.evidence();
  t.same(
    bodies.map(({ type }) => type),
    ['session.start', 'request.admitted', 'request.ended', 'session.end'],
  );
  t.match(bodies[0], {
    entrance: { kind: 'api', server: upstream.source.server.href },
    identity: { user: 'agent' },
  });
  t.match(admitted[0], {
    method: 'GET',
    uri: `${PODS}/box`,
    request: { verb: 'get', resource: 'pods', namespace: 'agents', name: 'box' },
    client: { command: 'kubectl get', run: 'run-1' },
    allowed: true,
  });
  t.match(ended[0], {
    id: admitted[0]!.id,
    outcome: 'answered',
    status: 200,
    answer: { type: 'application/json', bytes: answer.length, sha256: sha256(answer) },
  });
  t.equal(stored.toString(), answer);
  t.match(seen, [
    { 'audit-id': admitted[0]!.id, authorization: `Bearer ${UPSTREAM_TOKEN}`, 'kubectl-session': 'run-1' },
  ]);
  t.notOk('x-forwarded-for' in seen[0]!);
  t.same(world.reported, []);
});

t.test('a change says which object it was, in the words of the server', async (t) => {
  const upstream = await serve(t, ({ url }, response) => {
    response.writeHead(url!.includes('refused') ? 409 : 201, JSON_TYPE);
    response.end(JSON.stringify({ kind: 'Pod', metadata: { name: 'made-x7', uid: 'uid-1' } }));
  });
  const world = await startWorld(t, upstream.source);
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'made-' } });
  const post = (path: string) => world.ask(path, { method: 'POST', headers: JSON_TYPE, body });
  await post(PODS);
  await post(`${PODS}?dryRun=All`);
  await post(`${PODS}?x=refused`);
  const { ended } = await world.evidence();
  t.same(
    ended.map(({ object }) => object),
    [
      { group: '', resource: 'pods', namespace: 'agents', name: 'made-x7', uid: 'uid-1' },
      undefined,
      undefined,
    ],
  );
});

t.test('nothing is served without a token of ours', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (_request, response) => {
    reached++;
    response.end();
  });
  const world = await startWorld(t, upstream.source);
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${'x'.repeat(43)}`,
    `Basic ${world.token}`,
    `Bearer ${UPSTREAM_TOKEN}`,
  ]) {
    const reply = await world.ask('/api/v1/secrets', { headers: { authorization } });
    t.equal(reply.status, 401, authorization);
    t.match(JSON.parse(reply.body.toString()), { kind: 'Status', code: 401, reason: 'Unauthorized' });
  }
  t.equal(reached, 0);
  t.same((await world.evidence()).bodies, [], 'and no session begins');
});

t.test('what policy refuses does not go on, and is recorded', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (_request, response) => {
    reached++;
    response.end('{}');
  });
  const policy = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { api: allow, unknown: allow }
  api:
    - name: no-deletes
      match: { verbs: [delete] }
      effect: deny
      reason: Nothing is deleted here.
`;
  const world = await startWorld(t, upstream.source, { policy });
  const reply = await world.ask(`${PODS}/box`, { method: 'DELETE' });
  t.equal(reply.status, 403);
  t.match(JSON.parse(reply.body.toString()), { kind: 'Status', reason: 'Forbidden', code: 403 });
  t.match(JSON.parse(reply.body.toString()).message, /team\/no-deletes/);
  t.equal(reached, 0);
  const { admitted, ended } = await world.evidence();
  t.match(admitted, [{ allowed: false, decision: { rule: 'team/no-deletes' } }]);
  t.match(ended, [{ outcome: 'refused', status: 403, id: admitted[0]!.id }]);
});

t.test('what cannot be judged is refused and recorded', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (_request, response) => {
    reached++;
    response.end('{}');
  });
  const world = await startWorld(t, upstream.source);
  const cases: [string, Parameters<typeof world.ask>[1], number][] = [
    ['/api/v1/namespaces/../secrets', {}, 400],
    ['/api/v1/namespaces/a/secrets%2Fdb', {}, 400],
    [`${PODS}?limit=1`, { method: 'TRACE' }, 405],
    [PODS, { method: 'POST', headers: JSON_TYPE, body: '{"a":1,"a":2}' }, 400],
    [PODS, { method: 'POST', headers: JSON_TYPE, body: 'x'.repeat(3 * 1024 * 1024 + 1) }, 413],
    [`${PODS}?watch=1`, { headers: { connection: 'Upgrade', upgrade: 'websocket' } }, 400],
  ];
  for (const [path, options, status] of cases) t.equal((await world.ask(path, options)).status, status, path);
  t.equal(reached, 0);
  const { admitted, ended } = await world.evidence();
  t.same(
    admitted.map(({ allowed }) => allowed),
    cases.map(() => false),
  );
  t.same(
    ended.map(({ outcome }) => outcome),
    cases.map(() => 'refused'),
  );
  t.ok(admitted.every(({ decision }) => decision.rule.startsWith('builtin/unfit-')));
});

t.test('bodies go both ways whole, and are recorded', async (t) => {
  const upstream = await serve(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => response.writeHead(201, JSON_TYPE).end(Buffer.concat(chunks)));
  });
  const world = await startWorld(t, upstream.source);
  const body = JSON.stringify({ kind: 'ConfigMap', data: { x: 'ä'.repeat(100_000) } });
  for (const headers of [
    { ...JSON_TYPE },
    { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
    { ...JSON_TYPE, expect: '100-continue' },
  ]) {
    const reply = await world.ask('/api/v1/namespaces/agents/configmaps', { method: 'POST', headers, body });
    t.equal(reply.status, 201);
    t.equal(reply.body.toString(), body);
  }
  const { admitted, ended } = await world.evidence();
  t.equal(admitted.length, 3);
  for (const { body: summary } of admitted)
    t.match(summary, { bytes: Buffer.byteLength(body), sha256: sha256(body) });
  for (const { answer } of ended) t.match(answer, { bytes: Buffer.byteLength(body), sha256: sha256(body) });
});

t.test('gzip is undone for the record, and passed on as it came', async (t) => {
  const plain = Buffer.from(JSON.stringify(Array.from({ length: 60_000 }, (_, i) => `item ${i}`)));
  const packed = gzipSync(plain);
  const upstream = await serve(t, ({ headers }, response) => {
    t.equal(headers['accept-encoding'], 'gzip');
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(packed);
  });
  const world = await startWorld(t, upstream.source);
  const reply = await world.ask(PODS, { headers: { 'accept-encoding': 'gzip, br' } });
  t.equal(reply.headers['content-encoding'], 'gzip');
  t.ok(reply.body.equals(packed));
  const { ended, answer } = await world.evidence();
  t.ok(answer.equals(plain));
  t.match(ended, [{ answer: { bytes: packed.length, sha256: sha256(plain), encoding: 'gzip' } }]);
});

t.test('a body is kept up to the limit of the policy, and its digest is that of all of it', async (t) => {
  const big = Buffer.alloc(1_000_000, 'abcdefg');
  const upstream = await serve(t, (request, response) => {
    request.resume().on('end', () => response.writeHead(200, JSON_TYPE).end(big));
  });
  const recording = (bodies: string) =>
    `apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: { name: test }\nspec: { defaults: { api: allow, unknown: allow }, recording: { bodies: ${bodies} } }\n`;
  for (const [bodies, kept] of [
    ['{ limit: 300000 }', 300_000],
    ['none', 0],
    ['full', 1_000_000],
  ] as const) {
    await t.test(bodies, async (t) => {
      const world = await startWorld(t, upstream.source, { policy: recording(bodies) });
      const options = {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify({ x: 'y'.repeat(400_000) }),
      };
      const reply = await world.ask(PODS, options);
      t.ok(reply.body.equals(big));
      const { admitted, ended, answer } = await world.evidence();
      t.ok(answer.equals(big.subarray(0, kept)));
      t.match(ended[0], { answer: { bytes: big.length, sha256: sha256(big) } });
      t.equal(ended[0]!.answer!.cut ?? 0, big.length - kept);
      const sent = options.body.length;
      t.equal(admitted[0]!.body!.cut ?? 0, Math.max(0, sent - kept));
    });
  }
});
