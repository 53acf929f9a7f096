/** A script that flows in is passed on statement by statement, as far as it is allowed. */
import t from 'tap';
import { bytewise, inSizes, whole } from '../../../../kube-captures/cuts.ts';
import { passing, policy, scriptGate } from './judging.ts';

const STRICT = policy('deny');
const LENIENT = policy('allow');

/** What passes of a script, under a policy that refuses `forbidden` and all that is unknown. */
const CASES: [name: string, script: string, passed: string][] = [
  ['nothing refused', 'echo a\nls\n', 'echo a\nls\n'],
  ['a last line without its end', 'echo a\nls', 'echo a\nls'],
  ['refused in the middle', 'echo a\nforbidden x\nls\n', 'echo a\n'],
  ['refused on a shared line', 'echo a\nls; forbidden\n', 'echo a\n'],
  ['refused in the last line, without its end', 'echo a\nforbidden', 'echo a\n'],
  ['over a line that is continued', 'forb\\\nidden\n', ''],
  ['a function that holds it', 'echo a\nf() {\n  forbidden\n}\nf\n', 'echo a\n'],
  ['a here-document is data', 'cat <<E\nforbidden\nE\nls\n', 'cat <<E\nforbidden\nE\nls\n'],
  ['quotes over lines are data', "echo 'a\nforbidden\nb'\n", "echo 'a\nforbidden\nb'\n"],
  ['what read may have taken away', 'read x\ncat <<E\nforbidden\nE\n', 'read x\n'],
  ['what a program may have taken away', "ssh host ls\necho '\nforbidden\n'\n", 'ssh host ls\n'],
  [
    'what a function may have taken away',
    'f() { read x; }\nf\ncat <<E\nforbidden\nE\n',
    'f() { read x; }\nf\n',
  ],
  ['over lines, after what may have read', 'read x\ncat <<E\nforb\\\nidden\nE\n', 'read x\n'],
  [
    'what reads elsewhere takes nothing',
    'cat </dev/null\ncat <<E\nforbidden\nE\n',
    'cat </dev/null\ncat <<E\nforbidden\nE\n',
  ],
  ['a part of a line may be gone', 'read -n 3 x\necho a\n', 'read -n 3 x\n'],
  ['a directory that was gone to before', 'cd /etc\nrm -r x\n', 'cd /etc\n'],
  ['and gone from, unless that failed', 'cd /etc\ncd /tmp\nrm -r x\n', 'cd /etc\ncd /tmp\n'],
  ['a directory that is none of those', 'cd /tmp\nrm -r x\n', 'cd /tmp\nrm -r x\n'],
  ['a variable that was set before', 'D=/etc/x\nrm -r $D\n', 'D=/etc/x\n'],
  ['an alias', 'alias x=forbidden\nx y\n', 'alias x=forbidden\n'],
  ['an alias of an alias', 'alias x=y\nalias y=forbidden\nx\n', 'alias x=y\nalias y=forbidden\n'],
  ['an alias that may change the syntax', "alias x='cat <<E'\nls\n", "alias x='cat <<E'\n"],
  ['another shell goes on with the script', 'exec bash\nls\nforbidden\n', 'exec bash\nls\n'],
  ['and may be sourced', 'source /dev/stdin\nls\nforbidden\n', 'source /dev/stdin\nls\n'],
  ['but not another language', 'python3\nprint(1)\n', ''],
  ['nor another script', 'exec <other\nls\n', 'exec <other\n'],
  ['a NUL is nothing to a shell', 'forb\0idden\n', ''],
  ['nor in a delimiter', 'cat <<E\nE\0\nforbidden\nE\n', 'cat <<E\nE\0\n'],
  [
    'a carriage return is a character',
    'cat <<E\nE\r\nforbidden\nE\nls\n',
    'cat <<E\nE\r\nforbidden\nE\nls\n',
  ],
  [
    'bytes that are no text',
    'echo \xff\xfe\ncat <<\xff\n\xfe\nforbidden\n\xff\nls\n',
    'echo \xff\xfe\ncat <<\xff\n\xfe\nforbidden\n\xff\nls\n',
  ],
  ['what cannot be understood', 'echo a\n$x b\nls\n', 'echo a\n'],
  ['what never ends', "echo a\necho 'x\nls\n", 'echo a\n'],
  ['nothing', '', ''],
];

