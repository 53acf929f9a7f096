import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { VERSION } from '../../sidecar/version.ts';
import { lenientText } from '../sidecar/policy/shipped.ts';
import { needs } from '../tool.ts';
import { chaperone, PROGRAM, temporary, up } from './program.ts';

// It starts the real program again and again.
t.setTimeout(600_000);

t.test('says its version, which is package.json’s', async (t) => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  t.equal(VERSION, version);
  t.match(await chaperone(['--version']), { status: 0, stdout: `${version}\n` });
});

t.test('wrong usage exits 2', async (t) => {
  for (const args of [
    [],
    ['bogus'],
    ['sessions', '--limit', '0'],
    ['export'],
    ['export', 'x', '--all'],
    ['up', '-p', 'x'],
  ])
    t.equal((await chaperone(args)).status, 2, args.join(' '));
});

t.test('reading where nothing was recorded says so and makes nothing', async (t) => {
  const data = join(await temporary(t), 'none');
  const result = await chaperone(['sessions', '--data', data]);
  t.equal(result.status, 3);
  t.match(result.stderr, /no evidence in/);
  await t.rejects(stat(data), { code: 'ENOENT' });
});

t.test('a command on pipes: its streams, its status, its evidence', async (t) => {
  const data = await temporary(t);
  const args = ['shell', '--data', data, '--', 'sh', '-c', 'cat; echo err >&2; exit 7'];
  const result = await chaperone(args, { input: 'from stdin' });
  t.match(result, { status: 7, stdout: 'from stdin', stderr: 'err\n' });

  const listed = await chaperone(['sessions', '--data', data, '--json']);
  const [session] = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(session, { state: 'ended', status: 7, commands: 1, refused: 0 });
  t.equal((await chaperone(['verify', session.id, '--data', data])).status, 0);

  await t.test('exports', async (t) => {
    const v3 = await chaperone(['export', session.id.slice(-8), '--data', data]);
    t.equal(JSON.parse(v3.stdout.split('\n')[0] ?? '').version, 3);
    const v2 = await chaperone(['export', 'last', '--format', 'v2', '--data', data]);
    t.equal(JSON.parse(v2.stdout.split('\n')[0] ?? '').version, 2);
    const text = await chaperone(['export', 'last', '--format', 'txt', '--data', data]);
    t.match(text.stdout, /from stdin/);
    const json = await chaperone(['export', 'last', '--format', 'json', '--data', data]);
    const types = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).body?.type ?? JSON.parse(line).event?.body?.type);
    t.ok(types.includes('session.end'));

    const directory = join(data, 'exported');
    t.equal((await chaperone(['export', '--all', '-o', directory, '--data', data])).status, 0);
    t.same(await readdir(directory), [`${session.id}.cast`]);
    t.equal((await stat(join(directory, `${session.id}.cast`))).mode & 0o777, 0o600);
    const played = await chaperone(['play', join(directory, `${session.id}.cast`), '--speed', '100']);
    t.match(played.stdout, /from stdin/);
    t.match((await chaperone(['play', 'last', '--data', data])).stdout, /from stdin/);
  });

  await t.test('an id that is not known exits 3', async (t) => {
    t.equal((await chaperone(['show', session.id.slice(-3), '--data', data])).status, 3, 'too short');
    for (const verb of ['show', 'export', 'play', 'verify'])
      t.equal((await chaperone([verb, '01ARZ3NDEKTSV4RRFFQ69G5FAV', '--data', data])).status, 3, verb);
  });
});

t.test('what policy refuses does not start and exits 126', async (t) => {
  const data = await temporary(t);
  const witness = join(data, 'ran');
  const script = `touch ${witness}; mkfs.ext4 /dev/no-such-disk`;
  const result = await chaperone(['shell', '--data', data, '--', 'bash', '-c', script]);
  t.equal(result.status, 126);
  t.match(result.stderr, /refused by/);
  await t.rejects(stat(witness), { code: 'ENOENT' });
  const shown = await chaperone(['show', 'last', '--data', data]);
  t.match(shown.stdout, /✗ .*\(refused by baseline\/no-format: /);
  const unknown = ['shell', '--data', data, '--', 'bash', '-c', '$NOTHING'];
  t.match(await chaperone(unknown), { status: 126, stderr: /nobody can be asked here/ });
  await writeFile(join(data, 'policy.yaml'), lenientText);
  await chaperone(unknown);
  t.match((await chaperone(['show', 'last', '--data', data])).stdout, /\? .*\(unjudged: /);
});

t.test('a signal shows as 128+n', async (t) => {
  const data = await temporary(t);
  await writeFile(join(data, 'policy.yaml'), lenientText);
  t.equal((await chaperone(['shell', '--data', data, '--', 'sh', '-c', 'kill -KILL $$'])).status, 137);
});

t.test('beside a running recorder everything goes through it', async (t) => {
  const data = await temporary(t);
  const recorder = await up(t, data);
  t.match(await chaperone(['shell', '--data', data, '--', 'echo', 'beside']), {
    status: 0,
    stdout: 'beside\n',
  });
  const listed = await chaperone(['sessions', '--data', data, '--json']);
  t.match(JSON.parse(listed.stdout), { state: 'ended', command: ['echo', 'beside'] });
  t.match((await chaperone(['export', 'last', '-f', 'txt', '--data', data])).stdout, /beside/);
  t.match(await chaperone(['verify', '--data', data]), { status: 0, stdout: /verified/ });
  const kept = join(data, 'kept');
  await cp(join(data, 'checkpoint'), kept);
  await chaperone(['shell', '--data', data, '--', 'true']);
  const held = ['verify', '--data', data, '--checkpoint'];
  t.equal((await chaperone([...held, kept])).status, 0);
  t.match(await chaperone([...held, join(data, 'key.pub')]), { status: 1, stdout: /CHECKPOINT_INVALID/ });
  t.match(await chaperone([...held, join(data, 'none')]), { status: 2, stderr: /is not there/ });

  await t.test('a second one is told who holds the store', async (t) => {
    const second = await chaperone(['up', '--data', data, '--port', '0']);
    t.equal(second.status, 5);
    t.match(second.stderr, /in use by process \d+/);
    const link = /http:\S+\/login\?token=\S+/.exec(second.stdout)?.[0] ?? '';
    t.ok(link.startsWith(recorder.url), 'and gets a fresh link into the first');
    t.equal((await fetch(link)).status, 200);
  });
  await t.test('nothing is served without login', async (t) => {
    for (const path of ['/', '/api/sessions', '/api/checkpoint', '/assets/x.js'])
      t.equal((await fetch(recorder.url + path)).status, 401, path);
  });
  t.equal(await recorder.stop(), 0);
  t.equal((await chaperone([...held, kept])).status, 0);
});

t.test('a port in use is one clear line', async (t) => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) =>
    taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
  );
  t.teardown(() => new Promise((resolve) => taken.close(resolve)));
  const result = await chaperone(['up', '--data', await temporary(t), '--port', String(port)]);
  t.equal(result.status, 5);
  t.match(result.stderr, new RegExp(`^chaperone: port ${port} .*\n$`));
});

