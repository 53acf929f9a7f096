/** What is typed is recorded where it is shown, and nowhere else. */
import t from 'tap';
import { needs } from '../../tool.ts';
import { type Guarded, type GuardedOptions, guarded, PROMPT } from './guarded.ts';

async function recorded(shell: Guarded): Promise<string> {
  const events = await shell.events();
  const input = events.flatMap(({ event, content }) =>
    event.body.type === 'session.input' && content !== null ? [content] : [],
  );
  return Buffer.concat(input).toString();
}

/** Asks for two characters, and shows a star for each. */
const STARS = `stty -icanon -echo
for i in 1 2; do dd bs=1 count=1 > /dev/null 2>&1; printf '*'; done
stty icanon echo
`;

for (const name of ['bash', 'zsh']) {
  t.test(`${name}: commands, yes; passwords, no`, async (t) => {
    if (!needs(t, name)) return;
    const options: GuardedOptions = {
      request: { kind: 'shell', shell: name },
      recordInput: true,
      term: 'xterm',
      files: { stars: STARS },
    };
    const shell = await guarded(t, options);
    const { typist } = shell;
    await typist.sees(/\[0\][$%] [^\n]*$/);
    const slowly = async (text: string) => {
      for (const key of text) {
        typist.type(key);
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
    };
    await slowly('echo one two\r');
    await typist.sees(/[\r\n]one two\r\n/);
    await typist.sees(/\[0\][$%] [^\n]*$/);
    await slowly('read -rs pass; echo got\r');
    await new Promise((resolve) => setTimeout(resolve, 150));
    await slowly('hunter2\r');
    await typist.sees(/\ngot\r\n|got\r\n/);
    await typist.sees(/\[0\][$%] [^\n]*$/);
    // As `sudo` and `passwd` ask: the flag of the terminal is off, the line is still the kernel's.
    await slowly('stty -echo; head -n 1 > file; stty echo\r');
    await new Promise((resolve) => setTimeout(resolve, 150));
    typist.type('pasted-secret\r');
    await typist.sees(/\[0\][$%] [^\n]*$/);
    // Characters shown as stars.
    await slowly('sh stars\r');
    await new Promise((resolve) => setTimeout(resolve, 150));
    await slowly('xq');
    await typist.sees(/\*\*[\s\S]*\[0\][$%] [^\n]*$/);
    await slowly('exit\r');
    await shell.ended;
    const input = await recorded(shell);
    t.match(input, /^echo one two\r/);
    t.match(input, /read -rs pass; echo got\r/);
    for (const secret of ['hunter2', 'pasted', 'xq']) t.notMatch(input, secret);
  });
}

t.test("a program that reads in the kernel's own line mode", async (t) => {
  const shell = await guarded(t, { request: { kind: 'argv', argv: ['head', '-n', '2'] }, recordInput: true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  shell.typist.type('caf\u00e9 \u{1f600}\r');
  // What the terminal echoed, and then what the program printed: keys ahead of that are not held to be shown.
  await shell.typist.sees(/\u{1f600}\r\n[\s\S]*\u{1f600}\r\n/u);
  shell.typist.type('second\r');
  await shell.ended;
  t.equal(await recorded(shell), 'caf\u00e9 \u{1f600}\rsecond\r');
});

t.test('nothing is recorded unless the policy asks for it', async (t) => {
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'bash' } });
  await shell.typist.sees(PROMPT);
  await shell.typist.line('echo one');
  shell.typist.type('exit\r');
  await shell.ended;
  t.equal(await recorded(shell), '');
});
