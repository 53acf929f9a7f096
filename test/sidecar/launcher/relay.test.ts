/** What a shell writes is recorded before it arrives, whatever happens to the sidecar meanwhile. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { type Beside, beside, run } from './beside.ts';
import { Keeper, type Kept, none, outputs, send } from './keeper.ts';

t.setTimeout(120_000);

const LONG = process.env.CHAPERONE_LONG !== undefined;
const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString('latin1');

/** Started and left to itself; what arrives is collected. */
function started({ launched }: Beside, args: string[], stdin: 'pipe' | 'ignore' = 'ignore') {
  const child = spawn(launched.shell('bash'), args, {
    ...{ env: launched.env, cwd: launched.directory, detached: true, stdio: [stdin, 'pipe', 'pipe'] },
  });
  const arrived = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('latin1').on('data', (piece) => (arrived.stdout += piece));
  child.stderr!.setEncoding('latin1').on('data', (piece) => (arrived.stderr += piece));
  return { child, arrived, closed: once(child, 'close'), exited: once(child, 'exit') };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await setTimeout(5);
  if (!condition()) throw new Error('it never came to that');
}

t.test('nothing arrives before it is stored, and nothing ends before it arrived', async (t) => {
  const both = await beside(t, { acknowledges: () => false });
  const { child, arrived, closed } = started(both, ['-c', 'echo out; echo err >&2; exit 5']);
  await until(() => both.keeper.sessions[0]?.streams.stderr.length === 1);
  await until(() => text(both.keeper.sessions[0]!.streams.stdout) === 'out\n');
  await setTimeout(50);
  t.same(arrived, { stdout: '', stderr: '' });
  t.equal(child.exitCode, null);
  both.keeper.acknowledgeAll();
  t.same((await closed)[0], 5);
  t.same(arrived, { stdout: 'out\n', stderr: 'err\n' });
  const [kept] = await both.done();
  t.same(kept!.exited, { signal: false, code: 5 });
});

t.test('what is held back is bounded: the shell waits', async (t) => {
  const both = await beside(t, { acknowledges: () => false });
  const { child, arrived, closed } = started(both, ['-c', 'head -c 3000000 /dev/zero; echo done >&2']);
  const length = () => text(both.keeper.sessions[0]?.streams.stdout ?? []).length;
  await until(() => length() >= 256 * 1024);
  await setTimeout(100);
  t.equal(length(), 256 * 1024, 'no more is sent than is held');
  t.equal(arrived.stderr, '');
  const memory = relays(child.pid!).map((pid) => Number(/VmRSS:\s+(\d+)/.exec(status(pid))?.[1]));
  t.equal(memory.length, 1);
  t.ok(memory[0]! < 1500, `${memory[0]} KiB in the relay`);
  const acknowledging = setInterval(() => both.keeper.acknowledgeAll(), 2);
  await closed;
  clearInterval(acknowledging);
  t.equal(arrived.stdout.length, 3_000_000);
  t.equal(arrived.stderr, 'done\n');
});

function status(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

/** The relays that the launcher with that pid started. */
function relays(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0)
    .filter(
      (other) => status(other).includes(`PPid:\t${pid}\n`) && status(other).includes('chaperone-relay'),
    );
}

t.test('a full reader of one stream does not hold up the other', async (t) => {
  const both = await beside(t);
  const command =
    'head -c 2000000 /dev/zero >&2 & for i in $(seq 1 2000); do echo line $i; done; echo end; wait';
  const { child, arrived, closed } = started(both, ['-c', command]);
  child.stderr!.pause();
  await until(() => arrived.stdout.endsWith('end\n'));
  child.stderr!.resume();
  await closed;
  t.equal(arrived.stderr.length, 2_000_000);
});

t.test('much, both ways, and none of it changed', async (t) => {
  const both = await beside(t);
  const bytes = Buffer.alloc(LONG ? 100_000_000 : 8_000_000);
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE((i * 2654435761) % 2 ** 32, i);
  const given = { args: ['-c', 'tee >(sha256sum >&2); wait'], input: bytes };
  const options = { env: both.launched.env };
  const { stdout, stderr, status } = await run(both.launched.shell('bash'), { ...given, options });
  const hash = (latin1: string) => createHash('sha256').update(latin1, 'latin1').digest('hex');
  const expected = createHash('sha256').update(bytes).digest('hex');
  t.equal(status, 0);
  t.equal(hash(stdout), expected);
  t.match(stderr, expected);
  const [kept] = await both.done();
  t.equal(hash(text(kept!.streams.stdout)), expected, 'and so it was recorded');
  t.same(kept!.faults, []);
});

