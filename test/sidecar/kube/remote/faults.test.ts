/** An upstream that is slow, gone or mad, and a client that leaves: what the other hears, and what is recorded. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { dial } from '../../../../sidecar/kube/remote/dial.ts';
import { acceptFor } from '../../../../sidecar/kube/wire/websocket/handshake.ts';
import { type Cluster, startCluster } from '../cluster.ts';
import { drain, serveBytes, sourceAt, startWorld, tls, type World } from '../proxy/world.ts';
import { pair } from './stage.ts';

const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';
const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec: { defaults: { api: allow, commands: allow, unknown: allow } }
`;

function ask(token: string, path = 'exec?command=cat&stdin=true&stdout=true&stderr=true', more = ''): string {
  return [
    `GET /api/v1/namespaces/default/pods/box/${path} HTTP/1.1`,
    'Host: x',
    ...(token === '' ? [] : [`Authorization: Bearer ${token}`]),
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    ...[`Sec-WebSocket-Key: ${KEY}`, `Sec-WebSocket-Protocol: v5.channel.k8s.io${more}`, '', ''],
  ].join('\r\n');
}

/** Resolves with the server's side of the connection, once it has read the head of a request, and with that. */
async function scene(
  t: Test,
  respond: (socket: TLSSocket, head: string) => void,
  policy: string = POLICY,
): Promise<World> {
  const server = await serveBytes(t, (socket) => {
    let head = '';
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => {
      head += text;
      if (head.endsWith('\r\n\r\n')) respond(socket, head);
    });
  });
  return startWorld(t, server.source, { policy });
}

/** The end of the request and of its session. */
async function ending(world: World) {
  await world.kube.close();
  const { sessions } = await world.log.sessions();
  const [remote] = sessions.filter(({ entrance }) => entrance?.kind === 'remote');
  const { ended } = await world.evidence();
  const session = remote === undefined ? undefined : (await world.log.bodies(remote.id)).at(-1);
  return { request: ended, session };
}

t.test('a client that leaves before it is answered takes its request with it', async (t) => {
  const asked = Promise.withResolvers<TLSSocket>();
  const world = await scene(t, (socket) => asked.resolve(socket));
  const client = await world.dial();
  client.write(ask(world.token));
  const upstream = await asked.promise;
  client.end();
  await new Promise((resolve) => upstream.once('close', resolve));
  const { request, session } = await ending(world);
  t.match(request, [{ outcome: 'cancelled', status: 0, error: 'the client went away' }]);
  t.match(session, { reason: 'failed', error: 'the client went away' });
});

t.test('stopping does not wait for a server that does not answer', async (t) => {
  const asked = Promise.withResolvers<TLSSocket>();
  const world = await scene(t, (socket) => asked.resolve(socket));
  const client = await world.dial();
  client.write(ask(world.token));
  await asked.promise;
  const { request, session } = await ending(world);
  t.match(request, [{ outcome: 'failed', status: 0, error: 'chaperone is stopping' }]);
  t.match(session, { reason: 'failed', error: 'chaperone is stopping' });
});

t.test('stopping does not wait for a server that does not even shake hands', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(async () => silent.close());
  const world = await startWorld(t, sourceAt((silent.address() as { port: number }).port), {
    policy: POLICY,
  });
  const reached = once(silent, 'connection');
  const client = await world.dial();
  client.write(ask(world.token));
  const [socket] = await reached;
  const { request } = await ending(world);
  t.match(request, [{ outcome: 'failed', status: 0, error: 'chaperone is stopping' }]);
  socket.destroy();
});

