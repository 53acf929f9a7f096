/** Real tokens of a real provider, and real kubectls with a credential plugin, in front of an upstream that listens. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { Desk } from '../../../../recorder/approvals/desk.ts';
import { Endings } from '../../../../recorder/log/endings.ts';
import { systemClock } from '../../../../sidecar/clock.ts';
import { kubectl } from '../../../kubectl.ts';
import { EXIT, startCluster } from '../cluster.ts';
import { serve, sourceAt, tls, UPSTREAM_TOKEN } from '../proxy/world.ts';
import { AUDIENCE, SECRET, startProvider, type TestProvider } from './provider.ts';
import { type GatewayWorld, startGatewayWorld } from './world.ts';

const run = promisify(execFile);

/** What says who asks. */
const who = ({ rawHeaders }: IncomingMessage): string[] =>
  rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && /^(authorization|impersonate-|x-remote)/i.test(name)
      ? [`${name.toLowerCase()}: ${Buffer.from(rawHeaders[at + 1]!, 'latin1').toString('utf8')}`]
      : [],
  );

const specOf = ({ issuer }: TestProvider, more: object = {}) => ({
  issuers: [
    {
      ...{ url: issuer, audiences: [AUDIENCE], user: 'email', groups: 'groups' },
      upstream: {
        userPrefix: 'oidc:',
        groupPrefix: 'oidc:',
        groups: ['dev', { group: 'sre', as: ['operators'] }],
      },
    },
  ],
  ...more,
});
const PEOPLE = {
  person: { email: 'person@example.com', groups: ['dev', 'hr', 'system:masters'] },
  sixth: { email: 'sixth@example.com', groups: 'sre' },
};
const bearer = (token: string) => ['authorization', `Bearer ${token}`];

async function stage(
  t: Test,
  { listener, more, policy }: { listener?: RequestListener; more?: object; policy?: string } = {},
) {
  const heard: string[][] = [];
  const provider = await startProvider(t, structuredClone(PEOPLE));
  const { source } = await serve(t, (request, response) => {
    heard.push(who(request));
    if (listener !== undefined) listener(request, response);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ path: request.url }));
  });
  const world = await startGatewayWorld(t, source, {
    spec: specOf(provider, more),
    ...(policy && { policy }),
  });
  return { heard, provider, world };
}

t.test('each goes on as who they are, and never as more', async (t) => {
  const { heard, provider, world } = await stage(t);
  const [person, sixth] = [await provider.token('person'), await provider.token('sixth')];
  t.equal((await world.ask('/api/v1/pods', bearer(person))).status, 200);
  t.equal((await world.ask('/version', bearer(sixth))).status, 200);
  t.equal(
    (await world.ask('/version', bearer(await provider.token('person')))).status,
    200,
    'another token of hers',
  );
  const ours = `authorization: Bearer ${UPSTREAM_TOKEN}`;
  const asJane = [ours, 'impersonate-user: oidc:person@example.com', 'impersonate-group: oidc:dev'];
  t.same(heard, [
    asJane,
    [ours, 'impersonate-user: oidc:sixth@example.com', 'impersonate-group: operators'],
    asJane,
  ]);

  const { bodies, text } = await world.events();
  const started = bodies.filter((body) => body.type === 'session.start');
  t.equal(started.length, 2, 'a session for each of them');
  t.match(
    started.find(({ identity }) => identity.user === 'person@example.com'),
    {
      identity: { groups: ['dev', 'hr'], proof: 'signed' },
      entrance: { kind: 'api', as: { user: 'oidc:person@example.com', groups: ['oidc:dev'] } },
    },
  );
  t.equal(bodies.filter((body) => body.type === 'session.end').length, 2);
  for (const token of [person, sixth, UPSTREAM_TOKEN]) t.notOk(text.includes(token), 'no token in the log');
  t.same(world.reported, []);
});