t.test('a sidecar that starts again loses nothing', async (t) => {
  let mute = false;
  const both = await beside(t, { acknowledges: () => !mute });
  const command =
    'for i in $(seq 1 400); do echo line $i; done; read x; seq 401 800; echo err >&2; read y; exit 3';
  const { child, arrived, closed } = started(both, ['-c', command], 'pipe');
  await until(() => arrived.stdout.endsWith('line 400\n'));
  mute = true;
  child.stdin!.write('go\n');
  await until(() => text(both.keeper.sessions[0]!.streams.stdout).endsWith('800\n'));
  await both.keeper.close();
  // What it had stored last was never said: it is gone with who knew it, for one stream.
  const [kept] = both.keeper.sessions;
  kept!.streams.stderr = [];
  kept!.stored.stderr = 0;
  await setTimeout(50);
  t.notOk(arrived.stdout.includes('800'), 'it is held back');
  const again = await new Keeper(both.keeper.path, {}, both.keeper.sessions).open();
  t.teardown(() => again.close());
  await until(() => arrived.stderr === 'err\n');
  child.stdin!.end('go\n');
  t.same((await closed)[0], 3);
  t.match(arrived.stdout, /line 400\n401\n[\s\S]*\n800\n$/);
  await again.done();
  t.equal(text(kept!.streams.stdout), arrived.stdout);
  t.same([kept!.faults, kept!.resumed, kept!.exited], [[], 1, { signal: false, code: 3 }]);
});

t.test('who does not know the session any more ends it', async (t) => {
  const both = await beside(t);
  const { arrived, closed } = started(both, ['-c', 'echo on; exec sleep 30']);
  await until(() => arrived.stdout === 'on\n');
  await both.keeper.close();
  const again = await new Keeper(both.keeper.path).open();
  t.teardown(() => again.close());
  t.same((await closed)[0], 126);
  t.match(arrived.stderr, 'no such session');
});

t.test('the sidecar may end what runs', async (t) => {
  const close = { kind: 'close', message: Buffer.from('chaperone: the disk is full\n') } as const;
  const both = await beside(t, { hears: (frame, socket) => frame.kind === 'data' && send(socket, close) });
  const killed = started(both, ['-c', 'echo x; exec sleep 30']);
  t.same((await killed.closed)[0], 126);
  t.same(
    killed.arrived,
    { stdout: '', stderr: 'chaperone: the disk is full\n' },
    'nothing that was not stored',
  );
  const orderly = started(both, ['-c', 'trap "exit 4" HUP; echo x; while :; do sleep 0.02; done']);
  t.same((await orderly.closed)[0], 4, 'what ends by itself has its own status');
});

t.test('a reader that goes away is told to the shell, and what it did not read is recorded', async (t) => {
  const both = await beside(t);
  const { child, arrived, exited } = started(
    both,
    ['-c', 'echo first; read x; while :; do echo more; done'],
    'pipe',
  );
  await until(() => arrived.stdout === 'first\n');
  child.stdout!.destroy();
  child.stdin!.end('go\n');
  t.same(await exited, [null, 'SIGPIPE']);
  const [kept] = await both.done();
  t.same(kept!.exited, { signal: true, code: 13 });
});

t.test(
  'the shell ends at once where children of it hold its streams; they are recorded to their end',
  async (t) => {
    const both = await beside(t);
    const { arrived, exited, closed } = started(both, [
      '-c',
      '(sleep 0.4; echo late; echo later >&2) & echo now; exit 6',
    ]);
    t.same((await exited)[0], 6);
    t.same(arrived.stdout.replace('late\n', ''), 'now\n');
    const [kept] = both.keeper.sessions as [Kept];
    await closed;
    t.same(arrived, { stdout: 'now\nlate\n', stderr: 'later\n' });
    await both.done();
    t.equal(text(kept.streams.stdout), 'now\nlate\n');
  },
);

t.test('nothing to relay: the shell takes our place', async (t) => {
  const both = await beside(t, { verdict: () => ({ relay: none, token: Buffer.alloc(0) }) });
  const { child, arrived, closed } = started(both, ['-c', 'echo $$ $PPID; exit 2']);
  t.same((await closed)[0], 2);
  t.equal(arrived.stdout, `${child.pid} ${process.pid}\n`);
  t.equal(both.keeper.sockets.size, 0);
});

t.test('a session with nothing to relay is told how it ended', async (t) => {
  const both = await beside(t, { verdict: () => ({ relay: { ...none, stderr: true } }) });
  const { arrived, closed } = started(both, ['-c', 'exec 2>/dev/null; echo straight; kill -TERM $$']);
  t.same(await closed, [null, 'SIGTERM']);
  t.equal(arrived.stdout, 'straight\n');
  const [kept] = await both.done();
  t.same([kept!.exited, kept!.streams.stdout], [{ signal: true, code: 15 }, []]);
});

