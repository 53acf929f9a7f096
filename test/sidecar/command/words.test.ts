// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** Decoded words against what a real bash makes of the same text. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { quote } from 'shell-quote';
import t from 'tap';
import { analyse, analyseArgv } from '../../../sidecar/command/analyse.ts';
import { needs } from '../../tool.ts';

const SEED = 20261122;
const context = { cwd: '/home/agent/x', home: '/home/agent' };

/** The words of each line as bash expands them; null for a line it refuses. One bash for all lines. */
function expandedByBash(lines: readonly string[]): (string[] | null)[] {
  const script = `
    cd / || exit
    while IFS= read -r -d '' line; do
      set --
      if eval "set -- $line" 2>/dev/null; then printf '%s\\0' ok "$#" "$@"; else printf '%s\\0' refused; fi
    done`;
  const input = lines.map((line) => `${line}\0`).join('');
  const env = { HOME: '/home/agent', PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const run = spawnSync('bash', ['--norc', '-f', '-c', script], { input, env, maxBuffer: 1 << 26 });
  const fields = run.stdout.toString('utf8').split('\0');
  return lines.map(() => {
    if (fields.shift() !== 'ok') return null;
    return fields.splice(0, Number(fields.shift()));
  });
}

function decoded(line: string): (string | null)[] | null {
  const { commands, unknown } = analyse(`x ${line}`, context);
  return unknown.length > 0 || commands.length !== 1 ? null : commands[0]!.argv.slice(1);
}

const FIXED = [
  'a b  c',
  "'a b'",
  '"a b"',
  'a\\ b',
  'a\'b\'"c"d',
  '""',
  "''",
  '"" a',
  "$'a\\tb'",
  "$'\\x41\\102\\u00e9\\U0001F600'",
  "$'a\\'b'",
  "$'\\e[0m\\cA'",
  '"a\\"b\\$c\\`d\\\\e\\f"',
  'a\\\nb',
  '"a\\\nb"',
  "'a\\\nb'",
  '~',
  '~/x',
  '"~"',
  "~'x'",
  'a~',
  '~/a/~',
  'x=~',
  'x=~/y',
  '--p=~/y',
  '\\~',
  '"$HOME"',
  '$HOME/x',
  '${HOME}x',
  '"a${HOME}b"',
  "'$HOME'",
  '\\$HOME',
  '{a,b}',
  'x{a,b}y',
  '{a,b}{c,d}',
  '{1..5}',
  '{5..1}',
  '{1..10..3}',
  '{a..e}',
  '{01..10}',
  '{a}',
  '{}',
  'a{b',
  '{a,{b,c}}',
  '{a,b',
  '"{a,b}"',
  "{'a b',c}",
  '{a\\,b,c}',
  '{~,/tmp}',
  '{$HOME,x}',
  '{,a}',
  '{a,}x',
  'a{,b}',
  '{,}',
  '*',
  '"*"',
  'a*b',
  '[ab]',
  '\\*',
  '#a',
  'a#b',
  'a -- b',
  '-a --b=c',
  '!a',
  'a=b',
  'é ü',
  '日本',
  "$'\\''",
  "\"a\"'b'c$'d'",
  '$"a b"',
  "{x,y}'z'",
  '-{a,b}-',
  '{-3..3}',
  '{a..c}{1..2}',
  '{{a,b},c}',
  '{a..1}',
  '{1..a}',
  '{1..3',
  '{1,2}}',
  '{{1,2}',
  '{a,b}c}',
  'x{1..1}y',
  '{1..3..0}',
  '{1..2..-1}',
];

t.test('fixed words', async (t) => {
  if (!needs(t, 'bash')) return;
  const expected = expandedByBash(FIXED);
  for (const [place, line] of FIXED.entries()) t.strictSame(decoded(line), expected[place], line);
});

/** Pieces of words that bash expands without looking at files or running anything. */
const piece = fc.oneof(
  fc.constantFrom(
    'a',
    'B',
    '-',
    '/',
    '.',
    '=',
    '~',
    ',',
    '..',
    '1',
    '2',
    '{',
    '}',
    '{a,b}',
    '{1..3}',
    'é',
    '#',
    '!',
    '%',
    '@',
    ':',
    '+',
  ),
  fc.constantFrom('\\ ', '\\\\', '\\"', "\\'", '\\$', '\\*', '\\{', '\\,', '\\~'),
  fc
    .string({ unit: fc.constantFrom('a', ' ', '"', '$', '\\', '*', '{', ',', '}', '~', '`'), maxLength: 4 })
    .map((s) => `'${s}'`),
  fc
    .string({
      unit: fc.constantFrom('a', ' ', "'", '*', '{', ',', '}', '~', '\\\\', '\\"', '\\$', '\\a'),
      maxLength: 4,
    })
    .map((s) => `"${s}"`),
  fc.constantFrom(
    "$'\\n'",
    "$'\\x2f'",
    "$'\\057'",
    "$'\\''",
    '"$HOME"',
    '$HOME',
    '${HOME}',
    '"${HOME}/x"',
    '""',
    "''",
  ),
);
const word = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));

