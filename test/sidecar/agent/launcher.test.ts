/** The launcher and the sidecar together: real shells, really judged and recorded. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { spawn as spawnPty } from 'node-pty';
import t from 'tap';
import { needs } from '../../tool.ts';
import { launchers } from '../launcher/built.ts';
import { type Launched, launched } from './launched.ts';
import { cursorBash, cursorZsh } from './wrappers.ts';

interface Ran {
  status: number | null;
  signal: string | null;
  out: string;
  err: string;
  state: string;
}

interface Given {
  input?: string | Buffer;
  /** Goes in by descriptor 3. */
  snapshot?: string;
  env?: Record<string, string>;
}

/** As an agent does: pipes, its own session, two descriptors more. */
async function run(
  { path }: Launched,
  argv: readonly string[],
  { input, snapshot = '', env }: Given = {},
): Promise<Ran> {
  const shells = await launchers();
  const [file = '', ...args] = argv;
  const child = spawn(`${shells}/${file}`, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: `${shells}:/usr/bin:/bin`, HOME: '/nonexistent', CHAPERONE_SOCKET: path, ...env },
    detached: true,
  });
  const [stdin, stdout, stderr, bring, take] = child.stdio as [
    Writable | null,
    Readable,
    Readable,
    Writable,
    Readable,
  ];
  const said = [stdout, stderr, take].map((stream) => {
    const pieces: Buffer[] = [];
    stream.on('data', (piece) => pieces.push(piece));
    return pieces;
  });
  stdin?.on('error', () => undefined);
  stdin?.end(input);
  bring.on('error', () => undefined);
  bring.end(snapshot);
  const [status, signal] = await once(child, 'close');
  const [out = '', err = '', state = ''] = said.map((pieces) => Buffer.concat(pieces).toString());
  return { status, signal, out, err, state };
}

async function ended({ sessions }: Launched, count: number) {
  for (;;) {
    const all = await sessions();
    if (all.length >= count && all.every(({ state }) => state === 'ended')) return all;
    await setTimeout(5);
  }
}

t.test('a command is judged and recorded, and the agent notices nothing', async (t) => {
  if (!needs(t, 'cc')) return;
  const place = await launched(t);
  t.match(await run(place, ['bash', '-c', 'echo out; echo err >&2; exit 3']), {
    status: 3,
    out: 'out\n',
    err: 'err\n',
  });
  t.match(await run(place, ['sh', '-c', 'kill -TERM $$']), { signal: 'SIGTERM' });
  t.match(await run(place, ['sh', '-c', 'echo ran; refused']), {
    status: 126,
    out: '',
    err: /refused by test/,
  });
  const [first, second, third] = await ended(place, 3);
  t.match(first, { status: 3, commands: 1, entrance: { kind: 'launcher', shell: /bash$/, parent: /node/ } });
  t.equal(await place.output(first!.id), 'out\n');
  t.equal(await place.output(first!.id, 'stderr'), 'err\n');
  t.match(second, { status: 128 + 15 });
  t.match(third, { status: 126, refused: 1 });
});

t.test(
  "Cursor's wrapper: a command keeps its state, a refusal says why, each in a session of its own",
  async (t) => {
    if (!needs(t, 'cc')) return;
    for (const [shell, wrapper, judged] of [
      ['bash', cursorBash, 2],
      // Its wrapper puts the system's directories in front of ours: what it starts is judged with its line alone.
      ['zsh', cursorZsh, 1],
    ] as const)
      await t.test(shell, async (t) => {
        if (!needs(t, shell)) return;
        const place = await launched(t);
        const first = `dump_${shell}_state() { builtin export -p; }\nexport STEP=none\n${'# filler\n'.repeat(60_000)}`;
        const one = await run(place, wrapper('STEP=one; echo "$CHAPERONE_SHELL"'), { snapshot: first });
        t.match(one, { status: 0, err: '', state: /STEP=.?one/ });
        // What the first has left behind names its session; the second is another.
        const snapshot = `dump_${shell}_state() { builtin export -p; }\n${one.state}`;
        const two = await run(place, wrapper('sh -c "echo in $STEP"; echo "$CHAPERONE_SHELL"'), { snapshot });
        t.match(two, { status: 0, err: '', out: /^in one\n/ });
        const no = await run(place, wrapper('STEP=three; refused it'), { snapshot: two.state + snapshot });
        t.match(no, { status: 126, out: '', err: /refused by test\/refused/, state: /STEP=.?one/ });
        const sessions = await ended(place, 3);
        t.equal(sessions.length, 3);
        t.match(sessions, [
          { entrance: { wrapper: { agent: 'cursor', line: /^STEP=one/ } }, commands: 1 },
          { entrance: { wrapper: { line: /^sh -c/ } }, commands: judged },
          { entrance: { wrapper: { line: /refused it$/ } }, refused: 1, status: 126 },
        ]);
        t.equal(one.out, `${sessions[0]!.id}\n`);
        t.match(two.out, sessions[1]!.id);
        t.match(await place.bodies(sessions[2]!.id, 'session.end'), [{ reason: 'refused' }]);
      });
  },
);

