/** What other pages, other names and broken clients can send. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../../recorder/server/ingest/frame.ts';
import { startServer } from '../../../recorder/server/server.ts';
import { ID, startDraft, startWorld, type World } from './world.ts';

t.test('only our own names are answered to', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const { port } = world.server;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`, `[::1]:${port}`]) {
    t.equal((await world.get('/api/whoami', { headers: { host, cookie } })).status, 200, host);
  }
  const foreign = [
    'evil.test',
    `evil.test:${port}`,
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `localhost.evil.test:${port}`,
    `127.0.0.1:${port}@evil.test`,
    `127.0.0.1:${port}.`,
    `0.0.0.0:${port}`,
  ];
  for (const host of foreign) {
    for (const path of ['/api/whoami', '/livez', '/', '/login?token=x']) {
      t.equal((await world.get(path, { headers: { host, cookie } })).status, 403, `${host} ${path}`);
    }
  }
});

t.test('a request line or head that is bent is refused', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const { port } = world.server;
  const host = `Host: 127.0.0.1:${port}`;
  const head = `${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
  const status = async (bytes: string) => (await world.raw(bytes)).slice(9, 12);
  t.equal(await status(`GET /api/whoami HTTP/1.1\r\n${head}`), '200');
  t.equal(await status(`GET http://evil.test/api/whoami HTTP/1.1\r\n${head}`), '400', 'an absolute target');
  t.equal(await status(`GET http://127.0.0.1:${port}/api/whoami HTTP/1.1\r\n${head}`), '400');
  t.equal(await status(`GET //evil.test/api/whoami HTTP/1.1\r\n${head}`), '400', 'a target that is a host');
  t.equal(await status(`GET * HTTP/1.1\r\n${head}`), '400');
  t.equal(await status(`GET /api/whoami HTTP/1.1\r\nHost: evil.test\r\n${head}`), '403', 'two hosts');
  t.equal(
    await status(`GET /api/whoami HTTP/1.1\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`),
    '400',
    'no host',
  );
  t.equal(await status('GET /livez HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n'), '403', 'an empty host');
  t.equal(
    await status(`GET /api/sessions/%zz HTTP/1.1\r\n${head}`),
    '400',
    'a percent sign that encodes nothing',
  );
  t.equal(await status(`GET /api/sessions/%00 HTTP/1.1\r\n${head}`), '404');
  t.equal(
    await status(`GET /api/whoami HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n${head}`),
    '431',
    'a long head',
  );
  t.equal(await status(`CONNECT 127.0.0.1:22 HTTP/1.1\r\n${head}`), '', 'no proxy');
});

t.test('no path leads out of the page', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const head = `Host: 127.0.0.1:${world.server.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
  const targets = [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/....//secret.txt',
    '/secret.txt',
    `${world.data}/secret.txt`,
    '/../token',
    '/../key',
    '/index.html%00.js',
    '/__proto__',
    '/constructor',
  ];
  for (const target of targets) {
    const reply = await world.raw(`GET ${target} HTTP/1.1\r\n${head}`);
    t.match(reply.slice(9, 12), /400|404/, target);
    t.notMatch(reply, /outside/, target);
  }
});

t.test('every answer carries the headers of a strict page', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  for (const [path, headers] of [
    ['/', { cookie }],
    ['/', {}],
    ['/api/whoami', { cookie }],
    ['/nothing.js', { cookie }],
    ['/livez', {}],
    ['/', { accept: 'text/html' }],
  ] as const) {
    const reply = await world.get(path, { headers });
    t.match(
      reply.headers,
      {
        'content-security-policy': /^default-src 'none';.*frame-ancestors 'none'/,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      },
      path,
    );
    t.notMatch(reply.headers['content-security-policy'], /unsafe-inline|'unsafe-eval'|\*/);
    t.notOk(
      Object.keys(reply.headers).some((name) => name.startsWith('access-control-')),
      'no CORS',
    );
    if (path !== '/' || !('cookie' in headers)) t.equal(reply.headers['cache-control'], 'no-store');
  }
});

t.test('the page and its files', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const get = (path: string, headers = {}) => world.get(path, { headers: { cookie, ...headers } });
  const page = await get('/sessions/01JD', { accept: 'text/html' });
  t.match(page, { status: 200, text: /player/, headers: { 'cache-control': 'private, no-cache' } });
  t.equal((await get('/sessions/01JD')).status, 404, 'a program gets no page for an address that is none');
  t.equal((await get('/api/nothing', { accept: 'text/html' })).status, 404);
  const script = await get('/assets/index-a1B2c3D4.js', { 'accept-encoding': 'gzip' });
  t.match(script.headers, {
    'content-encoding': 'gzip',
    'cache-control': /immutable/,
    'content-type': /javascript/,
  });
  t.equal((await get('/', { 'if-none-match': page.headers.etag! })).status, 304);
  const head = await world.get('/', { method: 'HEAD', headers: { cookie } });
  t.match(head, { status: 200, text: '', headers: { 'content-length': page.headers['content-length']! } });
  t.equal(
    (await world.get('/', { method: 'POST', headers: { cookie, origin: world.server.url } })).status,
    404,
  );
});

