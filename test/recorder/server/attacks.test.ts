/** What the list of attacks in SECURITY.md names and no other file of tests covers; and that each it names is there. */
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { asking } from '../approvals/sample.ts';
import { ID, pathOf, startDraft, startWorld } from './world.ts';

t.test('each attack in SECURITY.md is covered by tests that are there', async (t) => {
  const root = new URL('../../../', import.meta.url);
  const text = await readFile(new URL('SECURITY.md', root), 'utf8');
  const [, section = ''] = text.split('\n## Attacks on the page and the API\n');
  const rows = section
    .split('\n## ', 1)[0]!
    .split('\n')
    .filter((line) => /^\|.*`test\//.test(line));
  t.ok(rows.length >= 12, 'the table is there');
  for (const row of rows)
    for (const [, file = '', rest = ''] of row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`((?:[,:]? “[^”]+”)+)/g))
      for (const [, name = ''] of rest.matchAll(/“([^”]+)”/g)) {
        const source = await readFile(new URL(file, root), 'utf8').catch(() => '');
        t.ok(source.includes(`t.test('${name}'`), `${file}: ${name}`);
      }
  for (const [, file = ''] of text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g))
    t.ok((await stat(new URL(file, root)).catch(() => null)) !== null, `${file}, wherever it is named`);
  for (const row of rows) t.match(row, /`test\/[\w/.-]+\.test\.ts`[,:]? “/, 'each row names a test');
});

t.test('session fixation: a cookie that somebody brought along is never the one that logs in', async (t) => {
  const world = await startWorld(t);
  const name = `chaperone-${world.server.port}`;
  const planted = `${name}=${'A'.repeat(43)}`;
  const reply = await world.get(pathOf(world.server.loginUrl()), { headers: { cookie: planted } });
  const [own] = reply.headers['set-cookie']!;
  t.notMatch(own, planted);
  const whoami = async (cookie: string) => (await world.get('/api/whoami', { headers: { cookie } })).status;
  t.equal(await whoami(planted), 401, 'what was planted is worth nothing, before and after');
  t.equal(await whoami(own!.split(';')[0]!), 200);
  const [first, second] = [await world.login(), await world.login()];
  t.not(first, second, 'each login has a cookie of its own');
  const viewer = await world.login({ user: 'viewer', groups: [], roles: ['viewer'] });
  const link = pathOf(world.server.loginUrl());
  const raised = await world.get(link, { headers: { cookie: viewer } });
  const cookie = raised.headers['set-cookie']![0]!.split(';')[0]!;
  t.not(cookie, viewer, 'who becomes somebody else gets another');
  const who = async (as: string) =>
    JSON.parse((await world.get('/api/whoami', { headers: { cookie: as } })).text);
  t.match(await who(cookie), { user: 'admin' });
  t.equal(await whoami(viewer), 401, 'and the former one ends');
  for (const [attribute, text] of Object.entries({ HttpOnly: own, 'SameSite=Strict': own, 'Path=/': own }))
    t.match(text, attribute);
  t.notMatch(own, /domain=/i, 'no other host is sent it');
});