t.test('a script on standard input runs as far as it is allowed', async (t) => {
  if (!needs(t, 'cc')) return;
  const place = await launched(t);
  const script = 'echo one\ncat <<E\ntwo\nE\nread x\nthree\necho "$x"\nrefused\necho never\n';
  t.match(await run(place, ['bash'], { input: script }), {
    ...{ status: 126, out: 'one\ntwo\nthree\n' },
    err: /refused by test/,
  });
  const line = `cat <<E | wc -c\n${'x'.repeat(600_000)}\nE\n`;
  t.match(await run(place, ['sh'], { input: line }), { status: 0, out: /600001/ });
  const piped = await run(place, ['bash', '-c', 'printenv GIVEN | sh; echo $?'], {
    env: { GIVEN: 'echo in\nrefused' },
  });
  t.match(piped, { out: 'in\n126\n' });
  const sessions = await ended(place, 3);
  t.match(await place.bodies(sessions[2]!.id, 'command.decided'), [
    { allowed: true },
    { line: /^sh/ },
    {},
    { allowed: false },
  ]);
});

t.test('a terminal: one stream, its sizes, and an interactive shell is judged as a whole', async (t) => {
  if (!needs(t, 'cc')) return;
  const place = await launched(t);
  const shells = await launchers();
  const env = { PATH: `${shells}:/usr/bin:/bin`, TERM: 'xterm', CHAPERONE_SOCKET: place.path };
  const on = { name: 'xterm', cols: 91, rows: 31, env };
  const terminal = spawnPty(
    `${shells}/bash`,
    ['-c', 'stty size; read x; echo "got $x"; stty size; exit 5'],
    on,
  );
  let shown = '';
  const over = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
  terminal.onData((text) => {
    if (!shown.includes('31 91') && (shown + text).includes('31 91')) {
      terminal.resize(101, 41);
      terminal.write('words\r');
    }
    shown += text;
  });
  t.equal(await over, 5);
  t.match(shown, /31 91\r\nwords\r\ngot words\r\n41 101\r\n$/);
  const [session] = await ended(place, 1);
  t.match(session, { status: 5, terminal: { cols: 91, rows: 31, term: 'xterm' } });
  t.equal(await place.output(session!.id), shown);
  t.match(await place.bodies(session!.id, 'session.resize'), [{ cols: 101, rows: 41 }]);

  const person = spawnPty(`${shells}/bash`, ['--norc', '-i'], on);
  const left = new Promise<number>((resolve) => person.onExit(({ exitCode }) => resolve(exitCode)));
  person.write('exit 3\r');
  t.equal(await left, 3);
  const [, second] = await ended(place, 2);
  t.match(await place.bodies(second!.id, 'command.decided'), [{ unknown: [/not watched/] }]);
});

t.test('a restart of the sidecar loses no output and stops no shell', async (t) => {
  if (!needs(t, 'cc')) return;
  const place = await launched(t);
  const count = 4000;
  const running = run(place, [
    'bash',
    '-c',
    `for ((i = 0; i < ${count}; i++)); do echo line $i; ((i % 400)) || sleep 0.05; done`,
  ]);
  await setTimeout(150);
  await place.restart();
  await setTimeout(150);
  await place.restart();
  const { status, out } = await running;
  const expected = Array.from({ length: count }, (_, i) => `line ${i}\n`).join('');
  t.equal(status, 0);
  t.ok(out === expected, 'all of it arrived');
  const [session] = await ended(place, 1);
  t.ok((await place.output(session!.id)) === expected, 'all of it is recorded');
  t.ok((await place.log.verify()).ok);
});

t.test('fifty at once, none lost, none mixed up', async (t) => {
  if (!needs(t, 'cc')) return;
  const place = await launched(t);
  const count = process.env.CHAPERONE_LONG ? 1000 : 100;
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < count; at = next++) {
      const text = `it is ${at} `.repeat(1 + (at % 50));
      const { status, out } = await run(place, ['sh', '-c', `echo '${text}'; exit ${at % 100}`]);
      if (status !== at % 100 || out !== `${text}\n`) throw new Error(`${at} is another`);
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  const sessions = await ended(place, Math.min(count, 500));
  for (const { id, command, status } of sessions) {
    const at = Number(/it is (\d+)/.exec(command[2]!)?.[1]);
    if (status !== at % 100 || !command[2]!.includes((await place.output(id)).trimEnd()))
      t.fail(`${id} holds another's`);
  }
  t.equal(sessions.length, Math.min(count, 500));
});