t.test('other origins are refused, those on another port of this machine too', async (t) => {
  const world = await startWorld(t);
  const cookie = await world.login();
  const get = async (path: string, headers = {}, method = 'GET') =>
    (await world.get(path, { method, headers: { cookie, ...headers } })).status;
  const own = world.server.url;
  for (const origin of [
    'http://evil.test',
    'null',
    'http://127.0.0.1:1',
    own.replace('http', 'https'),
    `http://localhost:${world.server.port}`,
  ]) {
    t.equal(await get('/api/sessions', { origin }), 403, origin);
    t.equal(await get('/api/logout', { origin }, 'POST'), 403, origin);
  }
  t.equal(await get('/api/logout', {}, 'POST'), 403, 'a change that does not say where it comes from');
  for (const site of ['cross-site', 'same-site']) {
    t.equal(await get('/api/sessions', { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }), 403, site);
    const navigation = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    t.equal(await get('/', navigation), 200, 'a link leads to the page');
    t.equal(await get('/api/sessions', navigation), 403, 'but not to data');
    t.equal(await get('/', { ...navigation, 'sec-fetch-dest': 'iframe' }), 403);
  }
  t.equal(await get('/api/sessions', { 'sec-fetch-site': 'same-origin', origin: own }), 200);
  t.equal(await get('/api/sessions', { 'sec-fetch-site': 'none' }), 200);
  t.equal(await get('/api/logout', { origin: own }, 'POST'), 204);
});

t.test('WebSockets: no login, another origin, a wrong protocol, a wrong address', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft()]);
  const cookie = await world.login();
  const bearer = { authorization: `Bearer ${world.token}` };
  const live = `/api/sessions/${ID}/live`;
  const own = world.server.url;
  const cases: [string, string, Record<string, string>, string, number][] = [
    ['no login', live, { origin: own }, 'v1.alis', 401],
    ['no login', '/ingest', {}, SUBPROTOCOL, 401],
    ['a wrong token', '/ingest', { authorization: 'Bearer wrong' }, SUBPROTOCOL, 401],
    ['another origin', live, { cookie, origin: 'http://evil.test' }, 'v1.alis', 403],
    ['another port', live, { cookie, origin: 'http://127.0.0.1:1' }, 'v1.alis', 403],
    ['no origin', live, { cookie }, 'v1.alis', 403],
    ['another host', live, { cookie, origin: own, host: 'evil.test' }, 'v1.alis', 403],
    ['a browser that writes', '/ingest', { cookie, origin: own }, SUBPROTOCOL, 403],
    ['another page with the token', '/ingest', { ...bearer, origin: 'http://evil.test' }, SUBPROTOCOL, 403],
    ['another protocol', '/ingest', bearer, 'chaperone.ingest.v0', 400],
    ['no session', `/api/sessions/${ID.replace('1', '2')}/live`, { cookie, origin: own }, 'v1.alis', 404],
    ['no such address', '/api/sessions', { cookie, origin: own }, 'v1.alis', 404],
  ];
  for (const [what, path, headers, protocol, status] of cases) {
    t.equal(await upgradeStatus(world, path, headers, protocol), status, `${what}: ${path}`);
  }
  t.equal(await upgradeStatus(world, live, { cookie, origin: own }, 'v1.alis'), 101);
  t.equal(await upgradeStatus(world, '/ingest', bearer, SUBPROTOCOL), 101);
});

t.test('a refused upgrade gives its place back, whether or not the client hangs up', async (t) => {
  const world = await startWorld(t);
  const host = `127.0.0.1:${world.server.port}`;
  const socket = connect({ port: world.server.port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(async () => socket.destroy());
  const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
  socket.write(`GET /ingest HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await once(socket.resume(), 'end');
  // Only a socket that is there no more answers what is sent to it with a reset.
  const writing = setInterval(() => socket.write('still here'), 10);
  t.teardown(async () => clearInterval(writing));
  const [error] = await failed;
  t.match(error.code, /ECONNRESET|EPIPE/);
});

t.test('a port in use is one clear line', async (t) => {
  const world = await startWorld(t);
  const { port } = world.server;
  const again = startServer({ log: world.log, data: world.data, port, assets: null, clock: world.clock });
  await t.rejects(again, { code: 'PORT_IN_USE', message: new RegExp(`port ${port} .*--port`) });
});

t.test('close ends idle and silent connections within its bound, and takes no more', async (t) => {
  const world = await startWorld(t);
  const idle = connect(world.server.port, '127.0.0.1');
  const slow = connect(world.server.port, '127.0.0.1', () => slow.write('GET / HTTP/1.1\r\nHost: '));
  const ended = [idle, slow].map(
    (socket) => new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve())),
  );
  await world.get('/livez');
  await world.server.close();
  await Promise.all(ended);
  await t.rejects(world.get('/livez'), { code: 'ECONNREFUSED' });
  await world.server.close();
});

/** 101, or the status of the refusal. */
function upgradeStatus(
  world: World,
  path: string,
  headers: Record<string, string>,
  protocol: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}${path}`, protocol, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}
