// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** What is unknown and why, limits, and an argv that no shell reads. */
import t from 'tap';
import { analyseArgv } from '../../../sidecar/command/analyse.ts';
import { codes, context, look } from './look.ts';

t.test('unknown, each with its code', async (t) => {
  const cases: Record<string, string[]> = {
    syntax: [
      'a $(',
      'if a',
      'a "',
      "a '",
      'a |',
      'a && ',
      ') a',
      'a <<',
      '{ a',
      'case a in',
      '((',

      "eval 'if'",
      'echo $(if)',
      'a & & b',
    ],
    'computed-command': [
      '$x',
      '"$x" a',
      '$x/y',
      '$(a) b',
      '`a`',
      '/bin/l?',
      'sudo $x',
      'env "$x"',
      '${x:-a}',
      'x$y',
      'nice -n 1 $x',
    ],
    'computed-code': [
      'eval "$x"',
      'eval a $x',
      'bash -c "$x"',
      'bash -c \'eval "$1"\'  - "$x"',
      'trap "$x" EXIT',
      'sh -c $x',
      'echo ${x@P}',
      'su -c "$x"',
      'xargs sh -c',
      "env -S 'a $x'",
    ],
    'code-on-stdin': [
      'a | sh',
      'sh < f',
      'a | bash -s',
      'a > >(sh)',
      'a | python3',
      'sh <<< "$x"',
      'sh <<E\n$x\nE',
      'a | source /dev/stdin',
      'python3 < f',
      'a | sudo bash',
      '{ a; sh; } < f',
    ],
    'no-hooks': ['bash', 'sudo -i', 'su', 'zsh -i', 'sudo -s', 'sh', 'env bash'],
    'unreadable-script': ['bash f', 'source f', '. f', 'sh ./x a', 'sudo bash f', 'bash <(a)'],
    'computed-argument': ['bash $x a'],
  };
  for (const [code, lines] of Object.entries(cases)) {
    for (const line of lines) t.ok(codes(line).includes(code as never), `${code}: ${line} (${codes(line)})`);
  }
});

t.test('limits', async (t) => {
  const limited = (line: string) => t.ok(codes(line).includes('limit'), line.slice(0, 40));
  limited('a '.repeat(40_000));
  limited('a;'.repeat(5000));
  limited(`a ${'{1,2}'.repeat(16)}`);
  limited('a {1..99999999}');
  limited(`a ${'$('.repeat(3000)}${')'.repeat(3000)}`);
  limited(`${'( '.repeat(100)}a${' )'.repeat(100)}`);
  limited(`${'eval '.repeat(200)} a`);
  limited(`${'sudo '.repeat(200)} a`);
  const deep = look(`rm -rf /; a ${'$('.repeat(3000)}${')'.repeat(3000)}`);
  t.equal(deep.commands[0]!.program, 'rm', 'what was found before the limit stays');
  t.equal(
    look(`rm -rf /; a ${'b '.repeat(60_000)}`).commands[0]!.program,
    'rm',
    'and the head of a long line',
  );
  t.strictSame(codes(`x # ${'('.repeat(300)}`), [], 'brackets in a comment are none');
});

t.test('an argv is not read by a shell', async (t) => {
  const { commands, line } = analyseArgv(['rm', '$HOME', '*', 'a b', ';', '~'], context);
  t.strictSame(commands[0]!.argv, ['rm', '$HOME', '*', 'a b', ';', '~']);
  t.equal(commands.length, 1);
  t.equal(look(line).commands[0]!.touches[1]!.path, '/w/\\*');
  t.strictSame(
    analyseArgv(['sh', '-c', 'x; y'], context).commands.map(({ program }) => program),
    ['sh', 'x', 'y'],
  );
  t.strictSame(analyseArgv([], context).commands.length, 1);
});