t.test('a script on standard input goes on piece by piece, and may be stopped', async (t) => {
  const both = await beside(t, {
    verdict: () => ({ relay: { ...outputs, script: true } }),
    script: (piece) => {
      const message = Buffer.from('chaperone: no more\n');
      const at = piece.indexOf('forbidden');
      if (at < 0) return [{ kind: 'pass', bytes: piece }];
      return [
        { kind: 'pass', bytes: piece.subarray(0, at) },
        { kind: 'stop', status: 126, message },
      ];
    },
  });
  const of = (input: string | Buffer, args: string[] = []) =>
    run(both.launched.shell('bash'), { args, input, options: { env: both.launched.env } });
  const reads = await of('read x\nthis\necho "$x"\ncat\nrest\n');
  t.same(reads, { stdout: 'this\nrest\n', stderr: '', status: 0, signal: null });
  t.match(await of('echo one\nforbidden\necho two\n'), {
    ...{ stdout: 'one\n', stderr: 'chaperone: no more\n', status: 126 },
  });
  const merged = {
    args: ['-c', '"$0" 2>&1 | cat', both.launched.shell('bash')],
    input: 'echo one\nforbidden\n',
  };
  const { stdout } = await run('/bin/bash', { ...merged, options: { env: both.launched.env } });
  t.equal(stdout, 'one\nchaperone: no more\n', 'what ran before it comes before it');
  t.match(await of('echo $1; exit 3\nmore\n', ['-s', 'arg']), { stdout: 'arg\n', status: 3 });
  const long = `: <<'A'\n${'x'.repeat(400_000)}\nA\ncat | wc -c\n${'y'.repeat(300_000)}`;
  t.match(await of(long), { stdout: '300000\n', status: 0 });
});

t.test('refused, replaced, and another environment', async (t) => {
  const message = Buffer.from('chaperone: no, because of a rule\n');
  const list = (...all: string[]) => all.map((one) => Buffer.from(one));
  const both = await beside(t, {
    verdict: ({ argv }) => {
      const command = argv.at(-1)!.toString();
      if (command === 'refuse') return { run: false, relay: none, message };
      if (command === 'replace') return { argv: list('bash', '-c', 'echo instead $0; exit 126', 'zero') };
      return { relay: outputs, environment: list('NEW=a=b', 'HOME', 'TERM=vt52') };
    },
  });
  const of = (command: string) =>
    run(both.launched.shell('bash'), { args: ['-c', command], options: { env: both.launched.env } });
  t.same(await of('refuse'), { stdout: '', stderr: message.toString(), status: 126, signal: null });
  t.match(await of('replace'), { stdout: 'instead zero\n', status: 126 });
  t.match(await of('echo "$NEW $HOME $TERM"'), { stdout: 'a=b  vt52\n', status: 0 });
});

t.test('nobody is asked: refused, or run and recorded later', async (t) => {
  const both = await beside(t);
  await both.keeper.close();
  const given = { args: ['-c', 'echo ran; exit 3'], options: { env: both.launched.env } };
  const bash = both.launched.shell('bash');
  t.match(await run(bash, given), {
    stdout: '',
    status: 126,
    stderr: /^chaperone: bash is refused, because .*\n$/,
  });
  writeFileSync(`${both.keeper.path}.on-failure`, 'continue\n');
  t.match(await run(bash, given), { stdout: 'ran\n', status: 3, stderr: '' });
  const { child, arrived, closed } = started(both, ['-c', 'echo before; read x; echo after'], 'pipe');
  await until(() => arrived.stdout === 'before\n');
  const again = await new Keeper(both.keeper.path).open();
  t.teardown(() => again.close());
  await until(() => again.sessions.some(({ question }) => question.pid === child.pid));
  child.stdin!.end('go\n');
  await closed;
  t.equal(arrived.stdout, 'before\nafter\n');
  const kept = (await again.done(2)).find(({ question }) => question.pid === child.pid)!;
  t.ok(kept.question.running);
  t.equal(text(kept.streams.stdout), 'after\n');
  t.same(kept.faults, ['stdout goes on at 7, not 0'], 'the gap can be seen');
});

t.test('a sidecar that says nothing is waited for, so long', { skip: !LONG && 'takes 12 s' }, async (t) => {
  const silent = await beside(t, { verdict: () => new Promise(() => undefined) });
  const given = { args: ['-c', 'echo ran'] };
  const refused = run(silent.launched.shell('bash'), { ...given, options: { env: silent.launched.env } });
  const asking = await beside(t, {
    hears: async (_, socket) => {
      for (let i = 0; i < 7; i++) {
        send(socket, { kind: 'wait' });
        await setTimeout(1000);
      }
    },
    verdict: async () => {
      await setTimeout(6500);
      return {};
    },
  });
  const ran = run(asking.launched.shell('bash'), { ...given, options: { env: asking.launched.env } });
  t.match(await refused, { status: 126, stderr: /does not answer/ });
  t.match(await ran, { status: 0, stdout: 'ran\n' });
});
