/** What a program that is not known may do with its words: said, and never taken for certain. */
import t from 'tap';
import { touched } from './look.ts';

t.test('paths that stand in the words of a program without a grammar', async (t) => {
  const cases: Record<string, string[]> = {
    'prog -o /etc/x': ['reads /etc/x ?', 'writes /etc/x ?'],
    'prog --out=/etc/x': ['reads /etc/x ?', 'writes /etc/x ?'],
    'prog -o/etc/x': ['reads /etc/x ?', 'writes /etc/x ?'],
    'prog ~/x ../y': ['reads /home/agent/x ?', 'writes /home/agent/x ?', 'reads /y ?', 'writes /y ?'],
    'prog name=@/etc/x': [
      'reads /w/name=@/etc/x ?',
      'writes /w/name=@/etc/x ?',
      'reads /etc/x ?',
      'writes /etc/x ?',
    ],
    "sqlite3 f '.output /etc/x'": [
      'reads /w/.output /etc/x ?',
      'writes /w/.output /etc/x ?',
      'reads /etc/x ?',
      'writes /etc/x ?',
    ],
  };
  for (const [line, expected] of Object.entries(cases)) t.strictSame(touched(line), expected, line);
});

t.test('a command among the words, or in the text of one', async (t) => {
  const lines = [
    ...[
      'prog rm -r /x',
      'prog -v -- /bin/rm -r /x',
      'prog a rm -r /x',
      "prog 'rm -r /x'",
      "prog --run='rm -r /x'",
    ],
    ...["prog 'cd y && rm -r /x; z'", "prog '!rm -r /x'", 'prog "$a" rm -r /x'],
  ];
  for (const line of lines) t.ok(touched(line).includes('deletes /x all ?'), line);
  t.ok(touched("prog 'dd if=y of=/x'").includes('writes /x ?'));
});

t.test('programs whose words are known, or only looked at or spoken, are not doubted', async (t) => {
  for (const line of [
    ...[
      'ls /etc/x',
      'stat /x',
      'echo rm -rf /x',
      "printf 'rm -rf /x'",
      'test -e /x',
      'which rm',
      'man rm x',
      'prog name',
    ],
    ...["git commit -m 'rm -rf /x is refused'", "grep -rn 'rm -rf /x' src", 'sudo -u a b', 'kill 1'],
  ])
    t.strictSame(
      touched(line).filter((one) => /deletes|writes/.test(one)),
      [],
      line,
    );
});
