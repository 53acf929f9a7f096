/** It runs in whatever image the agent has: nothing is loaded beside it, and a root with nothing but busybox is enough. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { needs } from '../../tool.ts';
import { run } from './beside.ts';
import { launcher, launchers } from './built.ts';
import { Keeper, none } from './keeper.ts';

t.setTimeout(120_000);

/** Types of the program headers, https://man7.org/linux/man-pages/man5/elf.5.html */
function segments(elf: Buffer): number[] {
  const at = Number(elf.readBigUInt64LE(0x20));
  const [size, count] = [elf.readUInt16LE(0x36), elf.readUInt16LE(0x38)];
  return Array.from({ length: count }, (_, i) => elf.readUInt32LE(at + i * size));
}

t.test('no interpreter, nothing that is loaded, and the mark where it is looked for', async (t) => {
  if (!needs(t, 'cc')) return;
  const elf = readFileSync(await launcher('shipped', 'bash'));
  const [DYNAMIC, INTERPRETER] = [2, 3];
  t.notOk(segments(elf).includes(INTERPRETER));
  t.notOk(segments(elf).includes(DYNAMIC));
  const mark = elf.indexOf('chaperone-launcher:1');
  t.ok(mark > 0 && mark < 4096, `at ${mark}`);
  t.ok(elf.length < 1 << 20, `${elf.length} bytes`);
});

/** A root of a handful of files, and the keeper's socket in it. */
async function bareRoot(t: Test) {
  const root = mkdtempSync(join(tmpdir(), 'chaperone-root-'));
  for (const directory of ['bin', 'opt', 'opt/chaperone', 'dev', 'run']) mkdirSync(join(root, directory));
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of ['sh', 'ash', 'cat', 'echo', 'sleep']) symlinkSync('busybox', join(root, 'bin', name));
  copyFileSync(await launcher('shipped', 'sh'), join(root, 'opt/chaperone/sh'));
  // Its contents do not matter: a background job reads from it.
  writeFileSync(join(root, 'dev/null'), '');
  const keeper = await new Keeper(join(root, 'run/s'), {
    verdict: ({ argv }) =>
      argv.at(-1)!.toString().includes('plain') ? { relay: none, token: Buffer.alloc(0) } : {},
  }).open();
  t.teardown(async () => {
    await keeper.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { root, keeper };
}

t.test('in a root with nothing but busybox, and no /proc', async (t) => {
  if (!needs(t, 'cc') || !needs(t, 'busybox') || !needs(t, 'unshare')) return;
  const { root, keeper } = await bareRoot(t);
  if (spawnSync('ldd', ['/bin/busybox'], { encoding: 'utf8' }).stdout.includes('=>'))
    return void t.pass('busybox is not static here', { skip: true });
  const into = ['--user', '--map-root-user', `--root=${root}`, '/opt/chaperone/sh'];
  if (spawnSync('unshare', [...into.slice(0, 3), '/bin/busybox', 'true']).status !== 0)
    return void t.pass('no user namespace may be made here', { skip: true });
  const env = { PATH: '/opt/chaperone:/bin', CHAPERONE_SOCKET: '/run/s' };
  const of = (args: string[], input = '') =>
    run('unshare', { args: [...into, ...args], input, options: { env } });
  t.same(await of(['-c', 'echo out; echo err >&2; exit 3']), {
    stdout: 'out\n',
    stderr: 'err\n',
    status: 3,
    signal: null,
  });
  t.match(await of(['-c', 'sh -c "echo nested; exit 4"; echo $?']), { stdout: 'nested\n4\n', status: 0 });
  t.match(await of(['-c', 'echo plain; exit 5']), { stdout: 'plain\n', status: 5 });
  t.match(await of([], 'echo from a pipe; exit 6\n'), { stdout: 'from a pipe\n', status: 6 });
  t.match(await of(['-c', '(sleep 0.1; echo late) & echo now']), { stdout: 'now\nlate\n' });
  t.equal(keeper.sessions.length, 5);
  t.same(
    keeper.sessions.map(({ question }) => question.shell.toString()),
    Array(5).fill('/bin/sh'),
  );
});

t.test('copies of it that find each other do not start each other', async (t) => {
  if (!needs(t, 'cc')) return;
  const scratch = mkdtempSync(join(tmpdir(), 'chaperone-copies-'));
  t.teardown(() => rmSync(scratch, { recursive: true, force: true }));
  const directory = await launchers();
  for (const name of ['one', 'two'])
    cpSync(directory, join(scratch, name), { recursive: true, dereference: true });
  const keeper = await new Keeper(join(scratch, 's')).open();
  t.teardown(() => keeper.close());
  const env = { HOME: scratch, PATH: `${scratch}/one:${scratch}/two:/bin`, CHAPERONE_SOCKET: keeper.path };
  const outcome = await run(join(scratch, 'one/bash'), { args: ['-c', 'echo $((6 * 7))'], options: { env } });
  t.match(outcome, { stdout: '42\n', status: 0, stderr: '' });
  t.same(
    keeper.sessions.map(({ question }) => question.shell.toString()),
    ['/bin/bash'],
  );
  const nothing = { PATH: `${scratch}/one`, CHAPERONE_SOCKET: keeper.path };
  const ash = await run(join(scratch, 'one/ash'), { args: ['-c', 'true'], options: { env: nothing } });
  t.match(ash, { status: 127, stderr: /there is no ash behind the launcher/ });
});