t.test('cache poisoning: what a cache could keep, or a header could turn', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft()]);
  const cookie = await world.login();
  const turning = {
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    'x-original-url': '/api/checkpoint',
    'x-rewrite-url': '/api/checkpoint',
    forwarded: 'host=evil.test',
    'x-http-method-override': 'DELETE',
  };
  for (const path of [
    '/',
    '/api/whoami',
    '/api/sessions',
    `/api/sessions/${ID}/cast`,
    '/nothing',
    '/login?token=x',
  ]) {
    const plain = await world.get(path, { headers: { cookie } });
    const turned = await world.get(path, { headers: { cookie, ...turning } });
    t.equal(turned.status, plain.status, path);
    t.equal(turned.text, plain.text, `${path}: no header but Host and the cookie says what is answered`);
    t.notMatch(JSON.stringify(turned.headers), 'evil.test');
    const cached = plain.headers['cache-control'] ?? '';
    t.match(cached, path === '/' ? /^private, no-cache$/ : /^no-store$/, path);
  }
  const script = await world.get('/assets/index-a1B2c3D4.js', { headers: { cookie } });
  t.match(script.headers['cache-control'], /^private,/, 'no shared cache keeps a file that wants a login');
  t.match(script.headers.vary, 'Cookie');
  const link = await world.get(pathOf(world.server.loginUrl()));
  t.equal(link.headers['cache-control'], 'no-store', 'nor an answer that sets a cookie');
  // A path that only looks like a file must not make data look like one to a cache.
  for (const path of ['/api/whoami/x.css', '/api/whoami;x.css', '/api/whoami%2fx.css', '/api/sessions/x.js'])
    t.equal((await world.get(path, { headers: { cookie } })).status, 404, path);
});

t.test('huge bodies: no address reads more than it can use, or waits for the rest', async (t) => {
  const kube = { grant: async () => 'kubeconfig', revoke: async () => {} };
  const credentialReads = { ofCommand: () => [], isCredential: () => false };
  // With all routes that there can be.
  const world = await startWorld(t, { kube, credentialReads, sessionKey: Buffer.alloc(32) });
  const asked = world.desk.ask(asking()).catch(() => {});
  while (world.desk.list().length === 0) await sleep(2);
  const { id } = world.desk.list()[0]!.request;
  const head = `Host: 127.0.0.1:${world.server.port}\r\nAuthorization: Bearer ${world.token}\r\nContent-Type: application/json\r\n`;
  const flood = 64 * 1024 * 1024;
  const cut = async (method: string, path: string, length: string): Promise<void> => {
    const socket = connect(world.server.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`${method} ${path.replace(':id', id)} HTTP/1.1\r\n${head}${length}\r\n\r\n`);
    const space = ' '.repeat(1 << 20);
    const piece = Buffer.from(length.startsWith('Content') ? space : `100000\r\n${space}\r\n`);
    let sent = 0;
    while (sent < flood && socket.writable) {
      sent += piece.length;
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closed]).catch(() => {});
    }
    t.ok(sent < flood, `${method} ${path}: cut after ${sent} bytes (${length})`);
    t.notMatch(answer, /HTTP\/1.1 5/, `${method} ${path}`);
    socket.destroy();
  };
  for (const length of ['Content-Length: 1000000000000', 'Transfer-Encoding: chunked'])
    await Promise.all(
      world.server.table
        .filter(({ method }) => method !== 'WebSocket')
        .map(({ method, path }) => cut(method, path, length)),
    );
  await world.desk.cancel(id, 'test').catch(() => {});
  await asked;
  t.same(world.reported, []);
});

t.test('slow clients: a head, a body and a silent connection are each cut in time', async (t) => {
  const limits = {
    headersTimeout: 150,
    requestTimeout: 300,
    connectionsCheckingInterval: 50,
    keepAliveTimeout: 100,
  };
  const world = await startWorld(t, { limits });
  const own = `Host: 127.0.0.1:${world.server.port}\r\nAuthorization: Bearer ${world.token}\r\n`;
  const starts: Record<string, string> = {
    'a head': 'GET /livez HTTP/1.1\r\n',
    'a body': `POST /api/policy/explain HTTP/1.1\r\n${own}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
    silence: `GET /livez HTTP/1.1\r\n${own}\r\n`,
  };
  for (const [what, start] of Object.entries(starts)) {
    const socket = connect(world.server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(start);
    const drip = setInterval(
      () => what !== 'silence' && socket.write(what === 'a head' ? 'X: y\r\n' : ' '),
      20,
    );
    socket.resume();
    await once(socket, 'close');
    clearInterval(drip);
    t.equal((await world.get('/livez')).status, 200, what);
  }
});
