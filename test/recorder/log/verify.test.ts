/**
 * What `verify` must notice: any byte flipped in any file or value of the store, records removed, swapped or added, a
 * log cut short, a store put back to an older state, a checkpoint altered or gone.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import t from 'tap';
import { SYSTEM } from '../../../recorder/audit/event.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { VerifyReport } from '../../../recorder/log/ports.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { decided, end, newData, output, sessionId, start } from './sample.ts';

const LONG = process.env.CHAPERONE_LONG !== undefined;
if (LONG) t.setTimeout(60 * 60_000);
const OPEN = { keyEncoding: 'view', valueEncoding: 'view' } as const;

/** A small store with tables and a log, two interleaved sessions, grouped content, and a full subtree. */
async function build(data: string): Promise<void> {
  const first = await AuditLog.open({ data });
  const [a, b] = [sessionId(1), sessionId(2)];
  await first.append(a, [start('ann')]);
  await first.append(b, [start('second')]);
  for (let i = 0; i < 125; i++) {
    await first.append(i % 3 ? a : b, [
      output(`${i}: cc -O2 -c module-${i}.c -o module-${i}.o\r\n`),
      decided(`make m${i}`),
    ]);
  }
  await first.append(SYSTEM, [{ at: 5, body: { type: 'policy.loaded', digest: 'd', source: 's' } }]);
  await first.append(a, [end()]);
  await first.close();
  const second = await AuditLog.open({ data });
  const c = sessionId(3);
  await second.append(c, [start('cy'), output('hello world, hello world, hello world\r\n')]);
  await second.append(c, [output('x'), decided('rm -rf /', false)]);
  await second.append(c, [
    { at: 1_700_000_002_000_000, body: { type: 'session.input', content: Buffer.from('yes\r') } },
    end(1),
  ]);
  await second.close();
}

const original = newData();
const scratch = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
let copies = 0;

/** A copy of the store, altered, and what verify says of it. */
async function altered(change: (data: string) => void | Promise<void>): Promise<VerifyReport> {
  const data = join(scratch, String(copies++));
  cpSync(original, data, { recursive: true });
  await change(data);
  const report = await verifyClosed(data);
  rmSync(data, { recursive: true, force: true });
  return report;
}

function flip(path: string, at: number, mask = 1): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= mask;
  writeFileSync(path, bytes);
}

/** Alters the store through LevelDB itself, as somebody would who knows the format. */
async function inside(
  data: string,
  change: (db: Level<Uint8Array, Uint8Array>) => Promise<void>,
): Promise<void> {
  const db = new Level<Uint8Array, Uint8Array>(join(data, 'log'), OPEN);
  await change(db);
  await db.close();
}

/** Deterministic pseudo-random numbers: the seed is all that a failure needs to be repeated. */
function* random(seed: number): Generator<number> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x / 2 ** 32;
  }
}

t.before(() => build(original));
t.teardown(() => rmSync(scratch, { recursive: true, force: true }));

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

t.test('a byte flipped anywhere in a file is noticed, and the file and the place are named', async (t) => {
  const files = [
    ...readdirSync(join(original, 'log'))
      .filter((name) => /\.(log|ldb)$|^MANIFEST|^CURRENT$/.test(name))
      .map((name) => join('log', name)),
    'checkpoint',
    'key',
    'key.pub',
  ];
  t.ok(files.some((name) => name.endsWith('.ldb')) && files.some((name) => name.endsWith('.log')));
  const numbers = random(20_260_901);
  const unnoticed: string[] = [];
  let tried = 0;
  for (const file of files) {
    const size = statSync(join(original, file)).size;
    const count = Math.min(size, LONG ? 200 : 14);
    for (let i = 0; i < count; i++) {
      const at = i === 0 ? 0 : i === 1 ? size - 1 : Math.floor(numbers.next().value! * size);
      const mask = 1 << Math.floor(numbers.next().value! * 8);
      const report = await altered((data) => flip(join(data, file), at, mask));
      tried += 1;
      if (report.ok) unnoticed.push(`${file} at ${at}, bit mask ${mask}`);
    }
  }
  t.comment(`${tried} flips`);
  t.same(unnoticed, []);
});

t.test('LevelDB itself reopens a damaged log in silence, with an older end', async (t) => {
  const data = join(scratch, 'silent');
  cpSync(original, data, { recursive: true });
  const log = readdirSync(join(data, 'log')).find((name) => name.endsWith('.log'))!;
  flip(join(data, 'log', log), 100);
  await t.rejects(AuditLog.open({ data }), { code: 'STORE_CORRUPT' }, 'we refuse to open it');
  let last = 0;
  await inside(data, async (db) => {
    for await (const key of db.keys({ gte: Buffer.from('l'), lt: Buffer.from('m') }))
      last = Buffer.from(key).readUIntBE(1, 6);
  });
  t.ok(last < 259, 'and LevelDB does not');
  t.match(await verifyClosed(data), { ok: false });
});

t.test(
  'a damaged block of a table: LevelDB, which could abort on it, is not let near, and its records are named',
  async (t) => {
    const name = readdirSync(join(original, 'log')).find((file) => file.endsWith('.ldb'))!;
    const { problems } = await altered((data) => flip(join(data, 'log', name), 50));
    t.match(problems, [
      { code: 'EVENT_MISSING', session: sessionId(1), seq: 0, message: /number 0 of the log/ },
      {
        code: 'FILE_DAMAGED',
        file: `log/${name}`,
        range: { from: 0, to: Number },
        message: /which held .*events 0 to \d+ of the log/,
      },
    ]);
  },
);

