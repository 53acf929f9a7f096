/** Secrets on their way through the proxy: what the agent gets, and what is stored. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { BodyOf } from '../../../../recorder/audit/event.ts';
import { restRequests } from '../../../kube-captures/rest.ts';
import { serve, sha256, startWorld, UPSTREAM_TOKEN, type World } from './world.ts';

const SECRETS = '/api/v1/namespaces/agents/secrets';
const VALUE = 'correct-horse-battery';
const ENCODED = Buffer.from(VALUE).toString('base64');
const JSON_TYPE = { 'content-type': 'application/json' };
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const secret = (name = 'db') =>
  `{"kind":"Secret","apiVersion":"v1","metadata":{"name":"${name}","annotations":{"kubectl.kubernetes.io/last-applied-configuration":${JSON.stringify(`{"stringData":{"password":"${VALUE}"}}\n`)}}},"data":{"password":"${ENCODED}","n":"MQ=="},"type":"Opaque"}\n`;

const policyOf = (spec: string) => `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec: { defaults: { api: allow, unknown: allow }, masking: { ${spec} } }
`;
const HIDDEN = policyOf('secrets: { agent: true }');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An API server that answers Secrets in the encoding that was asked for. */
const negotiating: Handler = (request, response) => {
  const accept = request.headers.accept ?? 'application/json';
  if (accept.startsWith(PROTOBUF)) {
    response.writeHead(200, { 'content-type': PROTOBUF });
    response.end(`k8s\0${VALUE}`);
  } else {
    response.writeHead(200, {
      ...JSON_TYPE,
      'x-accept': accept,
      'x-encoding': request.headers['accept-encoding'],
    });
    response.end(secret());
  }
};

async function stored(world: World): Promise<string> {
  const { bodies, answer } = await world.evidence();
  return `${JSON.stringify(bodies)}${answer.toString()}`;
}

function leaks(text: string): boolean {
  const shifted = [1, 2].map((n) =>
    Buffer.from(`${'x'.repeat(n)}${VALUE}`)
      .toString('base64')
      .slice(4, -4),
  );
  return [VALUE, ENCODED, ...shifted].some((form) => text.includes(form));
}

t.test(
  'by default the agent gets its Secret byte for byte, and the record shows no value of it',
  async (t) => {
    const upstream = await serve(t, negotiating);
    const world = await startWorld(t, upstream.source);
    const reply = await world.ask(`${SECRETS}/db`, { headers: { 'accept-encoding': 'gzip' } });
    t.equal(reply.body.toString(), secret());
    t.match(reply.headers, { 'content-length': String(secret().length), 'x-encoding': 'identity' });
    const { ended, answer } = await world.evidence();
    t.notOk(leaks(answer.toString()));
    t.match(ended[0], { answer: { masked: true, bytes: secret().length, sha256: sha256(answer) } });
    const kept = JSON.parse(answer.toString());
    t.match(Buffer.from(kept.data.password, 'base64').toString(), /^\[chaperone-masked:[0-9a-f]{11}\]$/);
    t.match(
      kept.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'],
      /chaperone-masked/,
    );
  },
);

