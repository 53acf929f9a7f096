import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openCheckpoint, parseVerifierKey } from '../../../recorder/audit/checkpoint.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { collect, decided, end, newData, output, outputOf, sessionId, start } from './sample.ts';

t.test('what was appended is read again, before and after a restart', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const id = sessionId(1);
  await log.append(id, [start()]);
  await log.append(id, [decided('ls -l'), output('total 0\r\n'), decided('rm -rf /', false)]);
  await log.append(SYSTEM, [{ at: 5, body: { type: 'policy.loaded', digest: 'd', source: 's' } }]);
  t.equal((await log.session(id)).state, 'live');
  await log.append(id, [output('x'.repeat(70_000)), end(3)]);
  const before = await collect(log.events(id));
  t.equal(outputOf(before), `total 0\r\n${'x'.repeat(70_000)}`);
  t.same(
    before.map(({ event }) => event.seq),
    [0, 1, 2, 3, 4, 5],
  );
  await log.close();

  const again = await AuditLog.open({ data });
  t.same(await collect(again.events(id)), before);
  t.same(
    (await collect(again.events(id, { from: 4 }))).map(({ event }) => event.seq),
    [4, 5],
  );
  t.same(
    (await collect(again.events(SYSTEM))).map(({ event }) => event.body.type),
    ['policy.loaded'],
  );
  t.match(await again.session(id), {
    id,
    state: 'ended',
    status: 3,
    events: 6,
    commands: 2,
    refused: 1,
    outputBytes: 70_009,
  });
  const key = parseVerifierKey(readFileSync(join(data, 'key.pub'), 'utf8'));
  t.equal(openCheckpoint(await again.checkpoint(), key).size, 7);
  await again.close();
});

t.test('a list goes on from the cursor of a page, and from nothing else', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  await log.append(sessionId(1), [start()]);
  await log.append(sessionId(2), [start()]);
  await log.append(SYSTEM, [{ at: 5, body: { type: 'policy.loaded', digest: 'd', source: 's' } }]);
  const { next } = await log.sessions({ limit: 1 });
  t.match((await log.sessions({ before: next! })).sessions, [{ id: sessionId(1) }]);
  for (const before of ['zzz', 'system', '', 'x'.repeat(10_000)])
    await t.rejects(log.sessions({ before }), { code: 'USAGE' }, before.slice(0, 9));
  await log.close();
});

t.test('events without their content are the same events', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  const id = sessionId(1);
  await log.append(id, [start(), output('one'), decided('ls'), output('two'.repeat(99_000)), end()]);
  const whole = await collect(log.events(id, { from: 1 }));
  const bare = await collect(log.events(id, { from: 1, content: false }));
  t.same(
    bare.map(({ event }) => event),
    whole.map(({ event }) => event),
  );
  t.equal(outputOf(whole).length, 297_003);
  t.ok(bare.every(({ content }) => content === null));
  await log.close();
});

t.test('the key and the directory are for the owner alone', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  await log.close();
  t.equal(statSync(data).mode & 0o777, 0o700);
  t.equal(statSync(join(data, 'key')).mode & 0o777, 0o600);
  t.equal(statSync(join(data, 'checkpoint')).mode & 0o777, 0o600);
});

t.test(
  'in a directory that others may read, the store is closed to them, and what a killed verify left is removed',
  async (t) => {
    const data = newData();
    mkdirSync(join(data, '.verify-999999999'), { recursive: true });
    mkdirSync(join(data, `.verify-${process.pid}`), { recursive: true });
    chmodSync(data, 0o755);
    const log = await AuditLog.open({ data });
    await log.close();
    t.equal(statSync(join(data, 'log')).mode & 0o777, 0o700);
    t.same(
      readdirSync(data).filter((name) => name.startsWith('.')),
      [`.verify-${process.pid}`],
    );
  },
);

