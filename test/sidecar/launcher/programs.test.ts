/** Programs that drive shells do the same with the launcher in place of the shell. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { needs } from '../../tool.ts';
import { type Beside, beside, type Given, run, type Side } from './beside.ts';
import { outputs } from './keeper.ts';

t.setTimeout(120_000);

type Driven = Given & { program: string };

async function same(t: Test, both: Beside, what: string, given: (side: Side) => Driven, count = 1) {
  const before = both.keeper.sessions.length;
  const outcome = async (side: Side) => {
    const { program, ...rest } = given(side);
    const ended = await run(program, { ...rest, options: { env: side.env, cwd: side.directory } });
    return JSON.parse(
      JSON.stringify(ended).replaceAll(side.shell(''), 'SHELLS/').replaceAll(side.directory, 'HERE'),
    );
  };
  const plain = await outcome(both.plain);
  t.same(await outcome(both.launched), plain, what);
  t.ok(both.keeper.sessions.length >= before + count, `${both.keeper.sessions.length - before} shells`);
  return plain;
}

t.test('npm, node, sh', async (t) => {
  const both = await beside(t);
  const scripts = {
    deep: "node -e \"process.exitCode = require('child_process').spawnSync('sh', ['-c', 'echo deep; exit 9'], {stdio: 'inherit'}).status\"",
    predeep: 'echo before',
  };
  for (const side of [both.plain, both.launched]) {
    writeFileSync(
      join(side.directory, 'package.json'),
      JSON.stringify({ name: 'a', version: '1.0.0', scripts }),
    );
    side.env.npm_config_update_notifier = 'false';
    side.env.PATH = side.env.PATH!.replace(
      '/usr/local/bin',
      `${process.execPath.replace(/\/node$/, '')}:/usr/local/bin`,
    );
    side.env.npm_config_script_shell = 'sh';
  }
  if (needs(t, 'npm'))
    await same(t, both, 'npm run', () => ({ program: 'npm', args: ['run', '--silent', 'deep'] }), 3);
});

t.test('make, git hooks, xargs, find, env, a script by its shebang', async (t) => {
  const both = await beside(t);
  const makefile =
    'SHELL = bash\nall: one\n\t@echo $@; (exit 3) || echo caught\none:\n\t@echo one >&2; true\nbad:\n\t@exit 4\n';
  for (const side of [both.plain, both.launched]) {
    writeFileSync(join(side.directory, 'Makefile'), makefile);
    mkdirSync(join(side.directory, 'hooks'));
    writeFileSync(
      join(side.directory, 'hooks/pre-commit'),
      '#!/usr/bin/env bash\necho checked >&2; exit 1\n',
      { mode: 0o755 },
    );
  }
  if (needs(t, 'make')) {
    await same(t, both, 'make', () => ({ program: 'make', args: [] }), 2);
    await same(t, both, 'make that fails', () => ({ program: 'make', args: ['bad'] }));
  }
  const git =
    'git init -q . && git config core.hooksPath hooks && touch a && git add a && git -c user.name=a -c user.email=a@b commit -qm x';
  if (needs(t, 'git')) await same(t, both, 'a hook', () => ({ program: '/bin/sh', args: ['-c', git] }));
  const find = ['.', '-maxdepth', '0', '-exec', 'sh', '-c', 'echo "found $1"; exit 1', 'x', '{}', ';'];
  await same(t, both, 'find', () => ({ program: 'find', args: find }));
  const xargs = ['-P', '4', '-n', '1', 'sh', '-c', 'echo "$1" > "$1"; exit 0', 'x'];
  await same(t, both, 'xargs', () => ({ program: 'xargs', args: xargs, input: '1 2 3 4 5 6 7 8' }), 8);
});

t.test('Python', async (t) => {
  if (!needs(t, 'python3')) return;
  const both = await beside(t);
  const script = `
import os, signal, subprocess, sys
bash = sys.argv[1]
r = subprocess.run([bash, '-c', 'cat; echo err >&2; exit 3'], input=b'given', capture_output=True)
print(r)
print(subprocess.check_output('echo shell $0; exit 0', shell=True, executable=bash))
print(subprocess.run([bash, '-c', 'kill -9 $$']).returncode)
p = subprocess.Popen([bash, '-c', 'trap "echo got; exit 5" TERM; echo up; while :; do sleep 0.02; done'], stdout=subprocess.PIPE)
print(p.stdout.readline()); p.terminate(); print(p.wait(), p.stdout.read())
try: subprocess.run([bash, '-c', 'echo part; exec sleep 10'], capture_output=True, timeout=0.3)
except subprocess.TimeoutExpired as e: print('timeout', e.stdout)
p = subprocess.Popen([bash, '-c', 'sleep 10 & echo up; wait'], stdout=subprocess.PIPE, start_new_session=True)
print(p.stdout.readline()); os.killpg(p.pid, signal.SIGKILL); print(p.wait(), p.stdout.read())
p = subprocess.Popen([bash, '-c', 'kill -STOP $$; exit 6'])
print(os.WSTOPSIG(os.waitpid(p.pid, os.WUNTRACED)[1])); p.send_signal(signal.SIGCONT); print(p.wait())
r, w = os.pipe()
print(subprocess.run([bash, '-c', 'echo through >&%d' % w], pass_fds=[w]).returncode, os.read(r, 100))
with open('out', 'wb') as f: subprocess.run([bash, '-c', 'echo file'], stdout=f)
print(open('out').read())
print(subprocess.run([bash, '-c', 'echo $?; ulimit -c'], preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN), capture_output=True))
print(subprocess.run([bash, '-c', 'read x; echo "[$x]"'], stdin=subprocess.DEVNULL, capture_output=True))
def closed(): os.close(0); os.close(1)
print(subprocess.run([bash, '-c', 'ls -1 /proc/$$/fd >&2; echo x'], stderr=subprocess.PIPE, preexec_fn=closed))
os.kill(os.getpid(), 0)
`;
  await same(
    t,
    both,
    'subprocess',
    (side) => ({
      program: 'python3',
      args: ['-c', script, side.shell('bash')],
    }),
    10,
  );
});

t.test('Node, with five pipes; Cursor in its own way', async (t) => {
  const five = async (side: Side, args: string[], three: string) => {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] as const;
    const child = spawn(side.shell('bash'), args, {
      env: side.env,
      cwd: side.directory,
      detached: true,
      stdio: [...stdio],
    });
    const [, out, err, into, from] = child.stdio as unknown as [null, Readable, Readable, Writable, Readable];
    const texts = [out, err, from].map((stream) =>
      stream.setEncoding('utf8').reduce((all, piece) => all + piece, ''),
    );
    into.on('error', () => undefined);
    into.end(three);
    const [status] = await once(child, 'close');
    return [status, ...(await Promise.all(texts))];
  };
  const wrapper =
    'snap=$(command cat <&3) && builtin shopt -s extglob && builtin eval -- "$snap" && { builtin eval "$1" < /dev/null; }; COMMAND_EXIT_CODE=$?; declare -p KEPT >&4; builtin exit $COMMAND_EXIT_CODE';
  const snapshot = `KEPT=${'k'.repeat(100_000)}\n${'f() { echo from the snapshot; }\n'.repeat(8000)}`;
  const args = (command: string) => ['-O', 'extglob', '-c', wrapper, '--', command];
  const both = await beside(t, {
    verdict: ({ argv }) => {
      if (!argv.at(-1)!.includes('forbidden')) return { relay: outputs };
      const instead = 'printf "%s\\n" "chaperone: no" >&2; (exit 126)';
      return { relay: outputs, argv: [...argv.slice(0, -1), Buffer.from(instead)] };
    },
  });
  const plain = await five(
    both.plain,
    args('f; echo err >&2; KEPT=changed; exit_with() { return 7; }; exit_with'),
    snapshot,
  );
  t.same(plain, [7, 'from the snapshot\n', 'err\n', 'declare -- KEPT="changed"\n']);
  t.same(
    await five(
      both.launched,
      args('f; echo err >&2; KEPT=changed; exit_with() { return 7; }; exit_with'),
      snapshot,
    ),
    plain,
  );
  const refused = await five(both.launched, args('forbidden'), snapshot);
  t.same(refused.slice(0, 3), [126, '', 'chaperone: no\n'], 'descriptor 3 was drained');
  t.equal(
    (refused[3] as string).length,
    100_000 + 'declare -- KEPT=""\n'.length,
    'and the state was written',
  );
  t.same(
    both.keeper.sessions.map(({ faults }) => faults),
    [[], []],
  );
});

t.test('tmux, and a terminal of Python', async (t) => {
  const both = await beside(t);
  const script = `
import os, pty, sys, time, select, struct, fcntl, termios, signal
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], '--norc', '-c', sys.argv[2]])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
def until(text):
    global seen
    end = time.time() + 20
    while text not in seen:
        if time.time() > end: print('TIMEOUT', seen); sys.exit(1)
        if select.select([fd], [], [], 0.1)[0]:
            try: piece = os.read(fd, 65536)
            except OSError: return
            if not piece: return
            seen += piece
seen = b''
until(b'ready'); os.write(fd, b'typed\\n')
until(b'got typed'); fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 33, 99, 0, 0)); time.sleep(0.2); os.write(fd, b'size\\n')
until(b'99'); os.write(fd, b'\\x03')
until(b'interrupted'); os.write(fd, b'\\x04'); until(b'nothing is like this')
print(seen.replace(b'\\r\\r\\n', b'\\r\\n').decode())
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
  const inner =
    'trap "echo interrupted" INT; tty >/dev/null || exit 9; echo ready; read x; echo got $x; read y; stty size; read z; echo eof; exit 5';
  if (needs(t, 'python3')) {
    const program = (side: Side) => ({ program: 'python3', args: ['-c', script, side.shell('bash'), inner] });
    const seen = await same(t, both, 'a terminal', program);
    t.match(seen.stdout, /ready[\s\S]*got typed[\s\S]*33 99[\s\S]*interrupted[\s\S]*eof[\s\S]*\n5\n$/);
    const [kept] = await both.done();
    t.match(Buffer.concat(kept!.streams.terminal).toString(), /33 99/);
    t.same(kept!.sizes.at(-1), [99, 33]);
  }
  if (!needs(t, 'tmux')) return;
  const tmux = (side: Side) =>
    `tmux -f /dev/null -L t -S "$PWD/t" new-session -d -x 80 -y 24 '${side.shell('bash')} --norc --noprofile' && tmux -S "$PWD/t" send-keys 'PS1=; clear; echo $((6*7)); sleep 30' Enter && sleep 1 && tmux -S "$PWD/t" send-keys C-z 'jobs %1 | tr -s " "; stty size; echo "do""ne"' Enter && for i in $(seq 40); do tmux -S "$PWD/t" capture-pane -p | grep -q ^done && break; sleep 0.1; done; tmux -S "$PWD/t" capture-pane -p | grep -v '^\\^Z\\|^$' | sed 's/.*\\^Z//'; tmux -S "$PWD/t" kill-server`;
  const shown = await same(t, both, 'tmux: job control', (side) => ({
    program: '/bin/bash',
    args: ['-c', tmux(side)],
  }));
  for (const part of [/^42$/m, /Stopped +sleep 30$/m, /^24 80$/m]) t.match(shown.stdout, part);
});
