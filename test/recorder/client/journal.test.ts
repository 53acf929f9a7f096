/** Evidence handed to a recorder in another process: nothing acknowledged is lost, nothing lost is acknowledged. */
import { once } from 'node:events';
import t from 'tap';
import { WebSocketServer } from 'ws';
import { RemoteArchive } from '../../../recorder/client/archive.ts';
import { RemoteJournal } from '../../../recorder/client/journal.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { encodeAnswer, MAX_FRAME, SUBPROTOCOL } from '../../../recorder/server/ingest/frame.ts';
import { endDraft, ID, outputDraft, startDraft, startWorld } from '../server/world.ts';
import { startRecorder } from './recorder.ts';

t.test('appends overlap, keep their order, and are all there', async (t) => {
  const { recorder } = await startWorld(t);
  const journal = await RemoteJournal.connect(recorder);
  const texts = Array.from({ length: 500 }, (_, n) => `line ${n}\n`);
  await Promise.all([
    journal.append(ID, [startDraft()]),
    ...texts.map((text) => journal.append(ID, [outputDraft(text)])),
    journal.append(ID, [endDraft()]),
  ]);
  await journal.append(ID, []);
  const archive = new RemoteArchive(recorder);
  let output = '';
  for await (const { content } of archive.events(ID)) output += Buffer.from(content ?? []).toString();
  t.equal(output, texts.join(''));
  t.equal((await archive.session(ID)).state, 'ended');
  await journal.close();
});

t.test('more than fits in flight waits its turn', async (t) => {
  const { recorder } = await startWorld(t);
  const journal = await RemoteJournal.connect(recorder);
  await journal.append(ID, [startDraft()]);
  const chunk = Buffer.alloc(1 << 20, 'x');
  await Promise.all(Array.from({ length: 24 }, () => journal.append(ID, [outputDraft(chunk)])));
  t.equal((await new RemoteArchive(recorder).session(ID)).outputBytes, 24 << 20);
  const last = Promise.all(Array.from({ length: 12 }, () => journal.append(ID, [outputDraft(chunk)])));
  await journal.close();
  await last;
  t.pass('and closing waits for it');
});

t.test('a refusal concerns one append only', async (t) => {
  const { recorder } = await startWorld(t);
  const journal = await RemoteJournal.connect(recorder);
  await t.rejects(journal.append(ID, [outputDraft('x')]), { code: 'FORBIDDEN' });
  await journal.append(ID, [startDraft()]);
  await t.rejects(journal.append(ID, [startDraft()]), { code: 'EVENT_INVALID' });
  const lone = { at: 1, body: { type: 'gap', reason: 'half a \ud800 pair', from: 0 } } as const;
  await t.rejects(journal.append(ID, [lone]), { code: 'EVENT_INVALID' });
  await t.rejects(journal.append(ID, [outputDraft(Buffer.alloc(MAX_FRAME))]), { code: 'TOO_LARGE' });
  await journal.append(ID, [outputDraft('still here')]);
  await journal.close();
  t.match(await new RemoteArchive(recorder).session(ID), { events: 2 });
});

t.test('killed under load: what was acknowledged is there, the rest is refused', async (t) => {
  const peer = await startRecorder(t);
  const journal = await RemoteJournal.connect(peer.recorder);
  await journal.append(ID, [startDraft()]);
  let acknowledged = 0;
  const appends = Array.from({ length: 3000 }, (_, n) =>
    journal.append(ID, [outputDraft(`${n} `.padEnd(4096))]).then(() => {
      acknowledged += 1;
      if (acknowledged === 200) peer.child.kill('SIGKILL');
    }),
  );
  const results = await Promise.allSettled(appends);
  const failed = results.filter((result) => result.status === 'rejected');
  t.ok(failed.length > 0, `${failed.length} were not acknowledged`);
  t.ok(failed.every(({ reason }) => reason.code === 'RECORDER_GONE'));
  t.ok(
    results.slice(0, acknowledged).every(({ status }) => status === 'fulfilled'),
    'a prefix, no holes',
  );
  await t.rejects(journal.append(ID, [endDraft()]), { code: 'RECORDER_GONE' });
  await journal.close();

  const log = await AuditLog.open({ data: peer.data });
  const summary = await log.session(ID);
  await log.close();
  t.ok(summary.events - 1 >= acknowledged, `${acknowledged} acknowledged, ${summary.events - 1} stored`);
  t.equal(summary.state, 'cut-off');
});

t.test('a recorder that closes says goodbye, and stores what it took', async (t) => {
  const peer = await startRecorder(t);
  const journal = await RemoteJournal.connect(peer.recorder);
  await journal.append(ID, [startDraft()]);
  const appends = Promise.allSettled(
    Array.from({ length: 50 }, () => journal.append(ID, [outputDraft('x')])),
  );
  await peer.stop('SIGTERM');
  await journal.closed;
  const stored = (await appends).filter(({ status }) => status === 'fulfilled').length;
  await t.rejects(journal.append(ID, [outputDraft('y')]), { code: 'RECORDER_GONE', message: /closing/ });
  const log = await AuditLog.open({ data: peer.data });
  t.ok((await log.session(ID)).events - 1 >= stored);
  await log.close();
});

t.test('nobody there, or nobody who lets us in', async (t) => {
  await t.rejects(RemoteJournal.connect({ url: 'http://127.0.0.1:9', token: 'x' }), {
    code: 'RECORDER_GONE',
  });
  const { recorder } = await startWorld(t);
  await t.rejects(RemoteJournal.connect({ ...recorder, token: 'wrong' }), { code: 'UNAUTHENTICATED' });
});

t.test('answers out of turn end the connection', async (t) => {
  const odd: [string, Buffer][] = [
    ['a call that was never made', encodeAnswer({ kind: 'stored', call: 9 })],
    ['noise', Buffer.from('noise')],
    ['a failure that skips one', encodeAnswer({ kind: 'failed', call: 2, code: 'STORE_FULL', message: '' })],
  ];
  for (const [what, answer] of odd) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => SUBPROTOCOL });
    t.teardown(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => socket.on('message', () => socket.send(answer)));
    const { port } = server.address() as { port: number };
    const journal = await RemoteJournal.connect({ url: `http://127.0.0.1:${port}`, token: 'x' });
    const appends = [journal.append(ID, [startDraft()]), journal.append(ID, [endDraft()])];
    for (const append of appends) await t.rejects(append, { code: 'RECORDER_GONE' }, what);
  }
});