t.test('the order of a session is kept: start first, once, nothing after the end', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  const id = sessionId(2);
  await t.rejects(log.append(id, [output('x')]), { code: 'EVENT_INVALID' });
  await log.append(id, [start()]);
  await t.rejects(log.append(id, [start()]), { code: 'EVENT_INVALID' });
  await t.rejects(log.append(id, [output('lost with its neighbour'), start()]), { code: 'EVENT_INVALID' });
  await log.append(id, [end()]);
  await t.rejects(log.append(id, [output('x')]), { code: 'EVENT_INVALID' });
  await t.rejects(log.append('../../etc', [start()]), { code: 'EVENT_INVALID' });
  await t.rejects(log.append(sessionId(3), [start('half a \ud800 pair')]), { code: 'EVENT_INVALID' });
  await t.rejects(collect(log.events(sessionId(3))), { code: 'SESSION_UNKNOWN' });
  t.equal((await log.session(id)).events, 2);
  await log.close();
  await t.rejects(log.append(id, [start()]), { code: 'STORE_CLOSED' });
});

t.test('time does not run backwards within a session', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  await log.append(sessionId(1), [start('agent', 1000), output('a', 900), output('b', 1100)]);
  const events = await collect(log.events(sessionId(1)));
  t.same(
    events.map(({ event }) => event.at),
    [1000, 1000, 1100],
  );
  await log.close();
});

t.test('overlapping appends of many sessions keep the order of each', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  const ids = [1, 2, 3, 4, 5].map(sessionId);
  const all: Promise<void>[] = ids.map((id) => log.append(id, [start()]));
  for (let i = 0; i < 400; i++) for (const id of ids) all.push(log.append(id, [output(`${i},`)]));
  await Promise.all(all);
  const expected = Array.from({ length: 400 }, (_, i) => `${i},`).join('');
  for (const id of ids) t.equal(outputOf(await collect(log.events(id))), expected);
  await log.close();
});

t.test('follow: what was and what comes, without a gap or a repetition', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  const id = sessionId(1);
  await log.append(id, [start(), output('0,')]);
  const followers = [0, 1, 2].map(async (i) => {
    const seen: number[] = [];
    for await (const { event } of log.follow(id, { from: i })) seen.push(event.seq);
    return seen;
  });
  for (let i = 1; i <= 300; i++) {
    await log.append(id, [output(`${i},`)]);
    if (i % 50 === 0)
      followers.push(collect(log.follow(id)).then((all) => all.map(({ event }) => event.seq)));
  }
  await log.append(id, [end()]);
  const whole = Array.from({ length: 303 }, (_, i) => i);
  for (const [i, seen] of (await Promise.all(followers)).entries()) t.same(seen, whole.slice(i < 3 ? i : 0));
  await log.close();
});

t.test('follow ends by the signal, and where the writer is gone', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  const stop = new AbortController();
  await log.append(sessionId(1), [start()]);
  const other = collect(log.follow(sessionId(1)));
  let followed = 0;
  for await (const _ of log.follow(sessionId(1), { signal: stop.signal })) {
    followed++;
    // Once it waits for more.
    setTimeout(() => stop.abort(), 20);
  }
  t.equal(followed, 1);
  log.release(sessionId(1));
  t.equal((await other).length, 1);
  t.equal((await log.session(sessionId(1))).state, 'cut-off');
  await log.append(sessionId(1), [output('back again')]);
  t.equal((await log.session(sessionId(1))).state, 'live');
  await t.rejects(collect(log.follow(sessionId(9))), { code: 'SESSION_UNKNOWN' });
  await log.close();
  const again = await AuditLog.open({ data: newData() });
  await again.close();
});

t.test('sync always: what is acknowledged is in the checkpoint on disk', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data, sync: 'always' });
  const key = parseVerifierKey(readFileSync(join(data, 'key.pub'), 'utf8'));
  for (let i = 0; i < 5; i++) {
    await Promise.all([1, 2, 3].map((n) => log.append(sessionId(10 * i + n), [start()])));
    t.equal(openCheckpoint(readFileSync(join(data, 'checkpoint'), 'utf8'), key).size, 3 * (i + 1));
  }
  await log.close();
});

t.test('durable: what was stored before is in the checkpoint on disk', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const key = parseVerifierKey(readFileSync(join(data, 'key.pub'), 'utf8'));
  void log.append(sessionId(1), [start(), output('x')]);
  await log.durable();
  t.equal(openCheckpoint(readFileSync(join(data, 'checkpoint'), 'utf8'), key).size, 2);
  await log.close();
});

