/** What is known of the paths that programs print, against what they really print in a tree with awkward names. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import type { Listing } from '../../../sidecar/command/code/listing.ts';
import { listed } from '../../../sidecar/command/code/listing.ts';
import { literalWord } from '../../../sidecar/command/words/fields.ts';
import { quoteGlob, resolvePath } from '../../../sidecar/match/path.ts';
import { compilePath, touches } from '../../../sidecar/match/path-pattern.ts';
import { YES } from '../../../sidecar/match/tri.ts';
import { which } from '../../tool.ts';

const tree = t.testdir({
  '-rf': 'x',
  'a b': { c: 'x', '.hidden': 'x' },
  src: { 'a.ts': 'x', 'b.test.ts': 'x', deep: { src: { 'd.ts': 'x' } } },
  build: { build: { x: 'x' } },
  '.cfg': { e: 'x' },
  'x*y': 'x',
});
spawnSync('git', ['init', '-q', tree]);
spawnSync('git', ['-C', tree, 'add', '-A']);

const LINES: readonly string[][] = [
  ...[
    ['find'],
    ['find', '.'],
    ['find', 'src', 'build', '-name', 'b*'],
    ['find', 'build', '-name', 'build'],
    ['find', './src', '-type', 'f'],
    ['find', '.', '-name', '*.ts', '-print0'],
    ['find', '.', '!', '-name', '*.ts'],
    ['find', '.', '-name', 'a*', '-o', '-name', 'x*'],
    ['find', tree, '-name', '*.ts'],
    ['find', '-L', 'src/..', '-maxdepth', '2'],
  ],
  ...[
    ['grep', '-rl', 'x'],
    ['grep', '-rl', 'x', '.', 'src'],
    ['grep', '-rlZ', '-e', 'x', '--include=*.ts', 'src'],
    ['grep', '-l', 'x', 'src/a.ts', '--', 'a b/c'],
    ['grep', '-L', 'nothing', '--', 'src/a.ts', '-rf'],
  ],
  ...[
    ['rg', '-l', 'x'],
    ['rg', '-l0', '--hidden', 'x', 'src'],
    ['rg', '--files', '-g', '*.ts'],
    ['fd', '-e', 'ts'],
    ['fdfind', '-H'],
    ['git', 'ls-files'],
    ['git', 'ls-files', '-z', '*.ts'],
    ['git', 'diff', '--name-only', '--cached'],
    ['git', 'grep', '-l', 'x'],
    ['ls'],
    ['ls', '-1A'],
    ['ls', '-d', 'src', 'a b/c'],
    ['ls', 'src/deep'],
  ],
];

for (const line of LINES) {
  t.test(line.join(' ').replace(tree, 'TREE'), async (t) => {
    const [program, ...rest] = line;
    const listing = listed(
      program!,
      line.map((word) => literalWord(word)),
      null,
    );
    if (listing === null) return void t.fail('known');
    if (which(program!) === null) return void t.pass('not here', { skip: `${program} is not installed` });
    const { stdout } = spawnSync(program!, rest, { cwd: tree, encoding: 'utf8' });
    const paths = stdout.split(listing.nul ? '\0' : '\n').filter((path) => path !== '');
    t.ok(paths.length > 0, 'something is printed');
    t.strictSame(
      paths.filter((path) => !covers(listing, path)),
      [],
    );
    if (listing.rooted) t.notOk(paths.some((path) => path.startsWith('-')));
  });
}

function covers({ patterns }: Listing, path: string): boolean {
  // What git quotes is another name, in the same place.
  const touch = {
    role: 'reads' as const,
    path: resolvePath(tree, quoteGlob(path)),
    recursive: false,
    certain: true,
  };
  const rules = patterns.map((pattern) => compilePath(resolvePath(quoteGlob(tree), pattern)));
  return (
    touches({ touches: [touch] }, { role: 'reads', patterns: rules, recursive: false }, undefined, false) ===
    YES
  );
}

t.test('what prints more than paths, or others, is not known', async (t) => {
  for (const line of [
    ['find', '.', '-printf', '/%p'],
    ['find', '.', '-ls'],
    ['find', '.', '-exec', 'echo', '/', ';'],
    ['grep', '-r', 'x'],
    ['grep', '-rlo', 'x'],
    ['rg', 'x'],
    ['rg', '-l', '--path-separator=/', 'x'],
    ['rg', '-l', '--some-option', 'x'],
    ['fd', '-x', 'echo'],
    ['fd', '-a'],
    ['git', 'status'],
    ['git', 'diff'],
    ['git', '-C', '/', 'ls-files'],
    ['git', 'ls-files', ':/'],
    ['git', 'ls-files', '../..'],
    ['git', 'ls-files', '-s'],
    ['ls', '-l'],
    ['ls', '-a'],
    ['ls', '-R'],
  ])
    t.equal(
      listed(
        line[0]!,
        line.map((word) => literalWord(word)),
        null,
      ),
      null,
      line.join(' '),
    );
});

t.test('a filter passes on what it reads', async (t) => {
  const input = { patterns: ['src/**'], rooted: true, nul: false };
  const through = (...line: string[]) =>
    listed(
      line[0]!,
      line.map((word) => literalWord(word)),
      input,
    );
  for (const line of [
    ['sort', '-u'],
    ['uniq'],
    ['head', '-n', '5'],
    ['head', '-5'],
    ['grep', '-v', 'x'],
    ['cat'],
    ['grep', '-ve', 'x'],
  ])
    t.strictSame(through(...line), input, line.join(' '));
  t.match(through('tr', '\\n', '\\0'), { nul: true });
  for (const line of [
    ['sort', 'x'],
    ['uniq', '-c'],
    ['head', '-c5'],
    ['grep', '-o', 'x'],
    ['grep', 'x', 'file'],
    ['cat', 'x'],
    ['tr', 'a', '/'],
  ])
    t.equal(through(...line), null, line.join(' '));
});