t.test('what passes, whatever the cuts', async (t) => {
  for (const [name, script, expected] of CASES) {
    const bytes = Buffer.from(script, 'latin1');
    for (const cut of [whole, bytewise, inSizes([3, 1, 11])]) {
      const { passed, refused } = await passing(STRICT, cut(bytes));
      t.equal(passed.toString('latin1'), expected, `${name} (${cut.name})`);
      t.equal(refused !== undefined, script !== expected, `${name}: ${refused}`);
    }
  }
});

t.test('each statement is one decision, in order, with what was read', async (t) => {
  const { actions, refused } = await passing(LENIENT, [
    Buffer.from('# comment\n\necho "h\u00e9"\nif true; then\n ls\nfi\nforbidden x\nwhoami\n'),
  ]);
  t.strictSame(
    actions.map(({ line }) => line),
    ['# comment\n\necho "h\u00e9"\n', 'if true; then\n ls\nfi\n', 'forbidden x\n'],
  );
  t.match(refused, /refused by test\/no: not that/);
});

t.test('a complete line goes on at once, and nothing before', async (t) => {
  const { gate } = scriptGate(STRICT);
  const say = async (text: string) => Buffer.from((await gate.write(Buffer.from(text))).pass).toString();
  t.equal(await say('echo'), '');
  t.equal(await say(' a\nec'), 'echo a\n');
  t.equal(await say('ho b'), '');
  t.equal(await say('\n'), 'echo b\n');
  t.equal(await say('cat <<E\nx\n'), '');
  t.equal(await say('E\n'), 'cat <<E\nx\nE\n');
  t.equal(await say('for i in 1 2\ndo\n'), '');
  t.equal(await say('  ls\ndone\n'), 'for i in 1 2\ndo\n  ls\ndone\n');
});

t.test('what is longer than is looked at is unknown, and the policy decides', async (t) => {
  const here = `echo a\ncat <<E\n${'some text here\n'.repeat(6000)}E\nls\n`;
  const line = `echo a\necho ${'x'.repeat(1 << 20)}\nls\n`;
  const endless = `echo a\necho ${'x'.repeat(3 << 20)}`;
  const many = `echo a\ncat ${'<<E '.repeat(400)}\n${'E\n'.repeat(400)}`;
  for (const [name, script] of Object.entries({ here, line, endless, many })) {
    const bytes = Buffer.from(script);
    const strict = await passing(STRICT, inSizes([30_000])(bytes));
    t.equal(strict.passed.toString(), 'echo a\n', `${name}: refused where unknown is`);
    const lenient = await passing(LENIENT, inSizes([30_000])(bytes));
    t.ok(lenient.passed.equals(bytes), `${name}: passed on where unknown is allowed`);
    t.ok(
      lenient.actions.every(({ line: text }) => text.length < 70_000),
      'with a line that fits the log',
    );
  }
  const { passed } = await passing(LENIENT, [Buffer.from(`${here}forbidden\nls\n`)]);
  t.equal(passed.toString().includes('forbidden'), false, 'what is refused is refused behind it, too');
});

t.test('what runs the script may have read of it before', async (t) => {
  const script = Buffer.from('cat <<E\nforbidden\nE\n');
  for (const [argv, all] of [
    [['su', 'app'], true],
    [['sudo', 'bash'], true],
    [['sh', '-c', 'exec bash'], true],
    [['sh', '-c', 'read x; bash'], false],
    [['sh', '-c', 'head -c 3; bash'], false],
    [null, false],
  ] as const) {
    const { passed } = await passing(STRICT, [script], argv);
    t.equal(passed.length > 0, all, argv?.join(' ') ?? 'attach');
  }
});

t.test('long input in small pieces costs time that grows with its length', async (t) => {
  const body = 'a line of text with words in it\n';
  for (const lines of [1000, 1900]) {
    const script = `cat <<'END'\n${body.repeat(lines)}END\nls\n`;
    const { passed, actions } = await passing(LENIENT, inSizes([body.length])(Buffer.from(script)));
    t.equal(passed.toString(), script);
    t.equal(actions.length, 2);
  }
});