t.test('a store with a damaged table is not opened, and the table is named', async (t) => {
  const name = readdirSync(join(original, 'log')).find((file) => file.endsWith('.ldb'))!;
  const size = statSync(join(original, 'log', name)).size;
  for (const at of [0, 50, Math.floor(size / 2), size - 60, size - 10]) {
    const data = join(scratch, `table-${at}`);
    cpSync(original, data, { recursive: true });
    flip(join(data, 'log', name), at);
    const before = readdirSync(join(data, 'log'));
    await t.rejects(
      AuditLog.open({ data }),
      { code: 'STORE_CORRUPT', message: new RegExp(name) },
      `at ${at}`,
    );
    t.same(readdirSync(join(data, 'log')), before, 'and nothing of it is rewritten');
  }
});

t.test('any stored value altered is noticed, and what it belongs to is named', async (t) => {
  const keys: Buffer[] = [];
  const copy = join(scratch, 'keys');
  cpSync(original, copy, { recursive: true });
  await inside(copy, async (db) => {
    for await (const key of db.keys()) keys.push(Buffer.from(key));
  });
  const numbers = random(7);
  const kinds = Map.groupBy(keys, (key) => String.fromCharCode(key[0]!));
  t.same([...kinds.keys()].sort(), ['c', 'l', 'm', 'r', 's', 't', 'x']);
  for (const [kind, all] of kinds) {
    const chosen = LONG
      ? all
      : Array.from({ length: 6 }, () => all[Math.floor(numbers.next().value! * all.length)]!);
    for (const key of chosen) {
      const report = await altered((data) =>
        inside(data, async (db) => {
          const value = Buffer.from((await db.get(key))!);
          value[Math.floor(numbers.next().value! * value.length)]! ^=
            1 << Math.floor(numbers.next().value! * 8);
          await db.put(key, value);
        }),
      );
      t.equal(report.ok, false, `${kind} ${key.toString('hex')}`);
      if (kind === 'l' || kind === 'c') t.match(report.problems[0], { session: String, seq: Number });
    }
  }
});

t.test('records removed, swapped, added or copied are noticed', async (t) => {
  const key = (kind: string, n: number) =>
    Buffer.concat([Buffer.from(kind), Buffer.from([0, 0, 0, 0, n >> 8, n & 255])]);
  const cases: [string, (db: Level<Uint8Array, Uint8Array>) => Promise<void>, string][] = [
    ['an event', (db) => db.del(key('l', 40)), 'EVENT_MISSING'],
    ['the last event', (db) => db.del(key('l', 259)), 'LOG_TRUNCATED'],
    ['content', (db) => db.del(key('c', 40)), 'CONTENT_MISSING'],
    ['events swapped', (db) => swap(db, key('l', 40), key('l', 46)), 'EVENT_DISORDERED'],
    ['events of two sessions swapped', (db) => swap(db, key('l', 2), key('l', 4)), 'CONTENT_DAMAGED'],
    ['content swapped', (db) => swap(db, key('c', 40), key('c', 44)), 'CONTENT_DAMAGED'],
    [
      'an event added',
      async (db) => db.put(key('l', 260), (await db.get(key('l', 259)))!),
      'EVENT_DISORDERED',
    ],
    [
      'content added',
      async (db) => db.put(key('c', 41), (await db.get(key('c', 40)))!),
      'CONTENT_UNEXPECTED',
    ],
    ['content behind the end', async (db) => db.put(key('c', 9999), Buffer.from('x')), 'RECORD_UNKNOWN'],
    ['a strange key', (db) => db.put(Buffer.from('zebra'), Buffer.from('x')), 'RECORD_UNKNOWN'],
    [
      'a session added to the list',
      (db) => db.put(Buffer.from(`s${sessionId(8)}`), Buffer.from('{}')),
      'INDEX_DAMAGED',
    ],
    ['a session taken from the list', (db) => db.del(Buffer.from(`s${sessionId(1)}`)), 'INDEX_DAMAGED'],
    ['a hash of the tree', (db) => db.del(Buffer.from('t\x08\0\0\0\0\0\0', 'latin1')), 'TREE_DAMAGED'],
  ];
  for (const [what, change, code] of cases) {
    const report = await altered((data) => inside(data, change));
    t.equal(report.ok, false, what);
    t.match(report.problems[0], { code }, what);
  }
});

t.test('damaged content: the range of the output is named, to the end of what is lost with it', async (t) => {
  const { problems } = await altered((data) =>
    inside(data, async (db) => {
      const k = Buffer.from([0x63, 0, 0, 0, 0, 0, 40]);
      const value = Buffer.from((await db.get(k))!);
      value[20]! ^= 4;
      await db.put(k, value);
    }),
  );
  t.equal(problems.length, 1);
  t.match(problems[0], { code: 'CONTENT_DAMAGED', session: String, seq: Number });
  t.ok(problems[0]!.range!.to > problems[0]!.range!.from);
});

t.test('a log or a table cut short, a file gone', async (t) => {
  for (const ending of ['.log', '.ldb']) {
    const name = readdirSync(join(original, 'log')).find((file) => file.endsWith(ending))!;
    const size = statSync(join(original, 'log', name)).size;
    for (const keep of [0, 5, 100, Math.floor(size / 2), size - 3, size - 1]) {
      const report = await altered((data) => {
        const path = join(data, 'log', name);
        writeFileSync(path, readFileSync(path).subarray(0, keep));
      });
      t.equal(report.ok, false, `${ending} cut to ${keep}`);
    }
    t.equal((await altered((data) => rmSync(join(data, 'log', name)))).ok, false, `${ending} gone`);
  }
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

async function swap(db: Level<Uint8Array, Uint8Array>, a: Buffer, b: Buffer): Promise<void> {
  const [one, two] = [(await db.get(a))!, (await db.get(b))!];
  await db.put(a, two);
  await db.put(b, one);
}
