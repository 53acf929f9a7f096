/** What agents got hold of, told from a log that the real proxy wrote of what a real kubectl and API server once said. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { ulid } from 'ulid';
import type { DraftBody, EventBody } from '../../../recorder/audit/event.ts';
import type { Credential } from '../../../recorder/offboard/credential.ts';
import { secretsIn } from '../../../recorder/offboard/secret-names.ts';
import { survey } from '../../../recorder/offboard/survey.ts';
import { credentialReads } from '../../../sidecar/cli/credential-reads.ts';
import { restRequests } from '../../kube-captures/rest.ts';
import { serveBytes, startWorld as startProxy } from '../../sidecar/kube/proxy/world.ts';
import { decisionDraft, identityIn, startDraft, startWorld } from '../server/world.ts';

const CAPTURES = resolve(import.meta.dirname, '../../kube-captures');
const reads = credentialReads('/home/agent');

/** The bytes that the server sent, answer by answer. */
function answersOf(folder: string): Buffer[] {
  const answers: Buffer[][] = [];
  let last = '';
  for (const file of readdirSync(join(CAPTURES, folder))) {
    const text = gunzipSync(readFileSync(join(CAPTURES, folder, file))).toString('utf8');
    for (const line of text.trim().split('\n')) {
      const { from, b64 } = JSON.parse(line) as { from: string; b64?: string };
      if (b64 === undefined) continue;
      if (from === 'server' && last === 'client') answers.push([]);
      if (from === 'server') answers.at(-1)!.push(Buffer.from(b64, 'base64'));
      last = from;
    }
  }
  return answers.map((reads) => Buffer.concat(reads));
}

const brief = (credentials: readonly Credential[]) =>
  credentials.map(({ kind, name, verdict, count }) => `${verdict} ${kind} ${name} ×${count}`);

t.test('Secrets that kubectl read and listed', async (t) => {
  let answer: Buffer = Buffer.alloc(0);
  const upstream = await serveBytes(t, (socket) => {
    socket.on('data', () => {
      socket.write(answer);
      socket.end();
    });
  });
  const world = await startProxy(t, upstream.source);
  const replay = async (scenario: string) => {
    const answers = answersOf(scenario);
    const requests = restRequests().filter((one) => one.scenario === scenario);
    for (const [place, { method, target, rawHeaders }] of requests.entries()) {
      answer = answers[place]!;
      const accept = rawHeaders[rawHeaders.findIndex((one) => one.toLowerCase() === 'accept') + 1]!;
      await world.ask(target, { method, headers: { accept } }).catch(() => {});
    }
  };
  await replay('rest-secret-list');
  const listed = await survey(world.log, ['agent'], { reads });
  const names = listed.credentials.filter(({ kind }) => kind === 'secret');
  t.ok(names.length > 0, 'the table that kubectl shows names them');
  t.ok(
    names.every(({ verdict, why }) => verdict === 'check' && /its value was not/.test(why)),
    'without a value',
  );
  await replay('rest-secret-yaml');
  const { credentials, sessions } = await survey(world.log, ['agent'], { reads });
  t.equal(sessions.length, 1);
  const [first] = credentials;
  t.match(first, { kind: 'secret', verdict: 'rotate', why: 'Its value was handed to the agent.' });
  const [use] = first!.uses.slice(-1);
  const bodies: EventBody[] = await world.log.bodies(use!.session);
  t.match(bodies[use!.seq], { type: 'request.admitted', request: { resource: 'secrets', verb: /get|list/ } });
  t.match(
    credentials.find(({ kind }) => kind === 'cluster'),
    { name: upstream.source.server.href, verdict: 'check' },
  );
  t.same((await survey(world.log, ['somebody'], { reads })).credentials, [], 'to each their own');
});

const ID = '01JD0000000000000000000001';
const at = 1_700_000_000_000_001;
let requests = 0;

interface Said {
  verb: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  allowed?: boolean;
  status?: number;
  answer?: string;
}

/** A request and its end, as the proxy records them. */
function asked({ verb, allowed = true, status = 200, answer, ...rest }: Said): DraftBody[] {
  requests += 1;
  const id = `00000000-0000-0000-0000-${String(requests).padStart(12, '0')}`;
  const request = {
    ...{ verb, group: '', version: 'v1', resource: 'secrets', subresource: '', namespace: 'shop' },
    ...{ name: '', path: '', ...rest },
  };
  const decision = { effect: 'allow' as const, rule: 'r', reason: 'y', unjudged: false };
  const admitted = {
    method: 'GET',
    uri: '/x',
    request,
    dryRun: false,
    client: {},
    decision,
    allowed,
    unknown: [],
  };
  return [
    { type: 'request.admitted', id, ...admitted },
    {
      ...{ type: 'request.ended', id, outcome: 'answered', status, micros: 1 },
      ...(answer !== undefined && { content: Buffer.from(answer) }),
    },
  ];
}

const secret = (name: string, more = {}) => ({
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  ...more,
});