t.test('who shows nothing that opens it hears 401, reaches nobody, and is on record', async (t) => {
  const { heard, provider, world } = await stage(t);
  const person = await provider.token('person');
  const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from(person).toString('base64url')}`;
  const upgrade = ['connection', 'upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13'];
  const attempts: [string, string[]][] = [
    ['/version', []],
    ['/version', ['authorization', 'Bearer nonsense']],
    ['/version', ['authorization', `Basic ${Buffer.from('admin:admin').toString('base64')}`]],
    ['/version', bearer(`${person}x`)],
    ['/version', bearer(await provider.token('person', 'urn:other'))],
    ['/version', ['x-remote-user', 'admin', 'x-remote-group', 'system:masters']],
    ['/version', ['impersonate-user', 'admin']],
    ['/version', ['cookie', `token=${person}`]],
    [`/version?access_token=${person}&token=${person}`, []],
    [
      '/api/v1/namespaces/a/pods/b/exec?command=x',
      [
        ...upgrade,
        'sec-websocket-key',
        'AAAAAAAAAAAAAAAAAAAAAA==',
        'sec-websocket-protocol',
        `v5.channel.k8s.io, ${protocol}`,
      ],
    ],
  ];
  for (const [path, headers] of attempts) {
    const { status, body } = await world.ask(path, headers);
    t.equal(status, 401, `${path} ${headers}`);
    t.match(JSON.parse(body.toString()), {
      kind: 'Status',
      status: 'Failure',
      reason: 'Unauthorized',
      code: 401,
    });
    t.notMatch(body.toString(), person);
  }
  t.same(heard, []);
  const { bodies, text } = await world.events();
  t.notOk(bodies.some(({ type }) => type === 'session.start'));
  t.match(
    bodies.filter(({ type }) => type === 'access.refused'),
    Array.from({ length: 4 }, () => ({ what: 'gateway', reason: 'credentials', from: '127.0.0.1' })),
  );
  t.notMatch(text, person);
});

t.test('nobody becomes somebody else by asking for it', async (t) => {
  const { heard, provider, world } = await stage(t);
  const person = bearer(await provider.token('person'));
  const asking: string[][] = [
    ['impersonate-user', 'admin'],
    ['Impersonate-Group', 'system:masters'],
    ['IMPERSONATE-UID', '0'],
    ['impersonate-extra-scopes', 'all'],
  ];
  for (const headers of asking) {
    const { status, body } = await world.ask('/api/v1/pods', [...person, ...headers]);
    t.equal(status, 403, headers.join(': '));
    t.match(body.toString(), /builtin\/no-impersonation/);
  }
  t.equal(
    (await world.ask('/version', [...person, ...bearer(await provider.token('sixth'))])).status,
    400,
    'two tokens',
  );
  t.same(heard, []);
  const passed = ['x-remote-user', 'admin', 'x-remote-group', 'system:masters', 'x-forwarded-user', 'admin'];
  t.equal((await world.ask('/version', [...person, ...passed])).status, 200);
  t.notMatch(heard.flat().join(), /admin|masters/);
});

t.test('claims that would be more than a name', async (t) => {
  const { heard, provider, world } = await stage(t);
  const person = provider.people.person!;
  const odd: Record<string, unknown>[] = [
    { email: 'person\nImpersonate-Group: system:masters' },
    { email: 'system:admin' },
    { email: ['person@example.com'] },
    { email: 7 },
    { email: undefined },
    { email: 'jаne@example.com' },
    { email: 'person@example.com', email_verified: false },
    { groups: { dev: true } },
    { groups: [['dev']] },
    { groups: ['dev', 7] },
    { groups: ['dev\r\nImpersonate-Group: system:masters'] },
    { groups: Array.from({ length: 600 }, (_, at) => `g${at}`) },
    { groups: undefined, _claim_names: { groups: 'x' } },
  ];
  for (const claims of odd) {
    provider.people.person = { ...person, ...claims };
    const { status } = await world.ask('/version', bearer(await provider.token('person')));
    t.equal(status, 401, JSON.stringify(claims).slice(0, 100));
  }
  provider.people.person = { ...person, groups: Array.from({ length: 10_000 }, (_, at) => `group-${at}`) };
  const refused = await world
    .ask('/version', bearer(await provider.token('person')))
    .catch(() => ({ status: 431 }));
  t.ok([401, 431].includes(refused.status), 'more than fits into a header');
  t.same(heard, []);
});

t.test('a share for each: one who asks too much waits, the others do not', async (t) => {
  const limits = { requestsPerSecond: 1, burst: 3, concurrent: 10 };
  const { provider, world } = await stage(t, { more: { limits } });
  const person = bearer(await provider.token('person'));
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask('/version', person)));
  const slowed = answers.filter(({ status }) => status === 429);
  t.ok(slowed.length >= 6);
  t.match(slowed[0]?.headers, { 'retry-after': '1' });
  t.match(JSON.parse(slowed[0]!.body.toString()), {
    reason: 'TooManyRequests',
    details: { retryAfterSeconds: 1 },
  });
  t.equal((await world.ask('/version', bearer(await provider.token('sixth')))).status, 200);
});

t.test(
  'a provider that is gone: known keys do for a while, and nobody is let in for want of them',
  async (t) => {
    const { provider, world } = await stage(t);
    const person = bearer(await provider.token('person'));
    t.same(await world.gateway.troubles(), []);
    await provider.close();
    t.equal((await world.ask('/version', person)).status, 200);
    const other = await startProvider(t, PEOPLE);
    const dead = await startGatewayWorld(t, sourceAt(9), {
      spec: specOf({ ...other, issuer: 'http://127.0.0.1:9' }),
    });
    t.match(await dead.gateway.troubles(), [/127\.0\.0\.1:9.*gives no keys/]);
    const foreign = await other.token('person');
    t.equal((await dead.ask('/version', bearer(foreign))).status, 401, 'an issuer that is not known');
  },
);

t.test('somebody leaves: what runs is cut, and on record', async (t) => {
  const { provider, world } = await stage(t, {
    listener: (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).write('{}\n'),
  });
  const watch = await world.open('/api/v1/pods?watch=true', bearer(await provider.token('person')));
  await once(watch, 'data');
  const gone = ({ identity }: { identity: { user: string } }) => identity.user === 'person@example.com';
  const cut = t.rejects(buffer(watch));
  t.equal(await world.gateway.end(gone, 'offboarded'), 1);
  await cut;
  const { bodies } = await world.events();
  t.match(
    bodies.filter(({ type }) => type === 'request.ended'),
    [{ outcome: 'failed' }],
  );
});

t.test('a session that the recorder ends does not come back by the same token', async (t) => {
  const provider = await startProvider(t, structuredClone(PEOPLE));
  const { source } = await serve(t, (_request, response) => void response.write('{}\n'));
  const endings = new Endings();
  const world = await startGatewayWorld(t, source, { spec: specOf(provider), endings });
  const person = bearer(await provider.token('person'));
  const watch = await world.open('/api/v1/pods?watch=true', person);
  await once(watch, 'data');
  const cut = t.rejects(buffer(watch));
  const [session] = (await world.log.sessions()).sessions;
  t.equal(endings.end(session!.id, 'offboarded'), true);
  await cut;
  const { status, body } = await world.ask('/version', person);
  t.match({ status, body: body.toString() }, { status: 401, body: /log in again/ });
  const sixth = await world.open('/version', bearer(await provider.token('sixth')));
  t.equal(sixth.statusCode, 200);
  sixth.destroy();
});

t.test('who asks for an approval is the person, who does not decide on it', async (t) => {
  const provider = await startProvider(t, structuredClone(PEOPLE));
  const { source } = await serve(t, (_request, response) => void response.end('{}'));
  let desk: Desk | null = null;
  const policy = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec: { defaults: { api: ask, unknown: ask } }
`;
  const world = await startGatewayWorld(t, source, {
    ...{ spec: specOf(provider), policy },
    approvals: async (log) => {
      desk = await Desk.open({
        journal: log,
        archive: log,
        clock: systemClock,
        key: log.secret('approvals'),
      });
      return desk;
    },
  });
  const asking = world.ask('/api/v1/pods', bearer(await provider.token('person')));
  const waiting = () => desk!.list().find(({ settled }) => settled === null);
  while (waiting() === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  const { request } = waiting()!;
  t.match(request.requester, { user: 'person@example.com', proof: 'signed' });
  const vote = { vote: 'approve' as const };
  await t.rejects(
    desk!.vote(request.id, { user: 'person@example.com', groups: [], login: 'browser-1' }, vote),
    { code: 'FORBIDDEN' },
  );
  await desk!.vote(request.id, { user: 'sixth@example.com', groups: [], login: 'browser-2' }, vote);
  t.equal((await asking).status, 200);
  desk!.close();
});

