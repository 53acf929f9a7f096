/** A session from its start to its end: what is recorded, in which order, and what happens when it cannot be. */
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import headless from '@xterm/headless';
import t from 'tap';
import type { Draft } from '../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Journal } from '../../../recorder/log/ports.ts';
import { needs } from '../../tool.ts';
import { guarded, Pipes, PROMPT } from './guarded.ts';
import { bodies, decisions, output } from './recorded.ts';

t.setTimeout(600_000);

const argv = (...words: string[]) => ({ request: { kind: 'argv', argv: words } }) as const;
const sh = (script: string) => argv('sh', '-c', script);

t.test('what was shown is what was recorded, byte for byte', async (t) => {
  const bytes = String.raw`\001\033[31mred\033[0m\377\376 \303\251 \342\202`;
  const shell = await guarded(t, sh(`printf '${bytes}'; seq 20000; exit 3`));
  t.same(await shell.ended, { status: 3 });
  const shown = shell.typist.bytes;
  t.ok(shown.includes(Buffer.from([0xff, 0xfe])), 'bytes that are no UTF-8 pass');
  t.ok(shown.equals(await output(shell)), `${shown.length} bytes`);
  t.same(await bodies(shell, 'session.end'), [{ type: 'session.end', reason: 'exited', status: 3 }]);
});

/** Holds every append up, and knows what is stored. */
class SlowJournal implements Journal {
  readonly stored: Buffer[] = [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  async append(session: string, drafts: readonly Draft[]): Promise<void> {
    await this.#journal.append(session, drafts);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const { body } of drafts) {
      if (body.type === 'session.output') this.stored.push(Buffer.from(body.content));
    }
  }
}

t.test('nothing is shown before it is stored', async (t) => {
  let slow: SlowJournal | undefined;
  const shell = await guarded(t, {
    ...sh('for i in 1 2 3 4 5 6; do echo line $i; sleep 0.01; done; seq 30000'),
    journal: (journal) => {
      slow = new SlowJournal(journal);
      return slow;
    },
  });
  const { typist } = shell;
  const write = typist.write.bind(typist);
  let early = 0;
  typist.write = async (bytes) => {
    await write(bytes);
    if (!Buffer.concat(slow!.stored).subarray(0, typist.bytes.length).equals(typist.bytes)) early += 1;
  };
  await shell.ended;
  t.equal(early, 0);
  t.ok(typist.bytes.equals(await output(shell)));
  t.match(typist.shown, /\n30000\r\n$/);
});

/** Fails from the first output on that holds `word`. */
class FailingJournal implements Journal {
  readonly #journal: Journal;
  readonly #word: string;
  #failed = false;

  constructor(journal: Journal, word: string) {
    this.#journal = journal;
    this.#word = word;
  }

