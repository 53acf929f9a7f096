/** What `verify` says of a store that is whole, of one put back to an older state, and of a checkpoint altered or gone. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { noteText, parseCheckpoint, signCheckpoint } from '../../../recorder/audit/checkpoint.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { loadSigner } from '../../../recorder/store/signing-key.ts';
import { altered, build, LONG, original, scratch } from './altered.ts';
import { end, newData, output, sessionId, start } from './sample.ts';

if (LONG) t.setTimeout(60 * 60_000);
t.before(() => build(original));

t.test('an untouched store verifies, whole and by session, and stays as it is', async (t) => {
  const before = readdirSync(join(original, 'log')).map((name) => [
    name,
    statSync(join(original, 'log', name)).mtimeMs,
  ]);
  const seen: number[] = [];
  const report = await verifyClosed(original, { progress: (done) => seen.push(done) });
  t.match(report, { ok: true, size: 260, sessions: 3, problems: [] });
  t.same(seen.at(-1), 260);
  for (const n of [1, 2, 3])
    t.match(await verifyClosed(original, { session: sessionId(n) }), { ok: true, problems: [] });
  await t.rejects(verifyClosed(original, { session: sessionId(9) }), { code: 'SESSION_UNKNOWN' });
  await t.rejects(verifyClosed(newData()), { code: 'NOT_FOUND' });
  t.same(
    readdirSync(join(original, 'log')).map((name) => [name, statSync(join(original, 'log', name)).mtimeMs]),
    before,
  );
  const stop = AbortSignal.abort();
  await t.rejects(verifyClosed(original, { signal: stop }), { name: 'AbortError' });
});

t.test('an open store verifies too, while it is being written', async (t) => {
  const data = join(scratch, 'open');
  cpSync(original, data, { recursive: true });
  const log = await AuditLog.open({ data });
  t.match(await log.verify(), { ok: true, size: 260, problems: [] });
  await log.append(sessionId(4), [start()]);
  const writing = (async () => {
    for (let i = 0; i < 300; i++) await log.append(sessionId(4), [output(`line ${i}\r\n`)]);
  })();
  const reports = [await log.verify(), await log.verify({ session: sessionId(4) })];
  await writing;
  for (const { problems } of [...reports, await log.verify()]) t.same(problems, []);
  await log.close();
});

t.test('the store put back to an older state under the same checkpoint', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  await log.append(sessionId(1), [start(), output('one')]);
  await log.close();
  cpSync(join(data, 'log'), join(data, 'older'), { recursive: true });
  cpSync(join(data, 'checkpoint'), join(data, 'older-checkpoint'));
  const again = await AuditLog.open({ data });
  await again.append(sessionId(1), [output('two'), end()]);
  await again.close();
  const newer = readFileSync(join(data, 'checkpoint'));
  rmSync(join(data, 'log'), { recursive: true });
  cpSync(join(data, 'older'), join(data, 'log'), { recursive: true });
  t.match((await verifyClosed(data)).problems[0], { code: 'LOG_TRUNCATED' });
  await t.rejects(AuditLog.open({ data }), { code: 'STORE_CORRUPT' });
  rmSync(join(data, 'log'), { recursive: true });
  t.rejects(verifyClosed(data), { code: 'NOT_FOUND' });
  await t.rejects(AuditLog.open({ data }), { code: 'STORE_CORRUPT' });
  t.ok(newer.equals(readFileSync(join(data, 'checkpoint'))), 'the checkpoint is not overwritten');
});

t.test('the checkpoint gone, altered, of another log; the key gone', async (t) => {
  const other = newData();
  await (await AuditLog.open({ data: other })).close();
  const cases: [string, (data: string) => void, string][] = [
    ['gone', (data) => rmSync(join(data, 'checkpoint')), 'CHECKPOINT_MISSING'],
    ['empty', (data) => writeFileSync(join(data, 'checkpoint'), ''), 'CHECKPOINT_INVALID'],
    [
      'of another log',
      (data) => cpSync(join(other, 'checkpoint'), join(data, 'checkpoint')),
      'CHECKPOINT_INVALID',
    ],
    ['key gone', (data) => rmSync(join(data, 'key')), 'KEY_MISSING'],
    [
      'public key of another log',
      (data) => cpSync(join(other, 'key.pub'), join(data, 'key.pub')),
      'KEY_MISMATCH',
    ],
  ];
  for (const [what, change, code] of cases) {
    t.match((await altered(change)).problems[0], { code }, what);
    const data = join(scratch, `open-${code}-${what}`);
    cpSync(original, data, { recursive: true });
    change(data);
    if (code !== 'KEY_MISMATCH') await t.rejects(AuditLog.open({ data }), { code: 'STORE_CORRUPT' }, what);
  }
});

t.test('while it is open: an older checkpoint put back is noticed', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const older = readFileSync(join(data, 'checkpoint'));
  await log.append(sessionId(1), [start()]);
  await log.durable();
  writeFileSync(join(data, 'checkpoint'), older);
  t.match((await log.verify()).problems[0], { code: 'CHECKPOINT_OLD' });
  await log.close();
});

t.test('a checkpoint that was kept elsewhere: the log must extend it', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const empty = await log.checkpoint();
  await log.append(sessionId(1), [start(), output('one')]);
  await log.durable();
  const checkpoint = await log.checkpoint();
  await log.append(sessionId(1), [output('two'), end()]);
  const signer = (await loadSigner(data))!;
  const { size, root } = parseCheckpoint(noteText(checkpoint));
  const rewritten = signCheckpoint({ size, root: Buffer.alloc(root.length, 1) }, signer);
  const longer = signCheckpoint({ size: 9, root }, signer);
  const other = readFileSync(join(original, 'checkpoint'), 'utf8');
  const says = async (verify: typeof log.verify) => {
    for (const session of [{}, { session: sessionId(1) }]) {
      for (const kept of [empty, checkpoint])
        t.match(await verify({ ...session, checkpoint: kept }), { ok: true });
      const cases = [
        [rewritten, 'ROOT_MISMATCH'],
        [other, 'CHECKPOINT_INVALID'],
        ['', 'CHECKPOINT_INVALID'],
        [longer, 'session' in session ? 'ROOT_MISMATCH' : 'LOG_TRUNCATED'],
      ] as const;
      for (const [kept, code] of cases) {
        const { ok, problems } = await verify({ ...session, checkpoint: kept });
        t.notOk(ok);
        t.match(problems, [{ code }]);
        t.equal(problems.length, 1);
      }
    }
  };
  await says((options) => log.verify(options));
  await log.close();
  await says((options) => verifyClosed(data, options));
});
