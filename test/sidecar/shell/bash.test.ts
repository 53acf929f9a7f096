/** What a guarded bash does with a refused command: real bash, real terminal. */
import t from 'tap';
import { constructs } from './constructs.ts';
import { prompted } from './guarded.ts';
import { livesOn } from './lives-on.ts';
import { bodies } from './recorded.ts';

t.setTimeout(600_000);

const bash = (t: Parameters<typeof prompted>[0]) => prompted(t, 'bash');

t.test('a command runs, a refused one does not, and the shell lives on', async (t) => {
  await livesOn(t, await bash(t), { recorded: 'refused', status: 130 });
});

/** Each line refuses something; nothing that would print BAD runs, and the status is not 0. */
const ABANDONED = [
  ...constructs('refused'),
  'select i in a; do refused; echo BAD; done <<< 1; echo BAD',
  'echo $(echo $(echo $(refused))) > /dev/null; echo BAD',
  'true && (true && { refused || echo BAD; }) || echo BAD',
  'set +e; set -u; refused; echo BAD',
  'set +u; trap "echo caught" INT; refused; echo BAD',
  'trap - INT; set -m; refused; echo BAD',
  'set +m; (refused); echo BAD',
  'set -m; refused & echo BAD',
  'alias sneak="true; refused; echo"; true\nsneak BAD',
  'true; echo fine; refused; echo BAD',
  'set -o posix; refused; echo BAD',
  'set +o posix; shopt -s nocasematch nullglob failglob; refused; echo BAD',
  'shopt -u nullglob failglob; IFS=+-13; refused; echo BAD',
  'IFS=; set -f; refused; echo BAD',
  'alias local=: printf=: kill=: read=: true=:; refused; echo BAD',
  'unalias -a; refused; echo BAD',
  ': () { echo mine; }; refused; echo BAD',
  'unset -f :; printf() { :; }; read() { :; }; kill() { :; }; local() { :; }; refused; echo BAD',
  'unset -f printf read kill local; (exec 0<&- 2>&-; refused; echo BAD); echo BAD',
  'PROMPT_COMMAND=(true); refused; echo BAD',
  'refused; echo BAD # without the prompt of ours',
];

t.test('a refusal gives up the rest of its line', async (t) => {
  const shell = await bash(t);
  const { typist } = shell;
  for (const line of ABANDONED) {
    const before = line.replace(/\n.*/s, '');
    let { shown, status } = await typist.line(before);
    if (before !== line) ({ shown, status } = await typist.line(line.slice(before.length + 1)));
    const output = shown.slice(shown.indexOf('\n'));
    t.notMatch(output, /BAD/, line);
    t.match(output, /refused by test\/refused/, `${line}: says why`);
    t.not(status, 0, `${line}: status`);
  }
  t.match((await typist.line('echo al"i"ve')).shown, /\nalive\r\n/);
});

/** A job in the background has no line to give up but its own. */
const BACKGROUND = [
  '(refused; echo BAD) & wait $!; echo "job $?"',
  '{ refused; echo BAD; } & wait $!; echo "job $?"',
  'coproc { refused; echo BAD; }; wait $!; echo "job $?"',
];

t.test('what the shell writes to is its own again after each question, and may be closed', async (t) => {
  const { typist } = await prompted(t, 'bash');
  const { shown } = await typist.line(
    'exec 5>&1 1>&-; true; cd /; exec 1>&5 5>&-; echo ba"ck"; ls -l /proc/self/fd | grep soc"ket"',
  );
  t.match(shown, /\nback/);
  t.notMatch(shown, /socket:/);
  t.match((await typist.line('exec 1>&-; refused; exec 1>/dev/tty')).shown, /refused by test\/refused/);
  t.match((await typist.line('exec 1>/dev/tty; echo he"re"')).shown, /\nhere/);
  t.match((await typist.line("echo 'two\nlines' $'\\x1c' | wc -l")).shown, /\n2/);
});

t.test('a refusal in the background ends that job alone', async (t) => {
  const { typist } = await bash(t);
  for (const line of BACKGROUND) {
    const { shown } = await typist.line(line);
    t.match(shown, /refused by test\/refused/, line);
    t.match(shown, /job 126\r\n/, line);
    t.notMatch(shown, /\nBAD/, line);
  }
});

t.test("a refusal leaves the user's own traps and options as they were", async (t) => {
  const { typist } = await bash(t);
  await typist.line(`trap 'echo caught' INT; set -u`);
  t.equal((await typist.line('refused')).status, 130);
  t.match((await typist.line('trap -p INT')).shown, /trap -- 'echo caught' SIGINT/);
  t.match((await typist.line('kill -INT $$')).shown, /caught/);
  t.match((await typist.line('false a b; echo "$? $_ $-"')).shown, /\r\n1 b \w*u/);
});

t.test('a function named builtin, which no trap is shown, lets nothing run', async (t) => {
  for (const body of ['return 0', 'true', '__chaperone_reply=x']) {
    const { typist } = await bash(t);
    typist.type(`builtin() { ${body}; }\r`);
    await new Promise((resolve) => setTimeout(resolve, 700));
    typist.type('refused; echo BA"D"; touch ma"d"e; echo *\r');
    await new Promise((resolve) => setTimeout(resolve, 700));
    typist.type('ls; echo *\r');
    await new Promise((resolve) => setTimeout(resolve, 700));
    t.notMatch(typist.shown, /BAD|made/, body);
  }
});

t.test('what the prompt runs is told from what is typed, whatever becomes of PROMPT_COMMAND', async (t) => {
  const shell = await bash(t);
  const { typist } = shell;
  for (const line of [
    "PROMPT_COMMAND='refused'",
    'unset PROMPT_COMMAND',
    "PS1='$(refused)[$?]$ '",
    'PROMPT_COMMAND="true;$PROMPT_COMMAND"',
    'PROMPT_COMMAND=',
    'true; readonly PROMPT_COMMAND',
  ]) {
    await typist.line(line);
    t.match((await typist.line('echo al"i"ve')).shown, /\nalive\r\n\[0\]/, line);
    const { shown } = await typist.line('refused; echo BA"D"');
    t.match(shown, /refused by test\/refused/, line);
    t.notMatch(shown, /\nBAD/, line);
  }
  const decided = await bodies(shell, 'command.decided');
  const prompts = decided.filter(({ line, context }) => line === 'refused' && context === 'prompt');
  t.equal(prompts.length, 1, 'recorded once as the prompt’s');
});

t.test('a function that a trap calls is judged whole, for bash tells nothing of what it does', async (t) => {
  const { typist } = await bash(t);
  await typist.line('inner() { refused; echo BA"D"; }; true');
  await typist.line('outer() { inner; }; fine() { echo fi"n"e; }; true');
  // First, for bash runs no handler again that was interrupted.
  t.match((await typist.line('trap fine ERR; false; trap - ERR; set -x; true')).shown, /\nfine/);
  t.notMatch((await typist.line('set +x')).shown, /extdebug/, 'nothing of the hooks in what set -x shows');
  for (const line of [
    'trap inner ERR; false; trap - ERR',
    'trap - ERR; (trap inner EXIT; true)',
    '(trap inner EXIT)',
    'trap "outer a b" USR1; kill -USR1 $$; true',
    'trap - USR1; trap inner RETURN; fine',
    'trap - RETURN; f=inner; $f',
  ]) {
    const { shown } = await typist.line(line);
    t.match(shown, /refused by test\/refused/, line);
    t.notMatch(shown, /\nBAD/, line);
  }
});
