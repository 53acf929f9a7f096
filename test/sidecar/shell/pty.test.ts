/** The pseudoterminal itself: everything arrives, whatever the reader does. */
import t from 'tap';
import { type Ending, Pty } from '../../../sidecar/shell/pty.ts';

const ENV = { PATH: process.env.PATH ?? '', TERM: 'dumb', LANG: 'C.UTF-8' };
const LONG = Boolean(process.env.CHAPERONE_LONG);

interface Run {
  ending: Ending;
  output: Buffer;
}

/** Runs a shell script on a PTY. `each` may hold the reader up. */
async function script(text: string, each?: (pty: Pty, seen: number) => void): Promise<Run> {
  const chunks: Buffer[] = [];
  let seen = 0;
  const pty = new Pty(
    { argv: ['/bin/sh', '-c', text], env: ENV, cwd: '/', size: { cols: 80, rows: 24 } },
    {
      data: (bytes) => {
        chunks.push(Buffer.from(bytes));
        seen += bytes.length;
        each?.(pty, seen);
      },
      drained: () => undefined,
    },
  );
  const ending = await pty.ended;
  return { ending, output: Buffer.concat(chunks) };
}

/** What `head -c BYTES /dev/zero | tr …` prints: no newline that a terminal would change, and a known last byte. */
const flood = (bytes: number) => `head -c ${bytes - 4} /dev/zero | tr '\\0' x; printf tail`;

t.test('no tail is lost when the child exits', async (t) => {
  const runs = LONG ? 200 : 20;
  for (const bytes of [30_000, 200_000]) {
    let lost = 0;
    for (let run = 0; run < runs; run++) {
      const { output, ending } = await script(flood(bytes));
      if (output.length !== bytes || !output.subarray(-4).equals(Buffer.from('tail')) || ending.status !== 0)
        lost++;
    }
    t.equal(lost, 0, `${runs} runs of ${bytes} bytes`);
  }
});

t.test('no tail is lost where the reader stops across the exit', async (t) => {
  // 4 KB fit into the kernel's buffers: the child exits while we do not read, for longer than node-pty would wait.
  let paused = false;
  const { output } = await script(
    'printf first; sleep 0.05; head -c 3000 /dev/zero | tr "\\0" y; printf tail',
    (pty) => {
      if (paused) return;
      paused = true;
      pty.pause();
      setTimeout(() => pty.resume(), 600);
    },
  );
  t.equal(output.toString(), `first${'y'.repeat(3000)}tail`);
});

t.test('a reader that stops stops the child, and loses nothing', async (t) => {
  let pauses = 0;
  const { output } = await script(flood(400_000), (pty, seen) => {
    if (seen < pauses * 50_000) return;
    pauses += 1;
    pty.pause();
    setTimeout(() => pty.resume(), 30);
  });
  t.ok(pauses >= 7, `${pauses} pauses`);
  t.equal(output.length, 400_000);
});

t.test('ends as a shell says it', async (t) => {
  t.same((await script('exit 7')).ending, { status: 7, signal: null });
  t.same((await script('kill -TERM $$')).ending, { status: 143, signal: 'SIGTERM' });
  t.same((await script('kill -KILL $$')).ending, { status: 137, signal: 'SIGKILL' });
});

t.test('a process left in the background does not hold the session up', async (t) => {
  const started = Date.now();
  const { output, ending } = await script('(trap "" HUP; sleep 20) & printf done; exit 3');
  t.equal(output.toString(), 'done');
  t.equal(ending.status, 3);
  t.ok(Date.now() - started < 15_000, 'long before it ends');
});

t.test('input that nobody reads waits, and arrives whole', async (t) => {
  let drained = false;
  let output = '';
  const total = 300_000;
  const pty = new Pty(
    {
      argv: ['/bin/sh', '-c', `stty raw -echo; printf ready; sleep 0.3; head -c ${total} | cksum`],
      env: ENV,
      cwd: '/',
      size: { cols: 80, rows: 24 },
    },
    {
      data: (bytes) => {
        output += bytes.toString();
        if (output !== 'ready') return;
        t.notOk(pty.write(Buffer.alloc(total, 'z')), 'says that the typist should wait');
      },
      drained: () => {
        drained = true;
      },
    },
  );
  await pty.ended;
  t.ok(drained, 'says when to go on');
  t.match(output, /^ready\d+ 300000/);
});

t.test('a resize reaches the child', async (t) => {
  let output = '';
  const pty = new Pty(
    {
      argv: ['/bin/sh', '-c', 'trap "stty size; exit" WINCH; stty size; while :; do sleep 0.02; done'],
      env: ENV,
      cwd: '/',
      size: { cols: 80, rows: 24 },
    },
    {
      data: (bytes) => {
        output += bytes.toString();
        if (output === '24 80\r\n') pty.resize({ cols: 132, rows: 50 });
      },
      drained: () => undefined,
    },
  );
  await pty.ended;
  t.equal(output, '24 80\r\n50 132\r\n');
});

t.test('a child does not inherit the terminal of another session', async (t) => {
  const alone = (await script('ls /proc/self/fd')).output.toString();
  const other = script('sleep 0.3');
  t.equal((await script('ls /proc/self/fd')).output.toString(), alone);
  await other;
});
