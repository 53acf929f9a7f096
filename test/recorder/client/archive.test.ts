/** The remote archive says what the local one says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { RemoteArchive } from '../../../recorder/client/archive.ts';
import { requestLoginUrl } from '../../../recorder/client/login-link.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Archive, StoredEvent } from '../../../recorder/log/ports.ts';
import { startServer } from '../../../recorder/server/server.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { decisionDraft, endDraft, ID, outputDraft, startDraft } from '../server/world.ts';
import { startRecorder } from './recorder.ts';

t.test('both archives answer alike', async (t) => {
  const { local, remote } = await bothArchives(t);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await local.append(ID, [
    startDraft(),
    outputDraft(bytes),
    decisionDraft('ls "é"', true),
    outputDraft(Buffer.alloc(300_000, 'x')),
    endDraft(),
  ]);
  for (let n = 2; n < 8; n += 1) await local.append(ID.slice(0, -1) + n, [startDraft()]);
  await same(t, local, remote, (archive) => archive.sessions());
  await same(t, local, remote, (archive) => archive.sessions({ limit: 2 }));
  await same(t, local, remote, async (archive) =>
    archive.sessions({ limit: 2, before: (await archive.sessions({ limit: 2 })).next! }),
  );
  await same(t, local, remote, (archive) => archive.sessions({ search: 'é ls' }));
  await same(t, local, remote, (archive) => archive.session(ID));
  await same(t, local, remote, (archive) => collect(archive.events(ID)));
  await same(t, local, remote, (archive) => collect(archive.events(ID, { from: 3 })));
  await same(t, local, remote, (archive) => collect(archive.events(ID, { from: 99 })));
  await same(t, local, remote, (archive) => collect(archive.events(ID, { from: 1, content: false })));
  await same(t, local, remote, (archive) => collect(archive.follow(ID)));
  t.ok(await agreeOnCheckpoint(local, remote));
});

t.test('both archives refuse alike', async (t) => {
  const { local, remote } = await bothArchives(t);
  const unknown = ID.replace('1', '2');
  for (const id of [unknown, '..', 'a/b', '', 'x'.repeat(100), '%2e']) {
    for (const archive of [local, remote]) {
      await t.rejects(archive.session(id), { code: 'SESSION_UNKNOWN' }, id);
      await t.rejects(collect(archive.events(id)), { code: 'SESSION_UNKNOWN' }, id);
    }
  }
});

t.test('following: what is there, what comes, stopped by a signal', async (t) => {
  const { local, remote } = await bothArchives(t);
  await local.append(ID, [startDraft()]);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { event } of remote.follow(ID, { signal: stop.signal })) {
    seen.push(event.seq);
    if (seen.length < 4) await local.append(ID, [outputDraft('x')]);
    else stop.abort();
  }
  t.same(seen, [0, 1, 2, 3], 'an abort is an end, as it is with the local archive');
});

t.test('leaving a stream half read closes it', async (t) => {
  const { local, remote } = await bothArchives(t);
  await local.append(ID, [startDraft()]);
  for (let n = 0; n < 20; n += 1) await local.append(ID, [outputDraft(Buffer.alloc(1 << 20))]);
  for await (const { event } of remote.events(ID)) if (event.seq === 2) break;
  t.equal((await remote.session(ID)).events, 21);
});

t.test('a wrong token is said so', async (t) => {
  const { recorder } = await bothArchives(t);
  const stranger = new RemoteArchive({ ...recorder, token: 'x'.repeat(43) });
  await t.rejects(stranger.sessions(), { code: 'UNAUTHENTICATED' });
});

t.test('a login link for the recorder that runs', async (t) => {
  const { recorder } = await bothArchives(t);
  const reply = await fetch(await requestLoginUrl(recorder, '/sessions/1'));
  t.equal(reply.status, 200);
  t.match(await reply.text(), 'url=/sessions/1');
});

t.test('killed in the middle of a stream', async (t) => {
  const peer = await startRecorder(t);
  const { RemoteJournal } = await import('../../../recorder/client/journal.ts');
  const journal = await RemoteJournal.connect(peer.recorder);
  await journal.append(ID, [startDraft()]);
  const remote = new RemoteArchive(peer.recorder);
  const following = (async () => {
    for await (const _ of remote.follow(ID)) await peer.stop('SIGKILL');
  })();
  await t.rejects(following, { code: 'RECORDER_GONE' });
  await t.rejects(remote.sessions(), { code: 'RECORDER_GONE' });
  await t.rejects(journal.append(ID, [endDraft()]), { code: 'RECORDER_GONE' });
});

t.test('answers that are not ours', async (t) => {
  const cases: [string, RequestListener][] = [
    ['no JSON', (_, response) => response.end('<html>')],
    ['an empty body', (_, response) => response.end()],
    ['a status without words', (_, response) => response.writeHead(500).end('oops')],
    [
      'half an answer',
      ({ socket }, response) => response.writeHead(200).write('{"ses', () => socket.destroy()),
    ],
    ['a line without its end', (_, response) => response.end('{"event":')],
    ['no answer at all', (request) => request.socket.destroy()],
  ];
  for (const [what, listener] of cases) {
    const remote = new RemoteArchive({ url: await strangeServer(t, listener), token: 'x' });
    await t.rejects(remote.session(ID), { code: 'RECORDER_GONE' }, what);
    if (what !== 'an empty body')
      await t.rejects(collect(remote.events(ID)), { code: 'RECORDER_GONE' }, `${what}, streamed`);
    await t.rejects(remote.verify(), { code: 'RECORDER_GONE' }, `${what}, verified`);
  }
  const odd = new RemoteArchive({
    url: await strangeServer(t, (_, response) => response.end('{"event":{"v":2}}\n')),
    token: 'x',
  });
  await t.rejects(collect(odd.events(ID)), { code: 'EVENT_INVALID' });
});

async function bothArchives(t: Test) {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-client-'));
  const local = await AuditLog.open({ data });
  const server = await startServer({ log: local, data, port: 0, assets: null, clock: systemClock });
  t.teardown(async () => {
    await server.close();
    await local.close();
    await rm(data, { recursive: true, force: true });
  });
  const { readToken } = await import('../../../recorder/server/presence.ts');
  const recorder = { url: server.url, token: (await readToken(data))! };
  return { local, recorder, remote: new RemoteArchive(recorder) };
}

async function same<T>(
  t: Test,
  local: Archive,
  remote: Archive,
  ask: (archive: Archive) => Promise<T>,
): Promise<void> {
  // The remote one is asked first: asking it adds to the log.
  const given = await ask(remote);
  t.strictSame(given, await ask(local), ask.toString());
}

/** Being asked is recorded too, so that the checkpoint may move between the two answers. */
async function agreeOnCheckpoint(local: AuditLog, remote: Archive): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    await local.durable();
    if ((await remote.checkpoint()) === (await local.checkpoint())) return true;
  }
  return false;
}

async function collect(events: AsyncIterable<StoredEvent>) {
  const all: unknown[] = [];
  for await (const { event, content } of events) {
    all.push({ event, content: content === null ? null : Buffer.from(content).toString('hex') });
  }
  return all;
}

async function strangeServer(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
