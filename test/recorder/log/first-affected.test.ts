/** Wherever a table is damaged, the event named is the first of those whose records are really lost. */
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Problem } from '../../../recorder/log/ports.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { numberIn } from '../../../recorder/store/keys.ts';
import { eventIn } from '../../../recorder/store/leaf.ts';
import { checkTable, tableEntries } from '../../../recorder/store/leveldb-table.ts';
import { decided, newData, output, sessionId, start } from './sample.ts';

const scratch = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
const data = newData();
t.teardown(() => rmSync(scratch, { recursive: true, force: true }));

/** Where each record stands; what it says of its event. */
const truth = new Map<number, { session: string; seq: number }>();
let table = '';
let bytes: Buffer;

/** Three sessions in turns, with content that does not compress: a table of many blocks. */
t.before(async () => {
  let x = 1;
  const noise = () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x.toString(36);
  };
  const log = await AuditLog.open({ data });
  for (let n = 1; n <= 3; n++) await log.append(sessionId(n), [start()]);
  for (let i = 0; i < 900; i++) {
    const text = Array.from({ length: 50 }, noise).join('');
    await log.append(sessionId(1 + ((i >> 3) % 3)), [output(text), ...(i % 5 ? [] : [decided(`make ${i}`)])]);
  }
  await log.close();
  await (await AuditLog.open({ data })).close();
  const names = readdirSync(join(data, 'log')).filter((name) => name.endsWith('.ldb'));
  table = names[0]!;
  bytes = readFileSync(join(data, 'log', table));
  for (const { key, value } of tableEntries(bytes, () => true)) {
    if (key[0] !== 0x6c) continue;
    const { session, seq } = eventIn(value);
    truth.set(numberIn(key), { session, seq });
  }
});

const evidence = (file: Buffer) =>
  [...tableEntries(file, () => true)].filter(({ key }) => /^[cl]/.test(String.fromCharCode(key[0]!)));

/** The first event that has lost a record, by what is in the table and what can be read of it after the damage. */
function firstLost(damaged: Buffer): number | null {
  const left = new Set(evidence(damaged).map(({ key }) => Buffer.from(key).toString('hex')));
  const lost = evidence(bytes).filter(({ key }) => !left.has(Buffer.from(key).toString('hex')));
  return lost.length === 0 ? null : Math.min(...lost.map(({ key }) => numberIn(key)));
}

/** Whether a record is lost that says where the events of a session stand. */
function ownersAreLost(damaged: Buffer): boolean {
  const owners = (file: Buffer) =>
    [...tableEntries(file, () => true)].filter(({ key }) => /^[rs]/.test(String.fromCharCode(key[0]!)));
  return owners(damaged).length < owners(bytes).length;
}

async function problemsOf(damaged: Buffer): Promise<Problem[]> {
  const copy = join(scratch, 'copy');
  cpSync(data, copy, { recursive: true });
  writeFileSync(join(copy, 'log', table), damaged);
  const { problems } = await verifyClosed(copy);
  rmSync(copy, { recursive: true });
  return problems;
}

t.test('the whole table is read, and what is in it is known', async (t) => {
  t.equal(truth.size, 1083);
  t.equal(checkTable(bytes), null);
});

t.test('a byte flipped, from the beginning of the table to its end', async (t) => {
  let named = 0;
  let blocks = new Set<number>();
  for (let part = 0; part < 60; part++) {
    const damaged = Buffer.from(bytes);
    damaged[Math.floor(((part + 0.5) / 60) * bytes.length)]! ^= 4;
    const first = firstLost(damaged);
    const problems = await problemsOf(damaged);
    const [problem] = problems;
    t.match(problems.at(-1), { code: 'FILE_DAMAGED', file: `log/${table}` });
    if (first === null) {
      t.equal(problem?.code, 'FILE_DAMAGED', 'nothing of the evidence is lost');
      continue;
    }
    named += 1;
    blocks = blocks.add(first);
    t.match(problem, { code: /^(EVENT|CONTENT)_MISSING$/, message: `number ${first} of the log` });
    // Whose it was is in the last block, which may have lost both.
    if (problem?.session !== undefined) t.match(problem, truth.get(first), `event ${first}`);
    else {
      const { session, seq } = truth.get(first - 1)!;
      t.match(problem?.message, `right behind event ${seq} of session ${session}`);
      t.ok(ownersAreLost(damaged), `event ${first}`);
    }
  }
  t.ok(named > 40 && blocks.size > 10, `${named} flips, ${blocks.size} blocks`);
});

t.test('the index damaged, the table cut short or gone: all of it is lost', async (t) => {
  const index = Buffer.from(bytes);
  index[bytes.length - 60]! ^= 1;
  for (const damaged of [index, bytes.subarray(0, bytes.length >> 1), Buffer.alloc(0)])
    t.match((await problemsOf(damaged))[0], { code: 'EVENT_MISSING', message: /number 0 of the log/ });
});

t.test('damaged while the store is open: it is named too, and LevelDB is not let near', async (t) => {
  const copy = join(scratch, 'open');
  cpSync(data, copy, { recursive: true });
  const log = await AuditLog.open({ data: copy });
  const damaged = Buffer.from(bytes);
  damaged[bytes.length >> 1]! ^= 4;
  // In place: LevelDB has the file mapped into memory.
  const file = openSync(join(copy, 'log', table), 'r+');
  writeSync(file, damaged, 0, damaged.length, 0);
  closeSync(file);
  const first = firstLost(damaged)!;
  t.match((await log.verify()).problems, [truth.get(first), { code: 'FILE_DAMAGED' }]);
  await log.close();
});
