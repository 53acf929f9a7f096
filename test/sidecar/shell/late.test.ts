/**
 * A process of a pipeline takes the terminal by itself, as soon as it gets to run. When the pipeline is given up, it must not do so
 * behind bash's prompt: bash would read an error there, and exit.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { needs } from '../../tool.ts';
import { guarded, PROMPT, prompted } from './guarded.ts';

const LONG = process.env.CHAPERONE_LONG !== undefined;

const directory = mkdtempSync(join(tmpdir(), 'chaperone-late-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const library = join(directory, 'late.so');

/** A guarded bash whose jobs get the terminal late, and what there is to see of it. */
async function late(t: Test, held?: Promise<void>) {
  const marks = mkdtempSync(join(directory, 'marks-'));
  const { typist } = await guarded(t, {
    request: { kind: 'shell', shell: 'bash' },
    env: { LD_PRELOAD: library, LATE: marks },
    journal: (journal) => ({
      async append(session, drafts) {
        if (JSON.stringify(drafts.map(({ body }) => body)).includes('"line":"held"')) await held;
        return journal.append(session, drafts);
      },
    }),
  });
  await typist.sees(PROMPT);
  const shell = /\n(\d+)\r/.exec((await typist.line('echo $$')).shown)?.[1] ?? '';
  return { typist, shell, marks };
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Those that are late have taken the terminal, or are gone. */
function settled(marks: string): boolean {
  const pids = readdirSync(marks).filter((name) => name !== 'took');
  return existsSync(join(marks, 'took')) || pids.every((pid) => !existsSync(`/proc/${pid}/exe`));
}

function pipes(shell: string): string[] {
  const descriptors = readdirSync(`/proc/${shell}/fd`);
  return descriptors.filter((number) => readlinkSync(`/proc/${shell}/fd/${number}`).startsWith('pipe:'));
}

async function livesOn(t: Test, { typist, shell, marks }: Awaited<ReturnType<typeof late>>): Promise<void> {
  t.not(readdirSync(marks).length, 0, 'somebody was late');
  await until(() => settled(marks));
  t.match((await typist.line('echo al"i"ve')).shown, /\nalive\r\n/);
  t.equal(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8'), '', 'no process is left');
}

if (needs(t, 'cc')) {
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'late.c'), '-ldl']);

  for (const line of [
    'true | refused | cat && echo BAD',
    'true | true | refused',
    'true | { refused; echo BAD; } | cat',
  ]) {
    t.test(`a refusal in a pipeline that has not begun: ${line}`, async (t) => {
      const shell = await late(t);
      const { shown, status } = await shell.typist.line(line);
      t.match(shown, /refused by test\/refused/);
      t.notMatch(shown, /\n[^\n]*BAD/);
      t.not(status, 0);
      await livesOn(t, shell);
      t.same(pipes(shell.shell), [], 'no pipe is left open');
    });
  }

  t.test('Ctrl-C while a decision is awaited in a pipeline that has not begun', async (t) => {
    const decided = Promise.withResolvers<void>();
    t.teardown(() => decided.resolve());
    const shell = await late(t, decided.promise);
    shell.typist.type('true | held\r');
    await until(() => readdirSync(shell.marks).length > 0);
    shell.typist.type('\x03');
    await shell.typist.sees(PROMPT);
    await livesOn(t, shell);
  });

  t.test('a job in the background with such a pipe of its own is left alone', async (t) => {
    const { typist } = await late(t);
    await typist.line(
      'mkfifo pipe; exec 3<>pipe 4<pipe 5>pipe 3<&-; f() { read -r line <&4; echo "re"ad "$line"; }; f & true',
    );
    await typist.line('true | refused');
    t.match((await typist.line('echo it >&5; wait')).shown, /\nread it\r/);
  });
}

/** By chance in place of by design: both cores busy, and a refusal in a pipeline again and again. */
if (LONG) {
  t.test('hundreds of refusals in one shell, while the machine is busy', { timeout: 600_000 }, async (t) => {
    const spin = 'for (const end = Date.now() + 600_000; Date.now() < end; );';
    const burners = cpus().map(() => spawn(process.execPath, ['-e', spin], { stdio: 'ignore' }));
    t.teardown(() => burners.map((burner) => burner.kill('SIGKILL')));
    const { typist } = await prompted(t, 'bash');
    for (let round = 0; round < 300; round++) {
      const { shown } = await typist.line('true | refused | cat && echo BAD', 60_000);
      if (!/refused by test\/refused/.test(shown) || /\n[^\n]*BAD/.test(shown)) t.fail(shown);
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, round % 40));
    }
    t.match((await typist.line('echo al"i"ve', 60_000)).shown, /\nalive\r\n/);
  });
}
