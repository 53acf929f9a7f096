/** The process's own terminal: taken over, left as it was found in every way out, and its output left alone. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ERRORS } from '../../../recorder/errors.ts';
import { quoteShell } from '../../../sidecar/command/words/quote.ts';
import { Pty } from '../../../sidecar/shell/pty.ts';
import { ProcessTerminal } from '../../../sidecar/shell/terminal.ts';

const RECORDED = new URL('./recorded-command.ts', import.meta.url).pathname;

interface Outcome {
  /** Terminal modes before and after, as `stty -g` tells them. */
  before: string;
  after: string;
  shown: string;
  status: number;
}

/** Runs `chaperone shell -- sh -c SCRIPT` in a process of its own on a terminal; `act` may disturb it. */
async function onTerminal(
  t: { teardown(handler: () => unknown): unknown },
  script: string,
  act?: (pid: number, pty: Pty) => void,
): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const words = [process.execPath, RECORDED, join(directory, 'evidence'), 'sh', '-c', script]
    .map(quoteShell)
    .join(' ');
  const outer = `cd ${directory}; stty -g > before; sh -c 'echo $$ > pid; exec "$@"' sh ${words}; status=$?; stty -g > after; exit $status`;
  let shown = '';
  let acted = false;
  const env = { PATH: process.env.PATH ?? '', TERM: 'xterm', HOME: directory, TMPDIR: directory };
  const pty = new Pty(
    { argv: ['sh', '-c', outer], env, cwd: directory, size: { cols: 80, rows: 24 } },
    {
      data: (bytes) => {
        shown += bytes.toString();
        if (acted || !shown.includes('ready')) return;
        acted = true;
        act?.(Number(readFileSync(join(directory, 'pid'), 'utf8')), pty);
      },
      drained: () => undefined,
    },
  );
  const { status } = await pty.ended;
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { before: read('before'), after: read('after'), shown, status };
}

t.test('lines end as the inner terminal ends them', async (t) => {
  const { before, after, shown, status } = await onTerminal(
    t,
    String.raw`printf 'a\nb\n'; stty -opost; printf 'c\nd'; exit 5`,
  );
  t.equal(shown, 'a\r\nb\r\nc\nd');
  t.equal(status, 5);
  t.equal(after, before);
});

t.test('keys, and a new size, pass through', async (t) => {
  const script =
    'trap "stty size" WINCH; echo ready; while [ -z "$line" ]; do read line; done; echo "<$line>"; stty -icanon; dd bs=1 count=1 2>/dev/null | od -An -c';
  const { after, before, shown } = await onTerminal(t, script, (_, pty) => {
    pty.resize({ cols: 100, rows: 30 });
    setTimeout(() => pty.write(Buffer.from('typed\r')), 300);
    setTimeout(() => pty.write(Buffer.from('\x1b')), 600);
  });
  t.match(shown, /\r\n30 100\r\n/);
  t.match(shown, /<typed>\r\n/);
  t.match(shown, /033/);
  t.equal(after, before);
});

t.test('SIGTERM ends the child, and the terminal is as it was', async (t) => {
  const { before, after, status } = await onTerminal(t, 'echo ready; sleep 30', (pid) =>
    process.kill(pid, 'SIGTERM'),
  );
  t.equal(status, 143);
  t.equal(after, before);
});

t.test('SIGHUP, too', async (t) => {
  const { before, after, status } = await onTerminal(
    t,
    'trap "exit 8" HUP; echo ready; while :; do sleep 0.05; done',
    (pid) => process.kill(pid, 'SIGHUP'),
  );
  t.equal(status, 8);
  t.equal(after, before);
});

t.test('what is no terminal is refused in one clear line', async (t) => {
  try {
    new ProcessTerminal({ isTTY: false } as never, { isTTY: false } as never);
    t.fail('took it');
  } catch (error) {
    t.match(error, { code: 'NOT_A_TERMINAL' });
    t.equal(ERRORS.NOT_A_TERMINAL.exit, 2);
  }
});
