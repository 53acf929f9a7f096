/** What is typed is recorded where it is shown, and nowhere else. */
import fc from 'fast-check';
import t from 'tap';
import { EchoFilter } from '../../../sidecar/shell/echo-filter.ts';
import { needs } from '../../tool.ts';
import { type Guarded, type GuardedOptions, guarded, PROMPT } from './guarded.ts';

const keys = (text: string) => Buffer.from(text);

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

/** What a terminal in the kernel's line mode shows for a line, in any pieces. */
t.test('filter: echoed lines come out whole, others as their Enter, however the echo is cut', async (t) => {
  const line = fc.record({
    text: fc.string({ minLength: 2, maxLength: 20 }).filter((text) => !/[\x00-\x1f\x7f-\x9f]/.test(text)),
    echo: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), (lines, step) => {
      const filter = new EchoFilter();
      let out = '';
      for (const { text, echo } of lines) {
        filter.typed(keys(`${text}\r`));
        const echoed = keys(echo ? `\x1b[1m${text}\x1b[0m\r\n` : '\r\n');
        for (let at = 0; at < echoed.length; at += step) out += filter.shown(echoed.subarray(at, at + step));
      }
      return out === lines.map(({ text, echo }) => (echo ? `${text}\r` : '\r')).join('');
    }),
    { seed: 7, numRuns: 300 },
  );
  t.pass('300 runs, seed 7');
});

t.test('filter: cases', async (t) => {
  const run = (steps: [typed: string, shown: string][]) => {
    const filter = new EchoFilter();
    return steps.map(([typed, shown]) => {
      filter.typed(keys(typed));
      return filter.shown(keys(shown));
    });
  };
  t.same(
    run([
      ['ab\x7fc', 'ab\b \bc'],
      ['\r', '\r\n'],
    ]),
    ['', 'ab\x7fc\r'],
    'an edit',
  );
  t.same(
    run([
      ['ec\t', 'echo '],
      ['x\r', 'x\r\n'],
    ]),
    ['', 'ec\tx\r'],
    'a completion',
  );
  t.same(
    run([
      ['\x1b[A', 'ls -l'],
      ['\r', '\r\n'],
    ]),
    ['', '\x1b[A\r'],
    'the last command again',
  );
  t.same(
    run([
      ['hunter2', ''],
      ['\r', '\r\nhunter2\r\n'],
    ]),
    ['', '\r'],
    'shown later is not an echo',
  );
  t.same(
    run([
      ['h', 'h'],
      ['unter2\r', '*******\r\n'],
    ]),
    ['', '\r'],
    'a part that is not shown hides the line',
  );
  t.same(run([['\x1bx\r', '\r\n']]), ['\r'], 'an Alt key is text');
  t.same(
    run([
      ['dd', ''],
      [':w\r', ':w\r\n'],
    ]),
    ['', '\r'],
    'an editor in command mode',
  );
  const filter = new EchoFilter();
  filter.typed(keys('x'.repeat(1 << 20)));
  filter.typed(keys('\r'));
  t.equal(filter.shown(keys(`${'x'.repeat(1 << 20)}\r\n`)), '\r', 'a line without end is not kept');
});
