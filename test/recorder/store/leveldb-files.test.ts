import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import t from 'tap';
import { crc32c, maskedCrc32c } from '../../../recorder/store/crc32c.ts';
import { checkFiles } from '../../../recorder/store/leveldb-files.ts';
import { readLog } from '../../../recorder/store/leveldb-log.ts';
import { checkTable } from '../../../recorder/store/leveldb-table.ts';
import { snappyUncompress } from '../../../recorder/store/snappy.ts';
import { Cursor, encodeVarint } from '../../../recorder/store/varint.ts';
import { temporaryDirectory } from '../../temporary.ts';

const LONG = process.env.CHAPERONE_LONG !== undefined;
if (LONG) t.setTimeout(60 * 60_000);

/** A database that LevelDB itself wrote: tables with compressed and plain blocks, a log with records over blocks. */
async function written(): Promise<string> {
  const directory = temporaryDirectory();
  const options = { keyEncoding: 'utf8', valueEncoding: 'view', blockSize: 1024 } as const;
  let db = new Level<string, Uint8Array>(directory, options);
  let x = 1;
  const noise = Uint8Array.from({ length: 4000 }, () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x >>> 24;
  });
  for (let i = 0; i < 40; i++)
    await db.put(`key ${i}`, i % 2 ? Buffer.alloc(900, i) : noise.subarray(i, i + 900));
  // When it opens again, its log becomes a table.
  await db.close();
  db = new Level<string, Uint8Array>(directory, options);
  await db.batch([{ type: 'put', key: 'large', value: Buffer.alloc(70_000, 7) }]);
  for (let i = 0; i < 20; i++) await db.put(`late ${i}`, noise.subarray(0, 100 + i));
  await db.close();
  return directory;
}

async function faults(directory: string) {
  const found = [];
  for await (const fault of checkFiles(directory)) found.push(fault);
  return found;
}

const file = (directory: string, ending: string) => {
  const name = readdirSync(directory).find((one) => one.endsWith(ending) || one.startsWith(ending))!;
  return { path: join(directory, name), bytes: readFileSync(join(directory, name)) };
};

t.test('the checksum: vectors of RFC 3720 B.4', async (t) => {
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  t.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c);
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  t.not(maskedCrc32c(Buffer.alloc(32)), crc32c(Buffer.alloc(32)));
});

t.test('what LevelDB wrote has no faults', async (t) => {
  t.same(await faults(await written()), []);
  t.same(await faults(join(tmpdir(), 'chaperone-nowhere')), []);
});

t.test('every byte of a table, of a log, of the MANIFEST matters', async (t) => {
  const directory = await written();
  const table = file(directory, '.ldb').bytes;
  const log = file(directory, '.log').bytes;
  const manifest = file(directory, 'MANIFEST').bytes;
  const whole = readLog(log);
  t.match(whole, { fault: null, torn: null });
  t.equal(whole.records.length, 21);
  t.equal(checkTable(table), null);
  const noticed = (bytes: Buffer, ok: (copy: Buffer) => boolean, stride: number) => {
    const missed: number[] = [];
    for (let at = 0; at < bytes.length; at += stride) {
      bytes[at]! ^= 1 << (at % 8);
      if (ok(bytes)) missed.push(at);
      bytes[at]! ^= 1 << (at % 8);
    }
    return missed;
  };
  t.same(
    noticed(table, (copy) => checkTable(copy) === null, LONG ? 1 : 7),
    [],
  );
  t.same(
    noticed(table.subarray(0), (copy) => checkTable(copy) === null, table.length - 1),
    [],
  );
  const tail = Buffer.from(table);
  for (let i = 1; i <= 48; i++) {
    tail[tail.length - i]! ^= 64;
    t.not(checkTable(tail), null, `footer, ${i} from the end`);
    tail[tail.length - i]! ^= 64;
  }
  // A length that now points behind the end looks like a cut record, except that its bytes still sum up: fault or torn.
  const sound = (copy: Buffer) => {
    const { fault, torn } = readLog(copy);
    return fault === null && torn === null;
  };
  t.same(noticed(log, sound, LONG ? 1 : 13), []);
  t.same(
    noticed(log.subarray(-1500), () => false, 1),
    [],
  );
  t.same(noticed(manifest, sound, 1), []);
  const last = readLog(log).records.at(-1)!;
  for (let bit = 0; bit < 16; bit++) {
    const copy = Buffer.from(log);
    copy[last.from + 4 + (bit >> 3)]! ^= 1 << (bit & 7);
    t.not(readLog(copy).fault, null, `length of the last record, bit ${bit}`);
  }
});