t.test('an answer that is no upgrade is passed on whole', async (t) => {
  const body = '{"kind":"Status","code":429}';
  const asked: string[] = [];
  const world = await scene(t, (socket, head) => {
    asked.push(head);
    socket.end(
      `HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Type: application/json\r\nX-Own: a\r\nKeep-Alive: 9\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });
  const client = await world.dial();
  const said = drain(client);
  client.write(ask(world.token, undefined, '\r\nAccept-Encoding: gzip'));
  t.equal(
    await said,
    `HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Type: application/json\r\nX-Own: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  t.notMatch(asked[0], /accept-encoding/i, 'so that the body is one that can be read');
  const { request, session } = await ending(world);
  t.match(request, [{ outcome: 'answered', status: 429, answer: { bytes: body.length } }]);
  t.match(session, { reason: 'failed', error: 'the API server answered 429 Too Many Requests' });
});

for (const [about, defaults] of [
  ['the exec', 'exec: ask, commands: allow'],
  ['its command', 'exec: allow, commands: ask'],
] as const) {
  t.test(`nobody is asked about ${about} in a pod that is not there: the server has answered`, async (t) => {
    const body = '{"kind":"Status","reason":"NotFound","message":"pods \\"box\\" not found","code":404}';
    const asked: string[] = [];
    const world = await scene(
      t,
      (socket, head) => {
        asked.push(head.split(' HTTP/')[0]!);
        const length = `Content-Length: ${body.length}`;
        socket.end(`HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n${length}\r\n\r\n${body}`);
      },
      POLICY.replace('commands: allow', defaults),
    );
    const client = await world.dial();
    const said = drain(client);
    client.write(ask(world.token));
    t.match(await said, /^HTTP\/1\.1 404 Not Found\r\n/);
    t.ok((await said).endsWith(`\r\n\r\n${body}`), await said);
    t.same(world.desk.list(), []);
    t.same(asked, ['GET /api/v1/namespaces/default/pods/box'], 'the exec itself is not sent');
    const { request } = await ending(world);
    t.match(request, [{ outcome: 'answered', status: 404, error: /no such pod/ }]);
  });
}

const SMUGGLED = 'bytes of nobody';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const ACCEPT = `Sec-WebSocket-Accept: ${acceptFor(KEY)}\r\n`;
for (const [name, answer] of [
  ['a wrong accept', `HTTP/1.1 101 X\r\n${UPGRADE}${ACCEPT}\r\n`],
  ['no upgrade at all', 'HTTP/1.1 101 X\r\n\r\n'],
  ['garbage', 'nothing that is HTTP\r\n\r\n'],
  ['half of a head', 'HTTP/1.1 101 Switching'],
  ['a body that breaks off', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n{'],
  ['nothing', ''],
] as const) {
  t.test(`${name} of the server is told as what it is, and no byte behind it passes`, async (t) => {
    const world = await scene(t, (socket) => socket.end(answer + (answer === '' ? '' : SMUGGLED)));
    const client = await world.dial();
    const said = drain(client);
    client.write(ask(world.token) + SMUGGLED);
    t.match(await said, /^HTTP\/1\.1 503 .*"kind":"Status"/s);
    t.notMatch(await said, SMUGGLED);
    const { request, session } = await ending(world);
    t.match(request, [{ outcome: 'failed', status: 503, error: /\w/ }]);
    t.match(session, { reason: 'failed', error: /\w/ });
  });
}

t.test('an answer with "Upgrade" that is no 101 upgrades nothing', async (t) => {
  const world = await scene(t, (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\n${UPGRADE}${ACCEPT}Content-Length: 2\r\n\r\n{}`),
  );
  const client = await world.dial();
  const said = drain(client);
  client.write(ask(world.token));
  t.match(await said, /^HTTP\/1\.1 200 OK\r\n.*Connection: close.*\{\}$/s);
  t.notMatch(await said, /upgrade/i);
});

t.test('a server that is silent is given up', async (t) => {
  const [near, far] = await pair(t);
  far.on('error', () => undefined).resume();
  const way = { socket: near, identity: [], prefix: '' };
  const asked = { method: 'GET', uri: '/', host: 'x', headers: [] };
  await t.rejects(dial(way, asked, 50), { message: 'no answer within 0.05 s' });
});

t.test('ports that are none are told before the server is asked', async (t) => {
  const world = await scene(t, () => t.fail('the server was asked'));
  const client = await world.dial();
  const said = drain(client);
  client.write(ask(world.token, 'portforward?ports=x').replace('v5.', 'v4.'));
  t.match(await said, /^HTTP\/1\.1 400 .*is no port/s);
});

t.test('stopping does not wait for those who were refused and stay', async (t) => {
  const world = await scene(t, () => t.fail('the server was asked'));
  const client = await world.dial();
  client.pause().write(ask(''));
  await once(client, 'readable');
  await world.kube.close();
  await once(client.resume(), 'close');
  t.pass('it left');
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

t.test('no descriptor stays behind, however it ends', async (t) => {
  const cluster: Cluster = await startCluster(tls);
  t.teardown(async () => cluster.close());
  const world = await startWorld(t, sourceAt(Number(new URL(cluster.url).port)), { policy: POLICY });
  const before = openSockets();
  for (let turn = 0; turn < 40; turn++) {
    const client = await world.dial();
    const gone = once(client, 'close');
    client.write(ask(turn % 4 === 0 ? 'nobody' : world.token, turn % 4 === 1 ? 'log' : undefined));
    const [said] = (await once(client, 'data')) as [Buffer];
    if (turn % 4 < 2) t.match(said.toString('latin1'), /^HTTP\/1\.1 4/);
    else {
      t.match(said.toString('latin1'), /^HTTP\/1\.1 101/);
      if (turn % 4 === 2) client.destroy();
      else client.write(Buffer.from([0xff, 0xff]));
    }
    await gone;
  }
  while (openSockets() > before) await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(world.reported, []);
  const { admitted, ended } = await world.evidence();
  t.same(ended.map(({ id }) => id).sort(), admitted.map(({ id }) => id).sort());
});