  async append(session: string, drafts: readonly Draft[]): Promise<void> {
    for (const { body } of drafts) {
      if (body.type === 'session.output' && Buffer.from(body.content).includes(this.#word))
        this.#failed = true;
      if (body.type === 'command.decided' && body.line.includes(this.#word)) this.#failed = true;
    }
    if (this.#failed)
      throw new ChaperoneError('STORE_FULL', 'no space left in DATA: make some, and start again');
    await this.#journal.append(session, drafts);
  }
}

t.test('a journal that fails ends the session, and shows nothing unrecorded', async (t) => {
  const shell = await guarded(t, {
    ...sh('echo before; sleep 0.1; echo sec"ret"; sleep 0.1; echo after; sleep 30'),
    journal: (journal) => new FailingJournal(journal, 'secret'),
  });
  t.same(await shell.ended, { status: 5 }, 'the exit status of STORE_FULL');
  t.match(shell.typist.shown, /^before\r\nchaperone: this session is over.*: no space left in DATA.*\r\n$/);
});

t.test('a command whose decision cannot be recorded does not run', async (t) => {
  const shell = await guarded(t, {
    request: { kind: 'shell', shell: 'bash' },
    journal: (journal) => new FailingJournal(journal, 'touch'),
  });
  await shell.typist.sees(PROMPT);
  shell.typist.type('touch made; echo ra"n"\r');
  t.same(await shell.ended, { status: 5 });
  t.notMatch(shell.typist.shown, /\nran/);
  t.match(shell.typist.shown, /no space left in DATA/);
});

t.test('an argv that is refused is never started', async (t) => {
  const shell = await guarded(t, argv('refused', '--now'));
  t.same(await shell.ended, { status: 126 });
  t.match(shell.typist.shown, /^chaperone: refused by test\/refused: tests refuse it\r\n$/);
  t.same(await decisions(shell), [['refused --now', false]]);
  t.same(await bodies(shell, 'session.end'), [{ type: 'session.end', reason: 'refused', status: 126 }]);
});

t.test('-c code is judged inside', async (t) => {
  t.same(await (await guarded(t, argv('bash', '-c', 'true && refused'))).ended, { status: 126 });
});

t.test('a program that is not there is 127', async (t) => {
  const shell = await guarded(t, argv('no-such-program'));
  t.same(await shell.ended, { status: 127 });
  t.match(shell.typist.shown, /no-such-program: not found/);
  t.equal((await bodies(shell, 'session.end'))[0]?.reason, 'failed');
});

t.test('ends by a signal as a shell says it', async (t) => {
  const shell = await guarded(t, sh('kill -USR1 $$'));
  t.same(await shell.ended, { status: 138 });
  t.same(await bodies(shell, 'session.end'), [{ type: 'session.end', reason: 'signalled', status: 138 }]);
});

t.test('a shell without hooks is one unknown command', async (t) => {
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'sh' }, env: { PS1: '> ' } });
  await shell.typist.sees(/[>#$] /);
  shell.typist.type('exit 4\r');
  t.same(await shell.ended, { status: 4 });
  const [decided, ...more] = await bodies(shell, 'command.decided');
  t.match(decided?.unknown.join(), /no hooks/);
  t.same(more, []);
});

t.test('sizes are recorded as columns and rows, and reach the child', async (t) => {
  const shell = await guarded(t, sh('trap "stty size; exit" WINCH; stty size; while :; do sleep 0.02; done'));
  await shell.typist.sees(/40 200\r\n/);
  shell.typist.resize({ cols: 132, rows: 50 });
  await shell.ended;
  t.match(shell.typist.shown, /50 132\r\n$/);
  t.same(await bodies(shell, 'session.resize'), [{ type: 'session.resize', cols: 132, rows: 50 }]);
  t.match((await bodies(shell, 'session.start'))[0]?.terminal, { cols: 200, rows: 40, term: 'dumb' });
});

t.test('a terminal that goes away hangs the child up', async (t) => {
  const shell = await guarded(t, sh('trap "exit 9" HUP; echo ready; while :; do sleep 0.02; done'));
  await shell.typist.sees(/ready/);
  shell.typist.hangUp();
  t.same(await shell.ended, { status: 9 });
});

t.test('SIGTERM ends an interactive shell that ignores it', async (t) => {
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'bash' } });
  await shell.typist.sees(PROMPT);
  shell.signal('SIGTERM');
  t.equal((await shell.ended).status, 129, 'by the SIGHUP that follows');
});

t.test('job control, and keys that are signals', async (t) => {
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'bash' } });
  const { typist } = shell;
  await typist.sees(PROMPT);
  typist.type('sleep 30\r');
  await typist.sees(/sleep 30\r\n/);
  await new Promise((resolve) => setTimeout(resolve, 150));
  typist.type('\x1a');
  await typist.sees(/Stopped +sleep 30[\s\S]*\$ $/);
  t.match((await typist.line('jobs')).shown, /\[1\]\+ +Stopped/);
  typist.type('fg\r');
  await typist.sees(/fg\r\nsleep 30\r\n/);
  await new Promise((resolve) => setTimeout(resolve, 150));
  typist.type('\x03');
  await typist.sees(/\[130\]\$ $/);
  typist.type('\x04');
  t.same(await shell.ended, { status: 130 });
});

t.test('a full-screen program works', async (t) => {
  if (!needs(t, 'vim')) return;
  const shell = await guarded(t, { ...argv('vim', '-u', 'NONE', '-N', 'file'), term: 'xterm-256color' });
  const screen = new headless.Terminal({ cols: 200, rows: 40, allowProposedApi: true });
  const { typist } = shell;
  await typist.sees(/"file"/);
  typist.type('ifirst line\rsecond \x1b');
  typist.type(':set number\r');
  await typist.sees(/second/);
  await typist.sees(/2 /);
  await new Promise<void>((resolve) => screen.write(typist.bytes, resolve));
  const row = (y: number) => screen.buffer.active.getLine(y)?.translateToString(true);
  t.equal(screen.buffer.active.type, 'alternate');
  t.equal(row(0), '  1 first line');
  t.equal(row(1), '  2 second');
  typist.type(':wq\r');
  t.same(await shell.ended, { status: 0 });
});

