/** Any byte flipped in any file of the store, and files cut short or gone: `verify` names the file and the place. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { altered, build, flip, inside, LONG, original, random, scratch } from './altered.ts';
import { sessionId } from './sample.ts';

if (LONG) t.setTimeout(60 * 60_000);
t.before(() => build(original));

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
