/** Archives of real programs, whatever the cuts; and those that are made to be read in two ways. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { type Member, TarReader } from '../../../../../sidecar/kube/remote/copy/tar.ts';
import { bytewise, type Cut, inSizes, whole } from '../../../../kube-captures/cuts.ts';
import { needs } from '../../../../tool.ts';

function read(archive: Buffer, cut: Cut = whole): Member[] {
  const reader = new TarReader();
  return [...cut(archive)].flatMap((piece) => reader.push(Buffer.from(piece)).map(({ member }) => member));
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** A member as POSIX writes it. */
function member(
  name: string,
  content: string | Buffer = '',
  changes: { type?: string; size?: string | Buffer; magic?: string; prefix?: string; sum?: string } = {},
): Buffer {
  const bytes = Buffer.from(content);
  const { type = '0', size = bytes.length.toString(8).padStart(11, '0'), magic = 'ustar\x0000' } = changes;
  const head = Buffer.alloc(512);
  head.write(name, 0, 'latin1');
  head.write('0000644\0', 100);
  Buffer.from(size).copy(head, 124);
  head.write('00000000000', 136);
  head.write(type, 156, 'latin1');
  head.write(magic, 257, 'latin1');
  head.write(changes.prefix ?? '', 345);
  head.write('        ', 148);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(changes.sum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

const END = Buffer.alloc(1024);
const pax = (...lines: string[]) => member('pax', lines.join(''), { type: 'x' });

t.test('what tar programs write', async (t) => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(120)}`;
  const files: Record<string, string> = {
    'a.txt': 'text',
    empty: '',
    'with blank é\n': 'x'.repeat(512),
    'sub/b': 'y'.repeat(100_001),
    [long]: 'long',
  };
  const root = t.testdir({});
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  symlinkSync('a.txt', join(root, 'link'));
  const programs: Record<string, string[]> = {
    gnu: ['tar', 'cf', '-', '.'],
    pax: ['tar', '--format=posix', '-cf', '-', '.'],
    busybox: ['busybox', 'tar', 'cf', '-', '.'],
  };
  for (const [name, [program, ...args]] of Object.entries(programs)) {
    if (!needs(t, program!)) continue;
    const { stdout } = spawnSync(program!, args, { cwd: root, maxBuffer: 1 << 24 });
    for (const cut of [whole, inSizes([1, 511, 513, 7000]), bytewise]) {
      const members = read(stdout, cut);
      const found = new Map(members.map((one) => [one.path.replace(/^\.\//, ''), one]));
      for (const [path, content] of Object.entries(files))
        t.strictSame(
          found.get(path),
          { path: found.get(path)?.path, kind: 'file', bytes: content.length, sha256: sha256(content) },
          `${name}: ${path.slice(0, 20)}`,
        );
      t.match(found.get('link'), { kind: 'link', bytes: 0 });
      t.match(found.get('sub/'), { kind: 'directory', bytes: 0 });
    }
  }
});

t.test('names and sizes, in all ways to write them', async (t) => {
  const large = Buffer.alloc(12);
  large[0] = 0x80;
  large[11] = 5;
  const cases: [archive: Buffer[], members: object[]][] = [
    [[member('f', 'hello', { size: large })], [{ path: 'f', bytes: 5, sha256: sha256('hello') }]],
    [[member('f', 'x', { prefix: 'dir' })], [{ path: 'dir/f' }]],
    [[member('f', 'x', { prefix: '123456', magic: 'ustar  \0' })], [{ path: 'f' }]],
    [[member('f', 'x', { magic: '' })], [{ path: 'f' }]],
    [[member('d/', '', { magic: '' })], [{ path: 'd/', kind: 'directory' }]],
    [[member('L', 'long name\0', { type: 'L' }), member('f', 'x')], [{ path: 'long name' }]],
    [[member('K', 'target\0', { type: 'K' }), member('f', '', { type: '2' })], [{ path: 'f', kind: 'link' }]],
    [[pax('13 path=a=b\n\n'), member('f', 'x')], [{ path: 'a=b\n' }]],
    [
      [pax('10 size=3\n'), member('f', 'abc', { size: '00000000000' })],
      [{ bytes: 3, sha256: sha256('abc') }],
    ],
    [[member('g', '14 comment=hi\n', { type: 'g' }), member('f')], [{ path: 'f' }]],
    [
      [member('p', '', { type: '6' }), member('f')],
      [{ path: 'p', kind: 'other' }, { path: 'f' }],
    ],
  ];
  for (const [archive, members] of cases)
    for (const cut of [whole, bytewise]) t.match(read(Buffer.concat([...archive, END]), cut), members);
});

t.test('what could be read in two ways is refused, and nothing is read after it', async (t) => {
  const good = member('good', 'x');
  const negative = Buffer.alloc(12, 0xff);
  const huge = Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0xff)]);
  const cases: Record<string, Buffer[]> = {
    noise: [Buffer.alloc(512, 'x')],
    'a wrong sum': [member('f', 'x', { sum: '000001\0 ' })],
    'a size that is none': [member('f', 'x', { size: 'abc' })],
    'no size': [member('f', '', { size: '            ' })],
    'a negative size': [member('f', '', { size: negative })],
    'a size beyond counting': [member('f', '', { size: huge })],
    'a link with content': [member('f', 'x', { type: '1' })],
    'a directory with content': [member('f', 'x', { type: '5' })],
    'a directory by its name, with content': [member('d/', 'x')],
    'a directory by its long name, with content': [member('L', 'd/', { type: 'L' }), member('f', 'x')],
    'a file with holes': [member('f', '', { type: 'S' })],
    'a file with holes, by an extended header': [pax('22 GNU.sparse.major=1\n'), member('f', 'x')],
    'a part of an archive': [member('f', '', { type: 'M' })],
    'two names': [member('L', 'a', { type: 'L' }), pax('9 path=b\n'), member('f')],
    'two long names': [member('L', 'a', { type: 'L' }), member('L', 'b', { type: 'L' }), member('f')],
    'two extended headers': [pax('9 path=b\n'), pax('9 path=c\n'), member('f')],
    'the same twice in one': [pax('9 path=b\n', '9 path=c\n'), member('f')],
    'a size for all': [member('g', '10 size=3\n', { type: 'g' }), member('f')],
    'an extended header with a wrong length': [pax('90 path=b\n'), member('f')],
    'an extended header without a number': [pax(' path=b\n'), member('f')],
    'an extended header without an end': [pax('9 path=bc'), member('f')],
    'an extended size that is none': [pax('11 size=-3\n'), member('f')],
    'a path with a NUL': [pax('11 path=b\0c\n'), member('f')],
    'no name': [member('')],
    'a name without end': [member('L', 'n'.repeat(5000), { type: 'L' }), member('f')],
    'a long name that is a bomb': [member('L', Buffer.alloc(70_000, 'x'), { type: 'L' }), member('f')],
    'something behind the end': [END, member('f')],
    'something between the two empty blocks': [Buffer.alloc(512), member('f')],
    'an end where a member has to follow': [member('L', 'a', { type: 'L' }), END],
  };
  for (const [name, archive] of Object.entries(cases)) {
    for (const cut of [whole, inSizes([512]), bytewise]) {
      const reader = new TarReader();
      const seen: string[] = [];
      const pass = () => {
        for (const piece of cut(Buffer.concat([good, ...archive, END])))
          seen.push(...reader.push(Buffer.from(piece)).map(({ member }) => member.path));
      };
      t.throws(pass, { code: 'REFUSED' }, name);
      t.ok(seen.length <= 1, 'nothing but the good one');
    }
  }
});

t.test('an archive that breaks off within a file', async (t) => {
  const archive = Buffer.concat([member('a', 'whole'), member('b', 'x'.repeat(2000))]);
  for (const [length, partial] of [
    [100, null],
    [512 + 3, { path: 'a', bytes: 3, sha256: sha256('who') }],
    [512 + 5, null],
    [1024 + 512, { path: 'b', bytes: 0, sha256: sha256('') }],
    [1024 + 512 + 1999, { path: 'b', bytes: 1999 }],
    [archive.length, null],
  ] as const) {
    const reader = new TarReader();
    reader.push(archive.subarray(0, length));
    if (partial === null) t.equal(reader.partial(), null, String(length));
    else t.match(reader.partial(), { member: partial }, String(length));
  }
});

t.test('a file with holes, as GNU tar finds them, is refused', async (t) => {
  if (!needs(t, 'tar')) return;
  const root = t.testdir({ f: 'x' });
  truncateSync(join(root, 'f'), 1 << 20);
  for (const format of ['gnu', 'posix']) {
    const { stdout } = spawnSync('tar', ['-S', `--format=${format}`, '-cf', '-', 'f'], { cwd: root });
    t.throws(() => read(stdout), { code: 'REFUSED' }, format);
  }
});