t.test('a directory that cannot be one', async (t) => {
  const file = join(await temporary(t), 'file');
  await writeFile(file, '');
  for (const data of [file, join(file, 'below')]) {
    const result = await chaperone(['shell', '--data', data, '--', 'true']);
    t.not(result.status, 0);
    t.match(result.stderr, /^chaperone: .*\n$/, 'one line');
  }
});

t.test('a cast that is not one', async (t) => {
  const file = join(await temporary(t), 'bad.cast');
  await writeFile(file, '{"version": 9}\n');
  t.match(await chaperone(['play', file]), { status: 1, stderr: /^chaperone: .*asciicast.*\n$/ });
});

t.test('a damaged store does not verify, and says where', async (t) => {
  const data = await temporary(t);
  await chaperone(['shell', '--data', data, '--', 'echo', 'evidence']);
  const log = join(data, 'log');
  const table = (await readdir(log)).filter((name) => /\.(ldb|log)$/.test(name));
  for (const name of table) {
    const path = join(log, name);
    const { size } = await stat(path);
    if (size < 40) continue;
    await using file = await open(path, 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 30);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 30);
  }
  const result = await chaperone(['verify', '--data', data]);
  t.equal(result.status, 1);
  t.match(result.stdout, /✗ [A-Z_]+ /);
});

t.test('policy check', async (t) => {
  const directory = await temporary(t);
  const good = join(import.meta.dirname, '../../sidecar/policy/default.yaml');
  t.match(await chaperone(['policy', 'check', good]), { status: 0, stdout: /valid/ });
  const bad = join(directory, 'bad.yaml');
  await writeFile(
    bad,
    'apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: x}\nspec:\n  nonsense: 1\n',
  );
  t.match(await chaperone(['policy', 'check', bad]), { status: 1, stderr: /bad\.yaml:5:3/ });
  await mkdir(join(directory, 'data'));
  await writeFile(join(directory, 'data/policy.yaml'), 'nonsense');
  const shell = await chaperone(['shell', '--data', join(directory, 'data'), '--', 'true']);
  t.equal(shell.status, 1, 'a broken policy at the start lets nothing run');
});

t.test('the reader of a pipe may leave early', async (t) => {
  const data = await temporary(t);
  await chaperone([
    'shell',
    '--data',
    data,
    '--',
    'sh',
    '-c',
    'i=0; while [ $i -lt 3000 ]; do echo "line number $i of many"; i=$((i+1)); done',
  ]);
  const line = `"${process.execPath}" "${PROGRAM}" export last --data "${data}" | head -c 10; echo "status \${PIPESTATUS[0]}"`;
  const output = execFileSync('bash', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  t.match(output, /status (0|141)/);
});

t.test('completion works in real shells', async (t) => {
  const directory = await temporary(t);
  const binary = join(directory, 'chaperone');
  await writeFile(binary, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  await chmod(binary, 0o755);
  const ask = `source <("${binary}" completion bash); COMP_WORDS=(chaperone ver); COMP_CWORD=1; _chaperone; echo "\${COMPREPLY[@]}"; COMP_WORDS=(chaperone export --fo); COMP_CWORD=2; _chaperone; echo "\${COMPREPLY[@]}"`;
  t.equal(execFileSync('bash', ['-c', ask], { encoding: 'utf8' }), 'verify\n--format\n');
  if (!needs(t, 'zsh')) return;
  const zsh = `source <("${binary}" completion zsh); (( \${+functions[_chaperone]} )) && echo defined`;
  t.equal(execFileSync('zsh', ['-fc', zsh], { encoding: 'utf8' }), 'defined\n');
});
