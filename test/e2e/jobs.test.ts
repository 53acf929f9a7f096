/** `chaperone up` as shells start it: in the foreground, with `&`, with `nohup`; and what a hangup means to each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { spawn as spawnOnTerminal } from 'node-pty';
import t from 'tap';
import { chaperone, PROGRAM, temporary } from './program.ts';

const LINK = /http:\/\/[\w.:]+(?=\/login\?token=)/;

/** A terminal, with what it has shown so far. */
function terminal(t: { teardown(action: () => unknown): void }, argv: [string, ...string[]]) {
  const [file, ...args] = argv;
  const env = { PATH: process.env.PATH ?? '', HOME: '/nowhere', PS1: '$ ', TERM: 'xterm' };
  const pty = spawnOnTerminal(file, args, { env, cols: 200 });
  let shown = '';
  let heard = () => {};
  pty.onData((data) => {
    shown += data;
    heard();
  });
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  t.teardown(() => pty.kill('SIGKILL'));
  const until = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(shown);
      if (found !== null) return found;
      await new Promise<void>((resolve) => (heard = resolve));
    }
  };
  return { pty, ended, until, shown: () => shown };
}

t.test('with nohup it outlives the terminal that it was started from', async (t) => {
  const data = await temporary(t);
  const child = spawn('nohup', [process.execPath, PROGRAM, 'up', '--data', data, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false }))
    if (LINK.test(chunk)) break;
  child.stdout.resume();
  child.kill('SIGHUP');
  t.equal((await chaperone(['shell', '--data', data, '--', 'true'])).status, 0);
  t.equal(child.exitCode, null, 'and records');
  child.kill('SIGTERM');
  t.same(await exited, [0, null]);
});

t.test('in a terminal it opens a guarded shell, says so, and leaves with the terminal', async (t) => {
  const data = await temporary(t);
  const args = [PROGRAM, 'up', '--data', data, '--port', '0'];
  const { pty, until, ended } = terminal(t, [process.execPath, ...args]);
  await until(/This is a guarded shell now; exit leaves it\./);
  pty.write('echo in""side\r');
  await until(/[\r\n]inside/);
  pty.kill('SIGHUP');
  t.equal(await ended, 0);
  const listed = await chaperone(['sessions', '--data', data, '--json']);
  t.match(JSON.parse(listed.stdout), { state: 'ended' });
});

t.test('in the background it serves, and takes nobody’s terminal', async (t) => {
  const data = await temporary(t);
  const { pty, until, shown } = terminal(t, ['bash', '--norc', '-i']);
  await until(/\$ /);
  pty.write(`"${process.execPath}" "${PROGRAM}" up --data ${data} --port 0 &\r`);
  const [url] = await until(LINK);
  t.equal((await chaperone(['shell', '--data', data, '--', 'true'])).status, 0);
  t.equal((await fetch(`${url}/livez`)).status, 200);
  pty.write('jobs; echo its"" state\r');
  await until(/[\r\n]its state/);
  t.match(shown(), /\[1\]\+\s+Running/);
  t.notMatch(shown(), /guarded shell/);
  pty.write('kill %1; wait %1; echo left"" with $?\r');
  await until(/[\r\n]left with 0/);
});