t.test('a second opener learns who has it', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  await t.rejects(AuditLog.open({ data }), {
    code: 'STORE_LOCKED',
    message: new RegExp(`process ${process.pid}`),
  });
  await log.append(sessionId(1), [start()]);
  await log.close();
  await (await AuditLog.open({ data })).close();
});

t.test('an owner file left behind does not lock', async (t) => {
  const data = newData();
  mkdirSync(data);
  writeFileSync(
    join(data, 'owner'),
    JSON.stringify({ pid: 1, started: '1', boot: 'another', command: 'up' }),
  );
  const log = await AuditLog.open({ data });
  t.match(await log.sessions(), { sessions: [] });
  await log.close();
});

t.test('a second process is told which is the first, and takes over when it is gone', async (t) => {
  const data = newData();
  const script = join(import.meta.dirname, 'writer-process.ts');
  const child = spawn(process.execPath, [script, data, '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdout.resume();
  await t.rejects(AuditLog.open({ data }), {
    code: 'STORE_LOCKED',
    message: new RegExp(`process ${child.pid} \\(writer-process.*\\)`),
  });
  await t.rejects(verifyClosed(data), { code: 'STORE_LOCKED' });
  rmSync(join(data, 'owner'));
  await t.rejects(
    AuditLog.open({ data }),
    { code: 'STORE_LOCKED' },
    'without the file the lock itself still holds',
  );
  child.kill('SIGKILL');
  await gone;
  const log = await AuditLog.open({ data });
  t.same((await log.verify()).problems, []);
  await log.close();
});

t.test('durable resolves while others never stop appending', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  await log.append(sessionId(1), [start()]);
  let done = false;
  const flood = Promise.all(
    [1, 2, 3].map(async () => {
      while (!done) await log.append(sessionId(1), [output('flood\r\n')]);
    }),
  );
  for (let i = 0; i < 5; i++) await log.durable();
  t.match(await log.verify(), { ok: true });
  done = true;
  await flood;
  await log.close();
});

t.test('idle, it touches nothing', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  await log.append(sessionId(1), [start()]);
  await log.durable();
  const before = statSync(join(data, 'checkpoint'), { bigint: true }).mtimeNs;
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.equal(statSync(join(data, 'checkpoint'), { bigint: true }).mtimeNs, before);
  await log.close();
});

t.test('a directory that cannot be made is one clear error', async (t) => {
  const file = newData();
  writeFileSync(file, 'not a directory');
  await t.rejects(AuditLog.open({ data: join(file, 'data') }), { code: 'STORE_FAILED' });
  await t.rejects(AuditLog.open({ data: file }), { code: 'STORE_FAILED' });
});

t.test('a flood, packed beside the log, comes back whole and in order with what stood between', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const id = sessionId(1);
  await log.append(id, [start()]);
  const piece = (n: number) =>
    Buffer.alloc(65_536, `${n} is what event number ${n} says, again and again\r\n`);
  const expected: Buffer[] = [];
  const appends: Promise<void>[] = [];
  for (let i = 0; i < 120; i++) {
    const pieces = [0, 1, 2, 3].map((j) => piece(4 * i + j));
    expected.push(...pieces);
    appends.push(
      log.append(
        id,
        pieces.map((bytes) => output(bytes)),
      ),
    );
    if (i % 10 === 0) appends.push(log.append(id, [decided(`ls ${i}`)]));
    if (i % 4 === 0) await Promise.all(appends.splice(0));
  }
  // Closing waits for what is under way.
  const stored = Promise.all([...appends, log.append(id, [end()])]);
  await log.close();
  await stored;
  const report = await verifyClosed(data);
  t.same(report.problems, []);
  const again = await AuditLog.open({ data });
  t.teardown(() => again.close());
  let next = 0;
  const commands: string[] = [];
  for await (const { event, content } of again.events(id)) {
    if (event.body.type === 'command.decided') commands.push(`${event.body.line} behind ${next}`);
    if (content !== null && !expected[next++]?.equals(content)) t.fail(`event ${event.seq}`);
  }
  t.equal(next, expected.length);
  t.same(
    commands,
    Array.from({ length: 12 }, (_, i) => `ls ${i * 10} behind ${i * 40 + 4}`),
  );
});
