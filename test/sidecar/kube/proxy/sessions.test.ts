/** Tokens of shells: their requests land in the shell's own session, and end before it does. */
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import t from 'tap';
import { parse } from 'yaml';
import { ShellAccess } from '../../../../sidecar/kube/shell-access.ts';
import { startDraft } from '../../../recorder/server/world.ts';
import { drain, serve, startWorld } from './world.ts';

const SHELL = '01JD0000000000000000000001';
const PODS = '/api/v1/namespaces/agents/pods';

t.test('a shell has a token of its own, for as long as it runs', async (t) => {
  const upstream = await serve(t, ({ url = '' }, response) => {
    if (url.includes('watch')) response.writeHead(200).write('{"event":1}');
    else response.end('{}');
  });
  const world = await startWorld(t, upstream.source);
  const access = new ShellAccess(world.kube, world.log);
  const config = parse(await access.grant(SHELL));
  const { token } = config.users[0].user;
  t.not(token, world.token);
  t.equal(config.clusters[0].cluster.server, world.kube.url);
  t.equal(config.contexts[0].context.namespace, 'agents');
  const headers = { authorization: `Bearer ${token}` };
  t.equal((await world.ask(PODS, { headers })).status, 503, 'not before it has begun');
  await world.log.append(SHELL, [startDraft()]);
  t.equal((await world.ask(PODS, { headers })).status, 200);

  const socket = await world.dial();
  const cut = drain(socket);
  socket.write(`GET ${PODS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await once(socket, 'data');
  await access.revoke(SHELL);
  const types = (await world.log.bodies(SHELL)).map(({ type }) => type);
  t.equal(types.at(-1), 'request.ended', 'the watch has ended in the log before revoke resolves');
  t.match((await world.log.bodies(SHELL)).at(-1), { outcome: 'failed', error: /its session has ended/ });
  await cut;
  t.equal((await world.ask(PODS, { headers })).status, 401);
  t.equal((await world.ask(PODS)).status, 200, 'the machine’s own token is not concerned');
  const { sessions } = await world.log.sessions();
  t.match(
    sessions.find(({ id }) => id === SHELL),
    { requests: 2 },
  );
});

t.test('a second grant makes the first worth nothing', async (t) => {
  const upstream = await serve(t, (_request, response) => response.end('{}'));
  const world = await startWorld(t, upstream.source);
  const access = new ShellAccess(world.kube, world.log);
  await world.log.append(SHELL, [startDraft()]);
  const tokenOf = (text: string) => parse(text).users[0].user.token as string;
  const [first, second] = [tokenOf(await access.grant(SHELL)), tokenOf(await access.grant(SHELL))];
  t.equal((await world.ask(PODS, { headers: { authorization: `Bearer ${first}` } })).status, 401);
  t.equal((await world.ask(PODS, { headers: { authorization: `Bearer ${second}` } })).status, 200);
});

t.test('stopping cuts what is under way, records it, and then ends the session', async (t) => {
  const upstream = await serve(t, (_request, response) => response.writeHead(200).write('{"event":1}'));
  const world = await startWorld(t, upstream.source);
  const socket = await world.dial();
  socket.write(`GET ${PODS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n\r\n`);
  await once(socket, 'data');
  const { bodies } = await world.evidence();
  t.same(
    bodies.slice(-2).map(({ type }) => type),
    ['request.ended', 'session.end'],
  );
  t.match(bodies.at(-2), { outcome: 'failed', error: /stopping/ });
});

t.test('one connection carries many requests, also in one piece', async (t) => {
  const upstream = await serve(t, ({ url }, response) => response.end(JSON.stringify(url)));
  const world = await startWorld(t, upstream.source);
  const socket = await world.dial();
  const text = drain(socket);
  const get = (n: number, last = '') =>
    `GET /healthz?n=${n} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n${last}\r\n`;
  socket.write(get(1) + get(2) + get(3, 'Connection: close\r\n'));
  t.same(
    [...(await text).matchAll(/n=(\d)/g)].map(([, n]) => n),
    ['1', '2', '3'],
  );
  const { admitted, ended } = await world.evidence();
  t.same(ended.map(({ id }) => id).sort(), admitted.map(({ id }) => id).sort());
  t.equal(admitted.length, 3);
});

t.test('a body is not invited before its sender is known', async (t) => {
  const upstream = await serve(t, (_request, response) => response.end('{}'));
  const world = await startWorld(t, upstream.source);
  const { port, ca } = world;
  const invited: string[] = [];
  const post = (headers: Record<string, string | number>) =>
    new Promise<number>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, ca, path: PODS, method: 'POST', agent: false };
      const outgoing = httpsRequest(
        { ...options, headers: { expect: '100-continue', ...headers } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
          outgoing.destroy();
        },
      );
      outgoing.on('continue', () => {
        invited.push(String(headers['content-length']));
        outgoing.end('{}');
      });
      outgoing.on('error', reject);
      outgoing.flushHeaders();
    });
  const authorization = `Bearer ${world.token}`;
  const type = { 'content-type': 'application/json' };
  t.equal(await post({ ...type, 'content-length': 2 }), 401);
  t.equal(await post({ ...type, authorization, 'content-length': 4 << 20 }), 413);
  t.equal(await post({ ...type, authorization, 'content-length': 2 }), 200);
  t.same(invited, ['2']);
});