t.test('property: any word is decoded as bash does, or is unknown', async (t) => {
  if (!needs(t, 'bash')) return;
  const lines = fc
    .sample(fc.array(word, { minLength: 1, maxLength: 3 }), { seed: SEED, numRuns: 4000 })
    .map((words) => words.join(' '));
  const expected = expandedByBash(lines);
  let known = 0;
  const wrong: unknown[] = [];
  lines.forEach((line, place) => {
    const found = decoded(line);
    if (found === null || expected[place] === null) return;
    if (found.includes(null)) return;
    known++;
    if (JSON.stringify(found) !== JSON.stringify(expected[place]))
      wrong.push({ line, found, bash: expected[place] });
  });
  t.strictSame(wrong.slice(0, 5), []);
  t.ok(known > 3000, `${known} of ${lines.length} were decoded`);
});

t.test('property: an argv means the same as its quoted text', async () => {
  const argument = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      'rm',
      'sudo',
      '-rf',
      '/',
      '*',
      '~',
      '$HOME',
      '-c',
      'sh',
      'rm -rf /',
      '--',
      '{a,b}',
      'a b',
      "'",
      '"',
      '\\',
      '#',
      '!x',
      ';',
    ),
  );
  const program = fc.constantFrom(
    'rm',
    'ls',
    'sudo',
    'bash',
    'env',
    'find',
    'xargs',
    'timeout',
    'dd',
    'echo',
    '/bin/sh',
  );
  fc.assert(
    fc.property(program, fc.array(argument, { maxLength: 6 }), (name, rest) => {
      const argv = [name, ...rest].filter((one) => !one.includes('\0'));
      const direct = analyseArgv(argv, context);
      const read = analyse(quote(argv), context);
      const shape = ({ commands, unknown }: typeof read) => [
        commands.map(({ program, argv, via, touches, capabilities }) => ({
          program,
          argv,
          via,
          touches,
          capabilities,
        })),
        unknown.map(({ code }) => code),
      ];
      return JSON.stringify(shape(direct)) === JSON.stringify(shape(read));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

t.test('property: quoting a word differently changes nothing', async () => {
  const spellings: ((text: string) => string)[] = [
    (text) => `'${text}'`,
    (text) => `"${text}"`,
    (text) => `$'${text}'`,
    (text) => [...text].map((char) => `\\${char}`).join(''),
    (text) => [...text].map((char) => `'${char}'`).join(''),
    (text) =>
      `$'${[...text].map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}'`,
    (text) => `""${text}`,
  ];
  const lines = [
    ['rm', '-rf', '/'],
    ['sudo', 'rm', '-r', '/etc'],
    ['dd', 'of=/dev/sda'],
    ['bash', '-c', 'reboot'],
    ['shutdown', 'now'],
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...lines),
      fc.array(fc.constantFrom(...spellings), { minLength: 4, maxLength: 4 }),
      (words, how) => {
        const plain = analyse(words.join(' '), context);
        const quoted = analyse(words.map((one, place) => how[place]!(one)).join(' '), context);
        const shape = ({ commands }: typeof plain) =>
          commands.map(({ program, argv, touches }) => ({ program, argv, touches }));
        return JSON.stringify(shape(plain)) === JSON.stringify(shape(quoted));
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});
