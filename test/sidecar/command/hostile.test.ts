// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** Any text at all: the analysis ends, soon, never throws, and never calls text that it did not read empty. */
import fc from 'fast-check';
import t from 'tap';
import { analyse, analyseArgv } from '../../../sidecar/command/analyse.ts';

const SEED = 20261122;
const context = { cwd: '/w', home: '/home/agent' };
const RUNS = process.env.CHAPERONE_LONG ? 200_000 : 5000;

const TOKENS = [
  '$(',
  ')',
  '`',
  '"',
  "'",
  '${',
  '}',
  '{',
  '((',
  '))',
  '[[',
  ']]',
  '<<E\n',
  '<<-E\n',
  'E\n',
  '<<<',
  '<(',
  '>(',
  '>',
  '<',
  '>&',
  '|',
  '||',
  '&&',
  '&',
  ';',
  ';;',
  '\n',
  '\\',
  '\\\n',
  '#',
  '!',
  '*',
  '?',
  '[',
  ']',
  '$',
  '$x',
  '$((',
  "$'",
  '~',
  '=',
  'a=',
  'a=(',
  'a[',
  'if',
  'then',
  'else',
  'fi',
  'for',
  'in',
  'do',
  'done',
  'while',
  'case',
  'esac',
  'select',
  'function',
  'f()',
  'coproc',
  'time',
  'eval',
  'sh -c',
  'sudo',
  'env',
  '-S',
  'xargs',
  'find',
  '-exec',
  '{}',
  'trap',
  'source',
  'x',
  'rm',
  '-rf',
  '/',
  ' ',
  '\t',
  '\r',
  '\0',
  '\u202e',
  '\ud800',
  'é',
  '😀',
  '{a,b}',
  '{1..9}',
  '@P',
  '%',
  ':-',
  ':=',
  '/',
  '//',
];
const soup = fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((tokens) => tokens.join(''));
const spaced = fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((tokens) => tokens.join(' '));

t.test('property: any text gives an answer', async () => {
  fc.assert(
    fc.property(fc.oneof(soup, spaced, fc.string({ unit: 'binary', maxLength: 60 })), (line) => {
      const { commands, unknown, functions } = analyse(line, context);
      const blank = /^([\s;!&]|time\b|#[^\n]*|\\\n)*$/.test(line);
      return (
        commands.length > 0 || unknown.length > 0 || functions.length > 0 || blank || isControlOnly(line)
      );
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

/** `[[ … ]]`, `((…))` and loops over nothing are statements without a simple command. */
function isControlOnly(line: string): boolean {
  return /\[\[|\(\(|\bcase\b|\bfor\b|\bselect\b/.test(line);
}

t.test('property: any argv gives an answer', async () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(soup, fc.constantFrom(...TOKENS)), { maxLength: 8 }), (argv) => {
      return analyseArgv(argv, context).commands.length > 0 || analyseArgv(argv, context).unknown.length > 0;
    }),
    { seed: SEED, numRuns: RUNS / 5 },
  );
});

t.test('hostile shapes at full length end, whatever the shape', async (t) => {
  const full = 64 * 1024;
  const filled = (unit: string, tail = '') =>
    unit.repeat(Math.floor((full - tail.length) / unit.length)) + tail;
  const shapes: Record<string, string> = {
    substitutions: filled('$('),
    'closed substitutions': '$('.repeat(20_000) + ')'.repeat(20_000),
    backticks: filled('`'),
    'escaped backticks': filled('\\`'),
    quotes: filled('"$('),
    braces: filled('{'),
    'braces in words': filled('{{{{{{{a,b} '),
    'nested alternatives': filled('{a,', `b${'}'.repeat(9)}`),
    'brace words': filled('{a,b}{c,d} '),
    parentheses: filled('('),
    arithmetic: filled('(('),
    parameters: filled('${x:-'),
    'closed parameters': '${x:-'.repeat(9000) + '}'.repeat(9000),
    replacements: filled('${x/$(a)/'),
    'short replacements': filled('${x/`a`/b}'),
    heredocs: filled('a <<E\n'),
    'heredoc operators': filled('<<E '),
    pipes: filled('a|sh'),
    'shells in a row': filled('a|'),
    assignments: filled('a=$a$a;'),
    'growing values': `a=aaaaaaaa;${filled('a=$a$a;').slice(0, 7000)}`,
    variables: Array.from({ length: 5000 }, (_, n) => `v${n}=1;`).join(''),
    tests: filled('[[ a && '),
    globs: filled('*'),
    'one glob path': `rm -rf ${filled('/*a').slice(0, 60_000)}`,
    brackets: filled('['),
    slashes: `rm -rf ${'/'.repeat(60_000)}`,
    parents: `rm -rf ${'../'.repeat(20_000)}`,
    functions: filled('f(){ f|f;};'),
    'many functions': Array.from(
      { length: 1500 },
      (_, n) => `f${n}(){ f${(n * 7) % 1500}|f${(n * 3) % 1500};};`,
    )
      .join('')
      .slice(0, full),
    evals: filled('eval '),
    wrappers: filled('sudo '),
    ifs: filled('if a;then '),
    cases: filled('case a in b)'),
    comments: filled('#'),
    continuations: filled('\\\n'),
    'find runs': `find . ${filled('-exec a {} ').slice(0, 60_000)}`,
    'find names': `find ${filled('a ').slice(0, 3000)} ${filled('-name x ').slice(0, 60_000)} -delete`,
    xargs: filled('xargs -I{} '),
    'quoted escapes': filled("$'\\x41'"),
    loops: filled('for i in a;do '),
    'loops one after another': filled('for i in a;do b;done;'),
    'nested code': Array.from({ length: 11 }).reduce<string>(
      (code) => `sh -c ${JSON.stringify(code).replaceAll('$', '\\$')}`,
      'a',
    ),
  };
  for (const [name, line] of Object.entries(shapes)) {
    const started = performance.now();
    const { commands, unknown } = analyse(line, context);
    t.ok(
      commands.length + unknown.length > 0 || name === 'comments' || name === 'continuations',
      `${name} (${Math.round(performance.now() - started)} ms)`,
    );
  }
});