t.test('where policy says so the agent gets masks: alone, in a list, in a watch', async (t) => {
  const upstream = await serve(t, (request, response) => {
    response.writeHead(200, JSON_TYPE);
    if (request.url?.includes('watch')) {
      for (const n of [1, 2, 3]) response.write(`{"type":"ADDED","object":${secret(`s${n}`)}}\n`);
      response.end();
    } else if (request.url?.endsWith('secrets')) {
      const items = Array.from({ length: 2000 }, (_, n) => secret(`s${n}`));
      response.end(`{"kind":"SecretList","apiVersion":"v1","metadata":{},"items":[${items.join()}]}`);
    } else response.end(secret());
  });
  const world = await startWorld(t, upstream.source, { policy: HIDDEN });
  for (const path of [`${SECRETS}/db`, SECRETS, `${SECRETS}?watch=1`]) {
    const reply = await world.ask(path);
    t.equal(reply.status, 200);
    t.notOk(leaks(reply.body.toString()), path);
    t.match(reply.body.toString(), /"password":"W2NoYXBlcm9uZS1tYXNrZWQ6/);
  }
  const list = JSON.parse((await world.ask(SECRETS)).body.toString());
  t.equal(list.items.length, 2000);
  t.equal(list.items[7].metadata.name, 's7');
  t.notOk(leaks(await stored(world)));
});

t.test('only JSON comes of what has to be masked', async (t) => {
  const upstream = await serve(t, negotiating);
  const world = await startWorld(t, upstream.source);
  const accepted = async (accept: string) => {
    const reply = await world.ask(`${SECRETS}/db`, { headers: { accept } });
    return reply.status === 200 ? reply.headers['x-accept'] : reply.status;
  };
  t.equal(await accepted(`${PROTOBUF}, application/json;q=0.9`), 'application/json;q=0.9');
  t.equal(
    await accepted('application/json;as=Table;v=v1;g=meta.k8s.io,application/yaml, application/json'),
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  );
  t.equal(await accepted('*/*'), 'application/json');
  for (const accept of [PROTOBUF, 'application/yaml', 'application/cbor', 'application/json-seq']) {
    const reply = await world.ask(`${SECRETS}/db`, { headers: { accept } });
    t.equal(reply.status, 406, accept);
    t.match(JSON.parse(reply.body.toString()), { reason: 'NotAcceptable', message: /application\/json/ });
  }
  const pods = await world.ask('/api/v1/namespaces/agents/pods', { headers: { accept: PROTOBUF } });
  t.equal(pods.headers['content-type'], PROTOBUF, 'what is not masked comes as it was asked for');
});

t.test('a server that answers in something else is not believed', async (t) => {
  const answers: Handler[] = [
    (_, response) => response.writeHead(200, { 'content-type': PROTOBUF }).end(`k8s\0${VALUE}`),
    (_, response) =>
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync(secret())),
    (_, response) => response.writeHead(200, JSON_TYPE).end(secret().slice(0, -20)),
    (_, response) =>
      response.writeHead(200, JSON_TYPE).end(Buffer.from(secret().replace('Opaque', '\xff'), 'latin1')),
  ];
  for (const answer of answers) {
    const upstream = await serve(t, answer);
    const world = await startWorld(t, upstream.source);
    const reply = await world.ask(`${SECRETS}/db`);
    t.equal(reply.status, 503);
    t.notOk(leaks(reply.body.toString()));
    const { ended, answer: kept } = await world.evidence();
    t.match(ended, [{ outcome: 'failed' }]);
    t.notOk(leaks(kept.toString()));
  }
});

t.test(
  'what was learned is found in everything that comes after: other answers, URLs, claims, errors',
  async (t) => {
    const upstream = await serve(t, (request, response) => {
      if (request.url?.startsWith(SECRETS)) return negotiating(request, response);
      const gzip = request.headers['accept-encoding'] === 'gzip';
      const body = JSON.stringify({
        kind: 'ConfigMap',
        data: { url: `postgres://u:${VALUE}@h`, b: ENCODED },
      });
      response.writeHead(200, { ...JSON_TYPE, ...(gzip && { 'content-encoding': 'gzip' }) });
      response.end(gzip ? gzipSync(body) : body);
    });
    const world = await startWorld(t, upstream.source);
    await world.ask(`${SECRETS}/db`);
    const path = `/api/v1/namespaces/agents/configmaps/c?fieldSelector=${encodeURIComponent(`metadata.name=${VALUE}`)}`;
    const plain = await world.ask(path, { headers: { 'kubectl-command': `kubectl get ${VALUE}` } });
    t.match(plain.body.toString(), VALUE, 'the agent gets it, for the policy does not hide it');
    const packed = await world.ask(path, { headers: { 'accept-encoding': 'gzip' } });
    t.same(packed.headers['content-encoding'], 'gzip');
    t.notOk(leaks(await stored(world)));
  },
);

