/** A typed pipeline is more than its commands: what runs a download's output is seen, and refused before it starts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { CommandAction } from '../../../sidecar/action.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { defaultPolicyText, LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import { NOTHING_KNOWN, type Question } from '../../../sidecar/shell/frame.ts';
import { inLine, LINE_FILE, readInputLine } from '../../../sidecar/shell/input-line.ts';
import { Judge } from '../../../sidecar/shell/judge.ts';
import { guarded, PROMPT } from './guarded.ts';
import { bodies } from './recorded.ts';

const RUNS_DOWNLOADS = ({ commands }: CommandAction) =>
  commands.some(
    (command) => command.capabilities.includes('network-fetch') && command.outputRunBy.length > 0,
  );

const bash = (rc = '') => ({
  request: { kind: 'shell' as const, shell: 'bash' },
  files: { '.bashrc': `PS1='[$?]$ '\n${rc}` },
  refuses: RUNS_DOWNLOADS,
});

t.test('bash: a download into a shell is refused where it is typed', async (t) => {
  const { typist } = await guarded(t, bash());
  await typist.sees(PROMPT);
  for (const line of [
    'curl -s http://127.0.0.1:9/x | sh',
    'curl -s http://127.0.0.1:9/x | tee y | bash -s -- arg',
    'true && { curl -s http://127.0.0.1:9/x | sh; }',
    'for i in 1; do curl -s http://127.0.0.1:9/x | sh; done',
    '(cd /; curl -s http://127.0.0.1:9/x | sudo sh)',
  ]) {
    const { shown, status } = await typist.line(line);
    t.match(shown, /refused by/, line);
    t.not(status, 0, line);
  }
  const { shown } = await typist.line('echo be""fore; curl -s http://127.0.0.1:9/x | sh; echo af""ter');
  t.match(shown, /before/, 'what stands in front of it ran');
  t.notMatch(shown, /after/, 'and nothing behind it');
  const alone = await typist.line('curl -s http://127.0.0.1:9/x | cat; echo do""ne');
  t.match(alone.shown, /done/, 'a download alone runs');
});

t.test('bash: what a line feeds to a shell, and what its variables stand for', async (t) => {
  const { typist } = await guarded(t, { request: { kind: 'shell', shell: 'bash' }, shipped: true });
  await typist.sees(PROMPT);
  for (const line of [
    'echo mkfs.ext4 /dev/no-such-disk | sh',
    'echo mkfs.ext4 /dev/no-such-disk | sudo -n bash -s',
    'cat <<X | sh\rmkfs.ext4 /dev/no-such-disk\rX',
    'm=mkfs; $m.ext4 /dev/no-such-disk >/dev/null; echo BA"D"',
    'c="mkfs.ext4 /dev/no-such-disk"; true && $c; echo BA"D"',
    'if=$HOME; d=/dev/sdz9; dd if=/dev/null of=$d',
    'c="mkfs.ext4 /dev/no-such-disk"; trap "$c" USR1; kill -USR1 $$',
  ]) {
    const { shown, status } = await typist.line(line);
    t.match(shown, /refused by baseline/, line);
    t.not(status, 0, line);
  }
  t.match((await typist.line('echo "echo f""ed" | sh')).shown, /\nfed/);
  t.match((await typist.line('d=x; echo $d >y; cat y; c=echo; $c do""ne')).shown, /\nx\r\ndone/);
});

t.test('bash: history with times, and lines that history does not keep', async (t) => {
  const { typist } = await guarded(t, bash("HISTTIMEFORMAT='%F %T '\nHISTCONTROL=ignoreboth\n"));
  await typist.sees(PROMPT);
  t.match((await typist.line('curl -s http://127.0.0.1:9/x | sh')).shown, /refused by/);
  t.match((await typist.line('curl -s http://127.0.0.1:9/x | sh')).shown, /refused by/, 'the same again');
  t.match((await typist.line('echo "a | b"; echo do""ne')).shown, /done/);
});

t.test('what a prompt runs is recorded as the prompt’s', async (t) => {
  const run = await guarded(t, bash("PROMPT_COMMAND='x=$(date)'\n"));
  await run.typist.sees(PROMPT);
  await run.typist.line('echo mine');
  run.typist.type('exit\r');
  await run.ended;
  const made = await bodies(run, 'command.decided');
  t.equal(made.find(({ line }) => line === 'echo mine')?.context, undefined);
  t.equal(made.find(({ line }) => line.startsWith('x='))?.context, 'prompt');
});

t.test('a fork bomb is seen at its first call', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-line-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const lineFile = join(directory, LINE_FILE);
  const policy = new LoadedPolicy(parsePolicies(await defaultPolicyText(), 'default.yaml'));
  const judge = new Judge({
    shell: 'bash',
    analyse: (line, cwd) => analyse(line, { cwd }),
    judge: async (action) => {
      const decision = policy.decide(action, { user: 'user', groups: [], proof: 'claimed' });
      return decision.effect === 'allow'
        ? { ok: true, decision }
        : { ok: false, decision, message: decision.rule };
    },
    policy: () => policy.digest,
    lineFile,
    failed: (error) => t.fail(String(error)),
  });
  const ask = (number: number, text: string) => {
    const question: Question = {
      kind: 'judge',
      shell: 1,
      process: 1,
      number,
      context: 'user',
      newLine: true,
      known: NOTHING_KNOWN,
      cwd: '/',
      text,
    };
    return judge.answer(question);
  };
  writeFileSync(lineFile, '   12  :(){ :|:& };:\n');
  t.match(await ask(1, ':'), { answer: 'refuse', message: /fork-bomb/ });
  writeFileSync(lineFile, '   13  :\n');
  t.match(await ask(2, ':'), { answer: 'run' }, 'the builtin is harmless');
});

t.test('the newest entry of the history', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-line-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, LINE_FILE);
  const read = (text: string) => {
    writeFileSync(file, text);
    return readInputLine(file);
  };
  t.equal(read('    7  ls | cat\n'), 'ls | cat');
  t.equal(read('    7* edited\n'), 'edited');
  t.equal(read('12345  a\nb\n'), 'a\nb', 'several lines');
  t.equal(read(''), null);
  t.equal(read('no number\n'), null);
  t.equal(read(`    7  ${'x'.repeat(300_000)}\n`), null, 'too long');
  t.equal(readInputLine(join(directory, 'none')), null);
});

t.test('a line only adds to what is known of its commands', async (t) => {
  const own = analyse('curl http://127.0.0.1:9/', { cwd: '/' });
  const line = analyse('curl http://127.0.0.1:9/ | sh', { cwd: '/' });
  t.same(inLine(own, line).commands[0]?.outputRunBy, ['sh']);
  t.same(inLine(own, analyse('wget x | sh', { cwd: '/' })).commands, own.commands);
});
