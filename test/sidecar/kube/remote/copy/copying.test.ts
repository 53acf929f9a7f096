/** `kubectl cp`: known by its argv, recorded file by file. */
import t from 'tap';
import type { DraftBody } from '../../../../../recorder/audit/event.ts';
import { copyOf, placeOf } from '../../../../../sidecar/kube/remote/copy/command.ts';
import { CopiedInput, CopiedOutput, Copying } from '../../../../../sidecar/kube/remote/copy/copying.ts';

t.test('commands that copy, and what else tar does', async (t) => {
  const cases: [argv: string, copy: object | null][] = [
    ['tar -xmf - -C /tmp', { direction: 'to', base: '/tmp' }],
    ['tar xmf -', { direction: 'to', base: '' }],
    ['tar --no-same-permissions --no-same-owner -xmf - -C /d', { direction: 'to', base: '/d' }],
    ['/bin/tar -C /d -x -f -', { direction: 'to', base: '/d' }],
    ['tar cf - /etc/hosts', { direction: 'from', base: '/' }],
    ['tar cf - etc/hosts', { direction: 'from', base: '' }],
    ['tar -C /srv -c -f - .', { direction: 'from', base: '/srv' }],
    ['tar xzf -', null],
    ['tar xf - only/this', null],
    ['tar xPf -', null],
    ['tar xf file', null],
    ['tar cf -', null],
    ['tar tf -', null],
    ['tar --to-command=sh -xf -', null],
    ['tar -xf - -I sh', null],
    ['tar -cxf -', null],
    ['tar', null],
    ['gtar -xf -', null],
    ['sh -c tar', null],
  ];
  for (const [argv, copy] of cases) t.strictSame(copyOf(argv.split(' ')), copy, argv);
});

t.test('where a member comes to lie', async (t) => {
  const to = copyOf(['tar', '-xmf', '-', '-C', '/tmp'])!;
  t.equal(placeOf(to, 'f.bin'), '/tmp/f.bin');
  t.equal(placeOf(to, '/etc/passwd'), '/tmp/etc/passwd');
  t.equal(placeOf(to, '../etc/passwd'), '/etc/passwd', 'where it would, if tar let it');
  t.equal(placeOf(copyOf(['tar', 'cf', '-', '/etc/hosts'])!, 'etc/hosts'), '/etc/hosts');
  t.equal(placeOf(copyOf(['tar', 'cf', '-', 'x'])!, './x'), 'x');
});

function head(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('0', 156);
  block.write('        ', 148);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

t.test(
  'a file is recorded before its last byte goes on, and one that breaks off as far as it came',
  async (t) => {
    const recorded: DraftBody[] = [];
    const copy = { direction: 'to' as const, base: '/tmp' };
    const copying = new Copying({
      copy,
      record: async (body) => void recorded.push(body),
      holdsSecret: () => false,
    });
    const input = new CopiedInput(copying);
    await input.write(Buffer.concat([head('a', 3), Buffer.from('ab')]));
    t.equal(recorded.length, 0);
    const { pass } = await input.write(Buffer.concat([Buffer.from('c'), Buffer.alloc(509), head('b', 1000)]));
    t.equal(pass.length, 1 + 509 + 512);
    t.match(recorded, [{ type: 'session.file', direction: 'to', path: '/tmp/a', kind: 'file', bytes: 3 }]);
    await input.write(Buffer.alloc(7));
    await input.end();
    await copying.end();
    t.match(recorded.slice(1), [{ path: '/tmp/b', bytes: 7, cut: true }]);
    t.equal(recorded.length, 2);
  },
);

t.test('what tar complains of is output, what it copies is not', async (t) => {
  const seen: string[] = [];
  const copying = new Copying({
    copy: { direction: 'from', base: '/' },
    record: async (body) => void seen.push(`recorded ${body.type}`),
    holdsSecret: () => false,
  });
  const inner = {
    write: async (channel: string) => void seen.push(`output on ${channel}`),
    settled: async () => void seen.push('settled'),
  };
  const output = new CopiedOutput(copying, inner, async (channel) => void seen.push(`shown on ${channel}`));
  await output.write('stderr', Buffer.from('tar: removing /'));
  await output.write('stdout', Buffer.concat([head('a', 1), Buffer.from('x'), Buffer.alloc(511)]));
  t.strictSame(seen, ['output on stderr', 'settled', 'recorded session.file', 'shown on stdout']);
  await t.rejects(output.write('stdout', Buffer.alloc(512, 'x')), { code: 'REFUSED' });
  t.equal(seen.at(-1), 'settled', 'and nothing of what cannot be read is shown');
});

t.test('no digest of a small file that holds a known secret: it could be guessed', async (t) => {
  const recorded: DraftBody[] = [];
  const copying = new Copying({
    copy: { direction: 'from', base: '/etc/db' },
    record: async (body) => void recorded.push(body),
    holdsSecret: (content) => Buffer.from(content).includes('hunter2'),
  });
  const member = (name: string, content: string) =>
    Buffer.concat([head(name, content.length), Buffer.from(content), Buffer.alloc(-content.length & 511)]);
  const archive = Buffer.concat([
    member('password', 'hunter2'),
    member('user', 'app'),
    member('large', `hunter2${'x'.repeat(8192)}`),
  ]);
  for (const half of [archive.subarray(0, 515), archive.subarray(515)]) await copying.passes(half);
  const digests = recorded.map((body) => body.type === 'session.file' && [body.path, body.sha256?.length]);
  t.same(digests, [
    ['/etc/db/password', undefined],
    ['/etc/db/user', 64],
    ['/etc/db/large', 64],
  ]);
});