t.test('the credential of the server never reaches the agent or the record', async (t) => {
  const upstream = await serve(t, ({ headers }, response) => {
    response.writeHead(200, JSON_TYPE);
    response.end(JSON.stringify({ echo: headers.authorization }));
  });
  const world = await startWorld(t, upstream.source, { policy: policyOf('secrets: { record: false }') });
  const reply = await world.ask('/apis/example.com/v1/echoes/x');
  t.match(JSON.parse(reply.body.toString()).echo, /^Bearer \[chaperone-masked:[0-9a-f]{11}\]$/);
  await world.ask(`/version?token=${world.token}`);
  const evidence = await stored(world);
  t.notOk(evidence.includes(UPSTREAM_TOKEN));
  t.notOk(evidence.includes(world.token));
});

t.test('bodies that are sent: JSON, YAML, patches, protobuf; stored without their values', async (t) => {
  let received: Buffer[] = [];
  const upstream = await serve(t, (request, response) => {
    received = [];
    request.on('data', (chunk: Buffer) => received.push(chunk));
    request.on('end', () => response.writeHead(201, JSON_TYPE).end(secret()));
  });
  const cases: [type: string, method: string, body: string | Buffer][] = [
    ['application/json', 'POST', secret()],
    ['application/yaml', 'POST', `kind: Secret\nstringData:\n  p: ${VALUE}\n`],
    ['application/apply-patch+yaml', 'PATCH', `kind: Secret\nstringData: {p: ${VALUE}}\n`],
    ['application/merge-patch+json', 'PATCH', `{"data":{"p":"${ENCODED}"}}`],
    ['application/strategic-merge-patch+json', 'PATCH', `{"stringData":{"p":"${VALUE}"}}`],
    ['application/json-patch+json', 'PATCH', `[{"op":"add","path":"/data/p","value":"${ENCODED}"}]`],
  ];
  for (const [type, method, body] of cases) {
    const world = await startWorld(t, upstream.source);
    const path = method === 'POST' ? SECRETS : `${SECRETS}/db?fieldManager=x`;
    const reply = await world.ask(path, { method, body, headers: { 'content-type': type } });
    t.equal(reply.status, 201, type);
    if (type.endsWith('json')) t.equal(Buffer.concat(received).toString(), body, 'it goes on as it is');
    const { admitted } = await world.evidence();
    t.match(admitted[0]?.body, { masked: true, type, bytes: Buffer.byteLength(body) }, type);
    t.notOk(leaks(await contentsOf(world)), type);
  }
});

/** All that is stored in the log, events and contents. */
async function contentsOf(world: World): Promise<string> {
  let text = '';
  const { sessions } = await world.log.sessions();
  for (const { id } of sessions) {
    for await (const { event, content } of world.log.events(id)) {
      text += JSON.stringify(event) + Buffer.from(content ?? []).toString('latin1');
    }
  }
  return text;
}

t.test('a mask is not written back', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (request, response) => {
    if (request.method !== 'GET') reached++;
    negotiating(request, response);
  });
  const world = await startWorld(t, upstream.source, { policy: HIDDEN });
  const seen = (await world.ask(`${SECRETS}/db`)).body.toString();
  const mask = JSON.parse(seen).data.password;
  const plain = Buffer.from(mask, 'base64').toString();
  const writes: [type: string, method: string, body: string][] = [
    ['application/json', 'PUT', seen],
    ['application/merge-patch+json', 'PATCH', `{"stringData":{"p":"x ${plain}"}}`],
    [
      'application/merge-patch+json',
      'PATCH',
      `{"stringData":{"p":"\\u005bchaperone-masked:${plain.slice(18)}"}}`,
    ],
    ['application/apply-patch+yaml', 'PATCH', `stringData:\n  p: "${plain}"\n`],
  ];
  for (const [type, method, body] of writes) {
    const reply = await world.ask(`${SECRETS}/db`, { method, body, headers: { 'content-type': type } });
    t.equal(reply.status, 403, body);
    t.match(JSON.parse(reply.body.toString()), {
      reason: 'Forbidden',
      message: /chaperone: the body carries a mask/,
    });
  }
  t.equal(reached, 0);
  const { admitted } = await world.evidence();
  t.match(admitted.at(-1), { allowed: false, decision: { rule: 'builtin/unfit-body-masked' } });
});