t.test('TERM and colours pass through, and bracketed paste is one edit', async (t) => {
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'bash' }, term: 'xterm-256color' });
  const { typist } = shell;
  await typist.sees(/\$ $/);
  typist.type('\x1b[200~echo $TERM; tput colors\x1b[201~\r');
  await typist.sees(/xterm-256color\r\n256\r\n/);
  typist.type('exit\r');
  await shell.ended;
  t.ok(typist.shown.includes('\x1b[?2004h'), 'the shell asks for bracketed paste');
  t.same(
    (await decisions(shell)).map(([line]) => line),
    ['echo $TERM', 'tput colors', 'exit'],
  );
});

t.test('without a terminal there are pipes', async (t) => {
  const stdin = openSync(fileURLToPath(import.meta.url), 'r');
  t.teardown(() => closeSync(stdin));
  const pipes = new Pipes(stdin);
  const script =
    'head -c 10; test -t 0 || test -t 1 || echo pipes; echo error >/dev/stderr; seq 50000; exit 6';
  const shell = await guarded(t, { ...sh(script), pipes });
  t.same(await shell.ended, { status: 6 });
  const stdout = Buffer.concat(pipes.stdout).toString();
  t.match(stdout, /^\/\*\* A sesspipes\n1\n/);
  t.match(stdout, /\n50000\n$/);
  t.equal(Buffer.concat(pipes.stderr).toString(), 'error\n');
  t.equal((await output(shell)).length, stdout.length + 'error\n'.length);
  const errors = (await bodies(shell, 'session.output')).filter(({ stream }) => stream === 'stderr');
  t.same(
    errors.map(({ content }) => content.bytes),
    ['error\n'.length],
  );
  t.same((await bodies(shell, 'session.start'))[0]?.terminal, undefined);
});

t.test('without a terminal, too: refusals, endings, what is left behind', async (t) => {
  const stdin = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(stdin));
  const refused = new Pipes(stdin);
  t.same(await (await guarded(t, { ...argv('refused'), pipes: refused })).ended, { status: 126 });
  const [said = '', machine = ''] = refused.notices.split('\n');
  t.equal(said, 'chaperone: refused by test/refused: tests refuse it');
  t.match(JSON.parse(machine.replace(/^chaperone-decision: /, '')), {
    effect: 'deny',
    rule: 'test/refused',
    reason: 'tests refuse it',
    next: /^do not try again/,
  });
  const killed = await guarded(t, { ...sh('kill -KILL $$'), pipes: new Pipes(stdin) });
  t.same(await killed.ended, { status: 137 });
  const left = await guarded(t, { ...sh('sleep 20 & echo started'), pipes: new Pipes(stdin) });
  t.same(await left.ended, { status: 0 });
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'bash' }, pipes: new Pipes(stdin) });
  t.same(await shell.ended, { status: 0 });
});

t.test('output that does not reach the caller is no success', async (t) => {
  const stdin = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(stdin));
  class Failing extends Pipes {
    readonly #code: string;
    constructor(code: string) {
      super(stdin);
      this.#code = code;
    }
    override async write(): Promise<void> {
      throw Object.assign(new Error(`${this.#code}: no more`), { code: this.#code });
    }
  }
  const full = new Failing('ENOSPC');
  const shell = await guarded(t, { ...sh('seq 3; exit 7'), pipes: full });
  t.same(await shell.ended, { status: 1 });
  t.equal(full.notices, 'chaperone: stdout is cut short, for it cannot be written: ENOSPC: no more\n');
  t.match(await bodies(shell, 'session.end'), [{ reason: 'failed', status: 1 }]);
  t.equal((await output(shell)).toString(), '1\n2\n3\n', 'it is on record');
  const gone = new Failing('EPIPE');
  t.same(await (await guarded(t, { ...sh('seq 3; exit 7'), pipes: gone })).ended, { status: 7 });
  t.equal(gone.notices, '', 'a reader may go away');
});