t.test('each way to get hold of one', async (t) => {
  const world = await startWorld(t);
  const bodies: DraftBody[] = [
    ...asked({ verb: 'get', name: 'db' }),
    ...asked({ verb: 'get', name: 'db' }),
    ...asked({ verb: 'get', name: 'gone', status: 404 }),
    ...asked({ verb: 'get', name: 'refused', allowed: false, status: 403 }),
    ...asked({
      verb: 'list',
      answer: JSON.stringify({ kind: 'SecretList', items: [secret('api', { data: {} })] }),
    }),
    ...asked({ verb: 'list', namespace: 'pay' }),
    ...asked({ verb: 'list', namespace: '', answer: 'no JSON' }),
    ...asked({
      verb: 'watch',
      answer: `${JSON.stringify({ type: 'ADDED', object: secret('w1', { data: {} }) })}\n${JSON.stringify({ type: 'MODIFIED', object: secret('w2') })}\n`,
    }),
    ...asked({ verb: 'create', status: 201, answer: JSON.stringify(secret('made', { data: {} })) }),
    ...asked({ verb: 'patch', name: 'changed' }),
    ...asked({ verb: 'delete', name: 'deleted' }),
    ...asked({
      verb: 'create',
      resource: 'serviceaccounts',
      subresource: 'token',
      name: 'robot',
      status: 201,
    }),
    ...asked({
      verb: 'create',
      resource: 'certificatesigningrequests',
      name: 'me',
      namespace: '',
      status: 201,
    }),
    ...asked({ verb: 'get', resource: 'pods', name: 'p' }),
  ];
  const running = asked({ verb: 'watch', namespace: 'later' })[0]!;
  await world.log.append(ID, [
    startDraft(),
    ...[...bodies, running].map((body) => ({ at, body })),
    decisionDraft('cat ~/.ssh/id_rsa', true),
    decisionDraft('sudo cp /home/agent/.aws/credentials /tmp/x', true),
    decisionDraft('cat ~/.kube/config', false),
    decisionDraft('curl -H "Authorization: Bearer $GITHUB_TOKEN" https://api.test', true),
    decisionDraft('gh auth token', true),
    decisionDraft('ls ~/.ssh', true),
    decisionDraft('echo $HOME $TOKENIZER_PATH ok', true),
    {
      at,
      body: {
        type: 'session.file',
        direction: 'from',
        path: '/root/.ssh/id_ed25519',
        kind: 'file',
        bytes: 9,
      },
    },
  ]);
  const pod = ulid();
  const start = startDraft().body as Extract<DraftBody, { type: 'session.start' }>;
  const remote = {
    ...{
      kind: 'remote' as const,
      subresource: 'exec' as const,
      namespace: 'shop',
      pod: 'web-0',
      container: 'web',
    },
    origin: { session: ID, request: '00000000-0000-0000-0000-000000000001' },
  };
  await world.log.append(pod, [
    { at, body: { ...start, entrance: remote } },
    decisionDraft('cat /var/run/secrets/kubernetes.io/serviceaccount/token', true),
  ]);
  await world.log.append(ulid(), [
    startDraft(at, identityIn('shop', 'second')),
    decisionDraft('cat ~/.netrc', true),
  ]);
  const { credentials } = await survey(world.log, ['agent'], { reads });
  t.same(brief(credentials), [
    'rotate certificate me ×1',
    'rotate file /home/agent/.aws/credentials ×1',
    'rotate file /home/agent/.ssh/id_rsa ×1',
    'rotate file /root/.ssh/id_ed25519 ×1',
    'rotate file /var/run/secrets/kubernetes.io/serviceaccount/token ×1',
    'rotate file gh auth token ×1',
    'rotate secret */* ×1',
    'rotate secret later/* ×1',
    'rotate secret pay/* ×1',
    'rotate secret shop/api ×1',
    'rotate secret shop/changed ×1',
    'rotate secret shop/db ×2',
    'rotate secret shop/made ×1',
    'rotate secret shop/w1 ×1',
    'rotate token shop/robot ×1',
    'rotate variable GITHUB_TOKEN ×1',
    'check pod shop/web-0 ×1',
    'check secret shop/w2 ×1',
  ]);
  t.equal(credentials.find(({ name }) => name.startsWith('/var/run'))?.where, 'pod shop/web-0');
  t.same((await survey(world.log, ['second', 'nobody'], { reads })).sessions.length, 1);
});

t.test('answers that are no Secrets', (t) => {
  t.same(secretsIn('{"kind":"Status","status":"Failure"}'), []);
  t.same(secretsIn('{"kind":"SecretList","items":[]}'), []);
  t.same(
    secretsIn('{"kind":"Table","rows":[{"cells":["a"]}]}'),
    null,
    'a table without its objects names nothing',
  );
  for (const text of [
    '',
    '[]',
    'null',
    '"x"',
    '{}',
    '{"items":[1]}',
    '{"items":[{}]}',
    '{"metadata":{"name":1}}',
  ])
    t.same(secretsIn(text), text === '' ? [] : null, text);
  t.end();
});