t.test('no JSON patch takes a value to where it would not be masked', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (request, response) => {
    reached++;
    negotiating(request, response);
  });
  const annotation = '/metadata/annotations/x';
  const patch = async (world: World, ops: object[]) => {
    const headers = { 'content-type': 'application/json-patch+json' };
    const { status } = await world.ask(`${SECRETS}/db`, {
      method: 'PATCH',
      body: JSON.stringify(ops),
      headers,
    });
    return status;
  };
  for (const policy of [undefined, policyOf('secrets: { record: false }')]) {
    reached = 0;
    const world = await startWorld(t, upstream.source, policy === undefined ? {} : { policy });
    for (const [op, from, path] of [
      ['copy', '/data/password', annotation],
      ['move', '/data/password', annotation],
      ['move', '/data', '/metadata/annotations'],
      ['copy', '', '/metadata/annotations'],
      ['copy', '/stringData/a~1b', '/metadata/labels/x'],
      ['copy', '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration', annotation],
      ['move', '/metadata/annotations', '/metadata/labels'],
    ])
      t.equal(
        await patch(world, [
          { op: 'test', path: '/kind', value: 'Secret' },
          { op, from, path },
        ]),
        403,
        `${op} ${from}`,
      );
    t.equal(reached, 0, 'the token of a ServiceAccount may be in any of them');
    for (const ops of [
      [{ op: 'move', from: '/data/password', path: '/data/other' }],
      [{ op: 'copy', from: '/data', path: '/stringData' }],
      [{ op: 'move', from: '/metadata/annotations/y', path: annotation }],
      [{ op: 'remove', path: '/data/password' }],
    ])
      t.equal(await patch(world, ops), 200, JSON.stringify(ops));
    t.equal(reached, 4);
  }
});

t.test(
  'a body that nobody can read is not stored where it may be a Secret, and the event says so',
  async (t) => {
    const upstream = await serve(t, negotiating);
    const world = await startWorld(t, upstream.source);
    const broken = secret().slice(0, -10);
    const reply = await world.ask(SECRETS, { method: 'POST', body: broken, headers: JSON_TYPE });
    t.equal(reply.status, 400);
    const { admitted } = await world.evidence();
    const body = (admitted[0] as BodyOf<'request.admitted'>).body;
    t.match(body, {
      withheld: /could not be read/,
      cut: broken.length,
      bytes: broken.length,
      sha256: sha256(''),
    });
    t.notOk(leaks(await contentsOf(world)));
  },
);

t.test('captured requests of kubectl that bring no Secret are stored as they came', async (t) => {
  const upstream = await serve(t, (_, response) => response.writeHead(200, JSON_TYPE).end('{}'));
  const world = await startWorld(t, upstream.source);
  const sent = restRequests().filter(({ body, target }) => body.length > 0 && !target.includes('secrets'));
  t.ok(sent.length > 5);
  for (const { method, target, rawHeaders, body } of sent) {
    const place = rawHeaders.findIndex((name) => name.toLowerCase() === 'content-type');
    const type = place < 0 ? {} : { 'content-type': rawHeaders[place + 1]! };
    const headers = { ...type, 'content-length': String(body.length) };
    const reply = await world.ask(target, { method, body, headers });
    t.equal(reply.status, 200, target);
  }
  const { admitted } = await world.evidence();
  t.same(
    admitted.map(({ body }) => body?.sha256),
    sent.map(({ body }) => sha256(body)),
  );
});
