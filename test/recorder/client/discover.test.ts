/** Finding the recorder of a directory, and never telling a stranger the token. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findRecorder } from '../../../recorder/client/discover.ts';
import { startWorld } from '../server/world.ts';
import { startRecorder, startRecorderOn } from './recorder.ts';

t.test('a running recorder is found, a dead one is not', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-discover-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  t.equal(await findRecorder(data, {}), null, 'nothing there');
  const peer = await startRecorderOn(t, data);
  t.match(await findRecorder(data, {}), { url: /^http:\/\/127\.0\.0\.1:\d+$/, token: /^[\w-]{43}$/ });
  await peer.stop('SIGKILL');
  t.equal(await findRecorder(data, {}), null, 'killed');
  const again = await startRecorderOn(t, data);
  await again.stop('SIGTERM');
  t.equal(await findRecorder(data, {}), null, 'ended');
});

t.test('the environment comes first', async (t) => {
  const { recorder, data } = await startWorld(t);
  const env = { CHAPERONE_URL: recorder.url, CHAPERONE_TOKEN: recorder.token };
  t.same(await findRecorder('/nowhere', env), recorder);
  t.same(
    await findRecorder(data, { CHAPERONE_URL: `${recorder.url}/` }),
    recorder,
    'the token of the directory',
  );
  await t.rejects(findRecorder('/nowhere', { CHAPERONE_URL: recorder.url }), { code: 'USAGE' });
  for (const url of ['nonsense', 'ftp://127.0.0.1', `${recorder.url}/path`]) {
    await t.rejects(findRecorder(data, { ...env, CHAPERONE_URL: url }), { code: 'USAGE' }, url);
  }
  await t.rejects(findRecorder(data, { ...env, CHAPERONE_URL: 'http://127.0.0.1:9' }), {
    code: 'RECORDER_GONE',
  });
  await t.rejects(findRecorder(data, { ...env, CHAPERONE_TOKEN: 'another' }), { code: 'RECORDER_GONE' });
});

t.test('a stranger on the port that a dead recorder left learns nothing', async (t) => {
  const peer = await startRecorder(t);
  const { token, url } = peer.recorder;
  await peer.stop('SIGKILL');
  const seen: IncomingMessage[] = [];
  const stranger = createServer((request, response) => {
    seen.push(request);
    response.end('a'.repeat(43));
  });
  await new Promise<void>((resolve) => stranger.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  t.teardown(async () => stranger.close());
  t.equal(await findRecorder(peer.data, {}), null);
  t.equal(seen.length, 1);
  t.notMatch(JSON.stringify([seen[0]?.url, seen[0]?.rawHeaders]), token);
});

t.test('a stranger that passes the question on is found out', async (t) => {
  const real = await startWorld(t);
  const between = createServer(async (request, response) => {
    const reply = await fetch(`${real.recorder.url}${request.url}`);
    response.end(await reply.text());
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => between.close());
  const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
  await t.rejects(findRecorder(real.data, { CHAPERONE_URL: url }), { code: 'RECORDER_GONE' });
});

t.test('an owner file that is none is no recorder', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-discover-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  await writeFile(join(data, 'token'), `${'t'.repeat(43)}\n`, { mode: 0o600 });
  for (const text of ['', '{', '[]', 'null', '{"pid":1}', '{"pid":1,"command":"x"}']) {
    await writeFile(join(data, 'owner'), text);
    t.equal(await findRecorder(data, {}), null, text);
  }
  for (const url of ['http://example.invalid/x', 'file:///etc/passwd', 7, 'http://127.0.0.1:9']) {
    await writeFile(join(data, 'owner'), JSON.stringify({ pid: 1, command: 'x', url }));
    t.equal(await findRecorder(data, {}), null, String(url));
  }
});