t.test('a log cut anywhere is torn, or ends with a record: never a fault', async (t) => {
  const log = file(await written(), '.log').bytes;
  const records = readLog(log).records.length;
  for (let size = 0; size < log.length; size += size < 40 || size > log.length - 300 ? 1 : 97) {
    const cut = readLog(log.subarray(0, size));
    if (cut.fault !== null || cut.records.length > records) t.fail(`cut to ${size}: ${cut.fault?.message}`);
  }
  t.match(readLog(log.subarray(0, log.length - 1)), { fault: null, torn: Number });
  t.match(readLog(Buffer.alloc(0)), { records: [], fault: null, torn: null });
});

t.test('a batch taken out of a log leaves a hole in the numbers', async (t) => {
  const directory = await written();
  const { path, bytes } = file(directory, '.log');
  const { records } = readLog(bytes);
  const [before, taken, after] = records.slice(-3).map(({ from }) => from) as [number, number, number];
  t.ok(Math.floor(before / 32768) === Math.floor(after / 32768), 'all in one block');
  writeFileSync(path, Buffer.concat([bytes.subarray(0, taken), bytes.subarray(after)]));
  t.match(await faults(directory), [{ message: /missing before/ }]);
});

t.test('files that are missing, strange, or of the wrong length', async (t) => {
  const cases: [string, (directory: string) => void][] = [
    ['CURRENT names nothing', (d) => writeFileSync(join(d, 'CURRENT'), 'MANIFEST-999999\n')],
    ['CURRENT is strange', (d) => writeFileSync(join(d, 'CURRENT'), '../../etc/passwd\n')],
    ['a table is empty', (d) => writeFileSync(file(d, '.ldb').path, '')],
    [
      'a table has a byte more',
      (d) => writeFileSync(file(d, '.ldb').path, Buffer.concat([file(d, '.ldb').bytes, Buffer.alloc(1)])),
    ],
    ['the MANIFEST is empty', (d) => writeFileSync(file(d, 'MANIFEST').path, 'x'.repeat(64))],
  ];
  for (const [what, change] of cases) {
    const directory = await written();
    change(directory);
    t.equal((await faults(directory)).length > 0, true, what);
  }
});

t.test('hostile tables: noise and cut tables give a fault, never an exception', async (t) => {
  const table = file(await written(), '.ldb').bytes;
  for (let size = 0; size < table.length; size += 211) t.not(checkTable(table.subarray(0, size)), null);
  for (let i = 0; i < 50; i++) {
    const noise = Buffer.concat([Buffer.from(table.subarray(0, 200 + i)).reverse(), table.subarray(-48)]);
    t.not(checkTable(noise), null);
  }
});

t.test('snappy: an example by hand, and hostile input', async (t) => {
  // "abcabcabcabc": a literal of 3, then a copy of 9 from 3 back, which overlaps itself.
  t.same(
    Buffer.from(
      snappyUncompress(Buffer.from([12, (3 - 1) << 2, 97, 98, 99, ((9 - 4) << 2) | 1, 3])),
    ).toString(),
    'abcabcabcabc',
  );
  for (const bad of [[], [5], [255, 255, 255, 255, 127], [4, 1, 9], [3, 0, 97, 0], [1, 8, 97, 98, 99]]) {
    t.throws(() => snappyUncompress(Buffer.from(bad)), RangeError);
  }
});

t.test('numbers of variable length', async (t) => {
  for (const n of [0, 1, 127, 128, 300, 2 ** 32, 2 ** 49])
    t.equal(new Cursor(Buffer.from(encodeVarint(n))).varint(), n);
  t.throws(() => new Cursor(Buffer.from([128])).varint(), RangeError);
  t.throws(() => new Cursor(Buffer.alloc(12, 255)).varint(), RangeError);
});
