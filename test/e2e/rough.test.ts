/** The program in rough hands: mistyped, cut off, pointed at the wrong things, lied to. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn as spawnOnTerminal } from 'node-pty';
import t from 'tap';
import { needs } from '../tool.ts';
import { chaperone, PROGRAM, temporary, up } from './program.ts';

// It starts the real program again and again.
t.setTimeout(600_000);

const ONE_LINE = /^chaperone: [^\n]+\n$/;
const quoted = (args: readonly string[]) =>
  [process.execPath, PROGRAM, ...args].map((arg) => `'${arg}'`).join(' ');

/** Runs a line of bash around the program; what it printed on stdout. */
function inBash(line: string): string {
  return execFileSync('bash', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

t.test('wrong usage is one line that nothing typed can colour', async (t) => {
  for (const args of [
    ['bogus'],
    ['sesions'],
    ['up', '--prot'],
    ['sessions', '-n', 'x'],
    ['x\u001b[31m\u009by'],
  ]) {
    const { status, stderr } = await chaperone(args);
    t.equal(status, 2, args.join(' '));
    t.match(stderr, ONE_LINE);
    t.notMatch(stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
  for (const port of ['', '0x10', '1e3', '65536', '-1']) {
    t.equal((await chaperone(['up', '--port', port])).status, 2, `--port ${port}`);
  }
});

t.test('a file name in an error is shown, not obeyed', async (t) => {
  const file = join(await temporary(t), 'bad\u001b]0;title\u0007.yaml');
  await writeFile(file, 'nonsense');
  const { status, stderr } = await chaperone(['policy', 'check', file]);
  t.equal(status, 1);
  t.match(stderr, /bad\\e\]0;title\\u0007\.yaml/);
  t.match(stderr, ONE_LINE);
});

t.test('an answer that nobody read is no success', async (t) => {
  const data = await temporary(t);
  const args = quoted(['verify', '--data', data]);
  await chaperone(['shell', '--data', data, '--', 'true']);
  t.equal(inBash(`(sleep 0.2; ${args}) | true; echo \${PIPESTATUS[0]}`), '141\n');
  const full = inBash(`${args} 2>&1 >/dev/full; echo $?`);
  t.match(full, /^chaperone: standard output cannot be written: [^\n]+\n1\n$/);
});

t.test('a session whose reader leaves ends as on any pipe, and its end is recorded', async (t) => {
  const data = await temporary(t);
  const args = quoted(['shell', '--data', data, '--', 'seq', '300000']);
  t.equal(inBash(`${args} | head -1; echo \${PIPESTATUS[0]}`), '1\n141\n');
  const listed = await chaperone(['sessions', '--data', data, '--json']);
  t.match(JSON.parse(listed.stdout), { state: 'ended', status: 141 });
});

t.test('what a session says is shown as JSON without controls', async (t) => {
  const data = await temporary(t);
  await chaperone(['shell', '--data', data, '--', 'true', 'a\u009b31m\u202eb']);
  for (const args of [['sessions', '--json'], ['sessions']]) {
    const { stdout } = await chaperone([...args, '--data', data]);
    t.notMatch(stdout, /[\u007f-\u009f\u202e]/);
    t.match(stdout, /\\u009b31m\\u202e/);
  }
});

t.test('export puts nothing in the place of what is no file', async (t) => {
  const data = await temporary(t);
  const out = await temporary(t);
  await chaperone(['shell', '--data', data, '--', 'echo', 'exported']);
  const write = (path: string) => chaperone(['export', 'last', '--data', data, '-f', 'txt', '-o', path]);

  const pipe = join(out, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reading = readFile(pipe, 'utf8');
  t.equal((await write(pipe)).status, 0);
  t.match(await reading, /exported/);
  t.ok((await stat(pipe)).isFIFO());

  const victim = join(out, 'victim');
  await writeFile(victim, 'untouched');
  await symlink(victim, join(out, 'planted'));
  t.equal((await write(join(out, 'planted'))).status, 0);
  t.equal(await readFile(victim, 'utf8'), 'untouched', 'a link is replaced, never followed');

  t.match(await write(out), { status: 2, stderr: ONE_LINE });
  t.match(await write(''), { status: 2, stderr: ONE_LINE });
  t.match(await write(join(out, 'no', 'file')), { status: 3, stderr: ONE_LINE });
  const all = (path: string) => chaperone(['export', '--all', '--data', data, '-o', path]);
  t.match(await all(victim), { status: 2, stderr: ONE_LINE });
  t.match(await all('/proc/none'), { status: 3, stderr: ONE_LINE }, 'and it returns');
  t.same((await readdir(out)).sort(), ['pipe', 'planted', 'victim'], 'nothing half-written is left');
});

t.test('play takes a session for its id, whatever files lie about', async (t) => {
  const data = await temporary(t);
  const cwd = await temporary(t);
  await chaperone(['shell', '--data', data, '--', 'echo', 'genuine']);
  const forged = '{"version":2,"width":80,"height":24}\n[0,"o","forged"]\n';
  await writeFile(join(cwd, 'last'), forged);
  const played = await chaperone(['play', 'last', '--data', data], { cwd });
  t.match(played.stdout, /genuine/);
  t.notMatch(played.stdout, /forged/);
  t.match((await chaperone(['play', './last'], { cwd })).stdout, /forged/);
  t.match(await chaperone(['play', './none']), { status: 3, stderr: ONE_LINE });
  t.match(await chaperone(['play', '/']), { status: 1, stderr: ONE_LINE });
});

t.test('the recorder’s token does not reach the guarded shell', async (t) => {
  const data = await temporary(t);
  const recorder = await up(t, data);
  const token = (await readFile(join(data, 'token'), 'utf8')).trim();
  const args = quoted(['shell', '--data', join(data, 'elsewhere'), '--', 'env']);
  await mkdir(join(data, 'elsewhere'));
  const shown = inBash(`CHAPERONE_URL=${recorder.url} CHAPERONE_TOKEN=${token} ${args}`);
  t.match(shown, /PATH=/);
  t.notMatch(shown, token);
});

t.test('a second shell without a recorder says how there can be many', async (t) => {
  const data = await temporary(t);
  const first = spawn(process.execPath, [PROGRAM, 'shell', '--data', data, '--', 'sh', '-c', 'echo in; cat']);
  await once(first.stdout, 'data');
  const second = await chaperone(['shell', '--data', data, '--', 'true']);
  t.match(second, { status: 5, stderr: ONE_LINE });
  t.match(second.stderr, /chaperone up/);
  first.stdin.end();
  t.same(await once(first, 'close'), [0, null]);
});

t.test('zsh completes, by a Tab in a real one', async (t) => {
  if (!needs(t, 'zsh')) return;
  const directory = await temporary(t);
  const binary = join(directory, 'chaperone');
  await writeFile(binary, `#!/bin/sh\nexec ${quoted([])} "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${directory}:${process.env.PATH}`, HOME: directory, TERM: 'xterm' };
  const shell = spawnOnTerminal('zsh', ['-f'], { cwd: directory, env, cols: 200 });
  t.teardown(async () => shell.kill('SIGKILL'));
  let shown = '';
  let heard = () => {};
  shell.onData((data) => {
    shown += data;
    heard();
  });
  const until = async (pattern: RegExp) => {
    while (!pattern.test(shown)) await new Promise<void>((resolve) => (heard = resolve));
  };
  shell.write("PS1='ready$ '\r");
  await until(/\u001b\[Jready\$ /);
  shell.write('source <(chaperone completion zsh); echo sour""ced\r');
  await until(/\nsourced/);
  shell.write('chaperone ver\t');
  await until(/ver\S*ify/);
  shell.write(' --js\t');
  await until(/--js\S*on/);
  t.pass('verify --json');
});