/** A kubeconfig as the README has it: a plugin fetches the token. */
async function kubeconfig(t: Test, { port, ca }: GatewayWorld, { issuer }: TestProvider): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'chaperone-kubectl-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const plugin = join(home, 'login.mjs');
  await writeFile(
    plugin,
    `const [issuer, client] = process.argv.slice(2);
const answer = await fetch(issuer + '/token', {
  method: 'POST',
  headers: { authorization: 'Basic ' + Buffer.from(client + ':${SECRET}').toString('base64') },
  body: new URLSearchParams({ grant_type: 'client_credentials', resource: '${AUDIENCE}' }),
});
const { access_token: token } = await answer.json();
console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status: { token } }));
`,
  );
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    ...{ interactiveMode: 'Never', command: process.execPath, args: [plugin, issuer, 'person'] },
  };
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(ca).toString('base64'),
  };
  const file = join(home, 'config');
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'gateway', cluster }],
      users: [
        { name: 'person', user: { exec } },
        { name: 'none', user: {} },
      ],
      contexts: [
        { name: 'person', context: { cluster: 'gateway', user: 'person' } },
        { name: 'none', context: { cluster: 'gateway', user: 'none' } },
      ],
      'current-context': 'person',
    }),
  );
  return file;
}

for (const age of ['old', 'current'] as const) {
  const program = kubectl(age);
  if (program === null) {
    t.pass('no kubectl for this machine', { skip: 'linux/amd64 only' });
    continue;
  }
  t.test(
    `kubectl with a credential plugin, ${age}: reads, runs a command, and is told why not`,
    async (t) => {
      const cluster = await startCluster(tls);
      t.teardown(async () => cluster.close());
      const provider = await startProvider(t, structuredClone(PEOPLE));
      const world = await startGatewayWorld(t, sourceAt(Number(new URL(cluster.url).port)), {
        spec: specOf(provider),
      });
      const KUBECONFIG = await kubeconfig(t, world, provider);
      const call = (...args: string[]) => {
        const child = run(program, args, {
          env: { PATH: process.env.PATH, HOME: join(KUBECONFIG, '..'), KUBECONFIG },
        });
        child.child.stdin?.end('hello');
        return child.then(
          (ran) => ({ ...ran, code: 0 }),
          (error) => error as { code: number; stdout: string; stderr: string },
        );
      };
      t.match(await call('get', 'pod', 'box', '-o', 'name'), { code: 0, stdout: 'pod/box\n' });
      t.match(await call('exec', '-i', 'box', '--', 'cat'), { code: EXIT, stdout: 'hello' });
      t.match(
        await call('--token', await provider.token('sixth'), '--context', 'none', 'get', 'pod', 'box'),
        {
          code: 0,
        },
      );
      t.match(await call('--as', 'admin', 'get', 'pod', 'box'), { code: 1, stderr: /no-impersonation/ });
      t.match(await call('--context', 'none', '--token', 'x', 'get', 'pod', 'box'), {
        code: 1,
        stderr: /Unauthorized|logged in/,
      });
      t.same(cluster.faults, []);
      const { bodies } = await world.events();
      const users = bodies.flatMap((body) => (body.type === 'session.start' ? [body.identity.user] : []));
      t.same([...new Set(users)].sort(), ['person@example.com', 'sixth@example.com']);
      t.match(
        bodies.find((body) => body.type === 'session.start' && body.entrance?.kind === 'remote'),
        { identity: { user: 'person@example.com', proof: 'signed' }, command: ['cat'] },
      );
    },
  );
}

