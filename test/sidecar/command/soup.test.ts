// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of shell syntax
/**
 * Pieces of shell syntax in any order, with stand-ins among them, run by real shells: what ran must have been found,
 * or the text be unknown. Most texts are neither sensible nor valid; those that a shell still makes something of are
 * where a parser and a shell differ.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { needs } from '../../tool.ts';

const SEED = 20261122;
const LONG = process.env.CHAPERONE_LONG !== undefined;
const RUNS = LONG ? 20_000 : 400;
t.setTimeout(LONG ? 60 * 60_000 : 120_000);

/** Nothing here calls a function by its name again, so that no text multiplies. */
const PIECES = [
  ...['$(', ')', '`', '"', "'", '${', '}', '{', '((', '))', '[[ ', ' ]]', '$((', '$[', "$'", '$"', '@('],
  ...['<<E\n', '<<-E\n', '\nE\n', "<<'E'\n", '<<"E"\n', '<<\\E\n', 'cat <<E\n', '<<<', '<(', '>(', '$\\\n'],
  ...['|', '||', '&&', '&', ';', ';;', ';&', '\n', '\\', '\\\n', '#', ' # ', '!', '! ', '*', '?', '[', ']'],
  ...['$', '$x', '~', '=', 'a=', 'a=(', 'a[0]=', '$#', '$@', '${#x}', '${!x', '${x:-', '${x/', '"${x:-'],
  ...[
    'if ',
    ' then ',
    ' else ',
    ' fi ',
    'for i in a b',
    ' do ',
    ' done ',
    'case a in a)',
    ' esac ',
    'while false',
  ],
  ...['function g ', 'coproc ', 'time ', 'eval ', 'sh -c ', 'bash -c ', 'env ', 'trap ', ' EXIT ', 'exec '],
  ...[
    'command ',
    'builtin ',
    'printf %s ',
    'echo ',
    'cat ',
    'true ',
    'declare x=',
    'export x=',
    'let ',
    '-eq',
  ],
  ...[
    ' ',
    ' ',
    '\t',
    '\r',
    '\v',
    '\f',
    '\u00a0',
    '\u2028',
    'é',
    '{a,b}',
    '{1..2}',
    '%',
    ':-',
    '-',
    '/',
    '//',
  ],
  ...[
    '"$(',
    '"`',
    "'EOT'",
    '\\"',
    "\\'",
    '\\$',
    '\\`',
    '!(',
    '(a|b)',
    '=~ ',
    ' 2>&1 ',
    '>f ',
    '< f',
    '<&-',
    '>|f',
  ],
];
const piece = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(...PIECES) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('canary c', '"canary" c', "ca'n'ary c"),
        fc.nat({ max: 99 }),
        fc.constantFrom(' ', ';', '\n', ''),
      )
      .map(([name, number, end]) => name + number + end),
  },
);
const soup = fc.array(piece, { minLength: 2, maxLength: 14 }).map((pieces) => pieces.join(''));

const SHELLS: readonly { program: string; options: string[] }[] = [
  { program: 'bash', options: ['--norc', '-c'] },
  { program: 'zsh', options: ['-f', '-c'] },
  { program: 'dash', options: ['-c'] },
];

/** A PATH that holds nothing but stand-ins, and programs that do no harm. */
function standIns(root: string): string {
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'canary'), '#!/bin/sh\necho "$1" >> "$LOG"\necho out\n');
  chmodSync(join(bin, 'canary'), 0o755);
  for (const name of ['sh', 'bash', 'cat']) symlinkSync(join('/bin', name), join(bin, name));
  symlinkSync('/usr/bin/env', join(bin, 'env'));
  return bin;
}

for (const { program, options } of SHELLS) {
  t.test(`property: ${program} runs nothing that was not found`, async (t) => {
    if (!needs(t, program)) return;
    const root = t.testdir({ work: {} });
    const cwd = join(root, 'work');
    const env = { PATH: standIns(root), HOME: root, LC_ALL: 'C.UTF-8' };
    const unseen: { text: string; missed: string[] }[] = [];
    let ran = 0;
    for (const [place, text] of fc.sample(soup, { seed: SEED, numRuns: RUNS }).entries()) {
      const { commands, unknown } = analyse(text, { cwd, home: root });
      if (unknown.length > 0 || !text.includes('c')) continue;
      const log = join(root, `log-${place}`);
      writeFileSync(log, '');
      spawnSync(join('/bin', program), [...options, text], {
        cwd,
        env: { ...env, LOG: log },
        stdio: 'ignore',
        timeout: 5000,
        killSignal: 'SIGKILL',
      });
      const executed = new Set(readFileSync(log, 'utf8').match(/^c\d+/gm) ?? []);
      ran += executed.size;
      const called = commands.filter((command) => command.program === 'canary');
      // Where the argument is an expansion, which of them it was cannot be told.
      if (called.some(({ argv }) => argv[1] === null)) continue;
      const found = new Set(called.map(({ argv }) => /^c\d+/.exec(argv[1] ?? '')?.[0]));
      const missed = [...executed].filter((name) => !found.has(name));
      if (missed.length > 0) unseen.push({ text, missed });
    }
    t.strictSame(unseen, []);
    t.ok(ran > RUNS / 10, `${ran} stand-ins ran`);
  });
}
