/** What takes time or volume to show; behind CHAPERONE_LONG. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { RemoteJournal } from '../../../recorder/client/journal.ts';
import { endDraft, ID, outputDraft, startDraft, startWorld } from './world.ts';

const skip = process.env.CHAPERONE_LONG ? false : 'only with CHAPERONE_LONG';
t.setTimeout(600_000);

t.test('a head that never ends is cut', { skip }, async (t) => {
  const world = await startWorld(t);
  const socket = connect(world.server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /livez HTTP/1.1\r\n');
  const drip = setInterval(() => socket.write('X: y\r\n'), 1000);
  socket.resume();
  await once(socket, 'close');
  clearInterval(drip);
  t.equal((await world.get('/livez')).status, 200);
});

t.test('a gigabyte comes in and goes out in flat memory', { skip, timeout: 500_000 }, async (t) => {
  const world = await startWorld(t);
  const journal = await RemoteJournal.connect(world.recorder);
  await journal.append(ID, [startDraft()]);
  const chunk = Buffer.from('0123456789abcdef '.repeat(4096));
  const total = 1e9;
  const bytes = { in: 0, out: 0 };
  let high = 0;
  const watch = setInterval(() => {
    high = Math.max(high, process.memoryUsage.rss());
  }, 50);
  const ahead: Promise<void>[] = [];
  let early = 0;
  for (; bytes.in < total; bytes.in += chunk.length) {
    ahead.push(journal.append(ID, [outputDraft(chunk)]));
    if (ahead.length > 64) await ahead.shift();
    if (early === 0 && bytes.in > total / 10) early = high;
  }
  await Promise.all(ahead);
  await journal.append(ID, [endDraft()]);
  await journal.close();
  const response = await fetch(`${world.server.url}/api/sessions/${ID}/cast`, {
    headers: { authorization: `Bearer ${world.token}` },
  });
  for await (const part of response.body!) bytes.out += part.length;
  clearInterval(watch);
  t.ok(bytes.out >= bytes.in);
  t.ok(
    high - early < 200e6,
    `${(early / 1e6).toFixed(0)} MB after a tenth, ${(high / 1e6).toFixed(0)} MB at most`,
  );
});