t.test('one connection, many callers: each request is whose its own token says', async (t) => {
  const { heard, provider, world } = await stage(t);
  const [person, sixth] = [await provider.token('person'), await provider.token('sixth')];
  const socket = connect({ host: '127.0.0.1', port: world.port, ca: world.ca });
  await once(socket, 'secureConnect');
  const asking = (headers: string[], close = '') =>
    [
      'GET /version HTTP/1.1',
      'Host: x',
      ...headers,
      ...(close === '' ? [] : [`Connection: ${close}`]),
      '',
      '',
    ].join('\r\n');
  // Pipelined; the last names the header that says who it is as one that goes no further.
  socket.write(
    asking([`Authorization: Bearer ${person}`]) +
      asking([`Authorization: Bearer ${sixth}`]) +
      asking([]) +
      asking([`Authorization: Bearer ${person}`], 'authorization, impersonate-user, close'),
  );
  const said = (await buffer(socket)).toString();
  t.same(
    [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '200', '401', '200'],
  );
  const users = heard.map((lines) => lines.filter((line) => /^impersonate-user/.test(line)).join());
  t.same(users.sort(), [
    'impersonate-user: oidc:person@example.com',
    'impersonate-user: oidc:person@example.com',
    'impersonate-user: oidc:sixth@example.com',
  ]);
});

t.test('header names that a careless reader would take for others', async (t) => {
  const { heard, provider, world } = await stage(t);
  const person = await provider.token('person');
  const odd = [
    'Impersonate_User: admin',
    'Impersonate-User : admin',
    ' Impersonate-User: admin',
    'X: y\rImpersonate-User: admin',
    'X: y\nImpersonate-User: admin',
    'X: y\0Impersonate-User: admin',
    'Authorization\t: Bearer x',
    `authorization: Bearer ${person}`,
    'Transfer-Encoding: chunked\r\nContent-Length: 5',
    'Impersonate-Extra-%0d%0aImpersonate-User: admin',
  ];
  for (const line of odd) {
    const socket = connect({ host: '127.0.0.1', port: world.port, ca: world.ca });
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined);
    socket.write(
      `GET /version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${person}\r\n${line}\r\nConnection: close\r\n\r\n`,
    );
    const said = (await buffer(socket)).toString();
    if (!/^HTTP\/1\.1 (400|403)/.test(said)) t.match(said, /^HTTP\/1\.1 200/, JSON.stringify(line));
  }
  t.notMatch(heard.flat().join('\n'), /admin/);
  t.ok(heard.every((lines) => lines.length === 3));
});
