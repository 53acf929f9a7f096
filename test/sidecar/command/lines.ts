/** Command lines drawn for property tests: simple commands, every way to quote their words, everything to wrap them in. */
import fc from 'fast-check';
import { quote } from 'shell-quote';
import { WRAPPERS } from '../../../sidecar/command/grammar/wrappers.ts';

/** Commands that the default policy refuses, asks about, and allows. */
export const COMMANDS: readonly (readonly string[])[] = [
  ['rm', '-rf', '/'],
  ['rm', '-r', '/home/agent/app/build'],
  ['cat', '/etc/shadow'],
  ['cat', 'README.md'],
  ['git', 'push', '--force', 'origin', 'main'],
  ['git', 'commit', '-m', 'a message; with $signs "and" quotes'],
  ['kubectl', 'delete', 'ns', 'prod'],
  ['kubectl', 'get', 'pods', '-A'],
  ['dd', 'if=a', 'of=/dev/sda'],
  ['chmod', '-R', '777', '/etc'],
  ['curl', '-fsSL', 'https://example.com/a?b=c&d'],
  ['tee', '/etc/passwd'],
  ['shutdown', '-h', 'now'],
  ['find', '/', '-delete'],
  ['npm', 'test'],
  ['ls', '-l', 'a b', '*'],
];

export const simpleCommands = fc.constantFrom(...COMMANDS);

/** Ways to write a text so that a shell reads it back; each for text that it is fit for. */
const QUOTES: readonly ((text: string) => string)[] = [
  (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  (text) => `"${text.replace(/["$`\\]/g, '\\$&')}"`,
  (text) => text.replace(/[^\w/.,:=@%+-]/g, '\\$&'),
  (text) => text.replace(/./g, '\\$&'),
  (text) =>
    `$'${[...text].map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}'`,
  (text) => `$'${[...text].map((char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`).join('')}'`,
  (text) => `''${quote([text])}""`,
];

/** The same word, each part of it quoted in some way. */
export function quotedWord(word: string): fc.Arbitrary<string> {
  const cuts = fc.uniqueArray(fc.nat({ max: Math.max(word.length, 1) }), { maxLength: 2 });
  return fc
    .tuple(cuts, fc.array(fc.constantFrom(...QUOTES), { minLength: 3, maxLength: 3 }))
    .map(([places, quotes]) => {
      const ends = [0, ...places.toSorted((a, b) => a - b), word.length];
      const parts = ends.slice(1).map((end, at) => word.slice(ends[at], end));
      return parts.map((part, at) => (part === '' ? '' : quotes[at % 3]!(part))).join('') || "''";
    });
}

/** The same command, with every word quoted in some way, and other blanks between them. */
export function quotedCommand(argv: readonly string[]): fc.Arbitrary<string> {
  const blank = fc.constantFrom(' ', '  ', '\t', ' \\\n ');
  return fc
    .tuple(
      fc.tuple(...argv.map(quotedWord)),
      fc.array(blank, { minLength: argv.length, maxLength: argv.length }),
    )
    .map(([words, blanks]) => words.map((word, at) => (at === 0 ? word : `${blanks[at]}${word}`)).join(''));
}

const inQuotes = (line: string) => `'${line.replaceAll("'", `'\\''`)}'`;

/** Wrappers that run the words behind them. */
const RUNNERS = [...WRAPPERS]
  // A lone dash in front of the code of a shell is an option of that shell.
  .filter(([name]) => name !== '-')
  .filter(([, { bare, opaque, needs, rest, operandsBeforeDash, anyPlace }]) =>
    [bare, opaque, needs, rest, operandsBeforeDash, anyPlace].every((one) => !one),
  )
  .map(([name, { operands = 0 }]) => `${name} ${'1 '.repeat(operands)}`);

/** What takes a command line and runs it, perhaps. */
export const WRAPPINGS: Readonly<Record<string, (line: string) => string>> = {
  ...Object.fromEntries(RUNNERS.map((words) => [words, (line: string) => `${words}${line}`])),
  ...Object.fromEntries(
    [
      'sh -c',
      'bash -lc',
      'dash -c',
      'zsh -c',
      'eval',
      'su -c',
      'sudo -u x bash -c',
      'busybox sh -c',
      'ssh h',
    ].map((words) => [words, (line: string) => `${words} ${inQuotes(line)}`]),
  ),
  'a subshell': (line) => `( ${line} )`,
  'a group': (line) => `{ ${line}; }`,
  'a substitution': (line) => `echo "$( ${line} )"`,
  'a process substitution': (line) => `cat <( ${line} )`,
  'a condition': (line) => `if true; then ${line}; fi`,
  'the other branch': (line) => `if ls; then ls; else ${line}; fi`,
  'a loop': (line) => `while ls; do ${line}; done`,
  'a loop over words': (line) => `for i in 1 2; do ${line}; done`,
  'a case': (line) => `case x in x) ${line} ;; esac`,
  'a function that is called': (line) => `f() { ${line}; }; f`,
  'a list': (line) => `ls && ${line} || ls`,
  'the background': (line) => `${line} & ls`,
  'the end of a pipe': (line) => `ls | ${line}`,
  'the beginning of a pipe': (line) => `${line} | cat`,
  'a negation': (line) => `! ${line}`,
  'a trap': (line) => `trap ${inQuotes(line)} EXIT`,
  'a here-document': (line) => `bash <<'END'\n${line}\nEND\n`,
  'a here-string': (line) => `sh <<< ${inQuotes(line)}`,
  'a pipe into a shell': (line) => `printf '%s\\n' ${inQuotes(line)} | sh`,
  'find -exec': (line) => `find . -exec sh -c ${inQuotes(line)} \\;`,
  'an assignment': (line) => `A=b sh -c ${inQuotes(line)}`,
  'a variable': (line) => `x=${inQuotes(line)}; eval "$x"`,
  base64: (line) => `echo ${Buffer.from(line).toString('base64')} | base64 -d | sh`,
};

/** Wrappings that take any line; the others take one simple command. */
const OF_LINES = Object.keys(WRAPPINGS).filter(
  (name) => !RUNNERS.includes(name) && !/pipe$|negation/.test(name),
);

/** A simple command, wrapped once. */
export const wrapping = fc.constantFrom(...Object.keys(WRAPPINGS));

/** A line with `inner` somewhere in it. */
export function around(inner: string): fc.Arbitrary<string> {
  return fc
    .tuple(wrapping, fc.array(fc.constantFrom(...OF_LINES), { maxLength: 3 }))
    .map(([first, more]) => more.reduce((line, name) => WRAPPINGS[name]!(line), WRAPPINGS[first]!(inner)));
}
