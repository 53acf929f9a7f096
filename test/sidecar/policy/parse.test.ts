/** Policy files that are wrong: where they are, what is said, and that nothing of them is used. */
import t from 'tap';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { MAX_POLICY_BYTES } from '../../../sidecar/policy/documents.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';

const head = 'apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: p}\n';
const ruled = (match: string) =>
  `${head}spec:\n  commands:\n    - name: r\n      effect: deny\n      reason: x\n      match: ${match}\n`;

function complaint(text: string): string {
  try {
    parsePolicies(text, 'f');
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ChaperoneError) || error.code !== 'POLICY_INVALID') throw error;
    return error.message;
  }
}

t.test('places', async (t) => {
  const cases: [name: string, text: string, message: RegExp][] = [
    ['empty', '', /^f:1:1: there is no AgentPolicy/],
    ['only comments', '# x\n', /^f:1:1: there is no AgentPolicy/],
    ['a scalar', 'x', /^f:1:1: /],
    ['not YAML', `${head}spec: {`, /^f:4:8: /],
    ['tabs', `${head}spec:\n\tdefaults: {}\n`, /^f:\d+:\d+: .*tab/i],
    ['duplicate keys', `${head}kind: AgentPolicy\nspec: {}\n`, /^f:4:1: .*unique/i],
    ['wrong version', `${head.replace('v1alpha1', 'v1')}spec: {}\n`, /^f:1:13: .*chaperone.dev\/v1alpha1/],
    ['wrong kind', `${head.replace('AgentPolicy', 'Policy')}spec: {}\n`, /^f:2:7: /],
    ['no spec', head, /^f:1:1: spec is missing/],
    [
      'a field that is not there',
      `${head}spec:\n  defaults:\n    comands: allow\n`,
      /^f:6:5: there is no field comands/,
    ],
    ['approvals that wait for ever', `${head}spec: {approvals: {timeout: 25h}}\n`, /^f:4:\d+: .*24h at most/],
    [
      'approvals that nobody asks for',
      ruled('{program: [x]}').replace('reason: x', 'reason: x\n      approvals: {quorum: 2}'),
      /^f:9:\d+: nobody is asked where the effect is deny/,
    ],
    [
      'a wrong effect',
      `${head}spec:\n  defaults:\n    commands: permit\n`,
      /^f:6:15: spec.defaults.commands: /,
    ],
    ['an empty match', ruled('{}'), /^f:9:14: .*at least one condition/],
    ['an empty list', ruled('{program: []}'), /^f:9:24: /],
    ['a relative path', ruled('{deletes: [x]}'), /^f:9:25: .*absolute/],
    ['an expression that RE2 does not take', ruled("{args: {any: [{regex: '(?=x)'}]}}"), /^f:9:\d+: .*RE2/],
    ['a pattern that is none', ruled('{program: [3]}'), /^f:9:25: .*pattern/],
    ['a flag without a hyphen', ruled('{flags: {any: [r]}}'), /^f:9:29: .*hyphen/],
    ['a rule without a reason', ruled('{program: [x]}').replace('      reason: x\n', ''), /^f:6:7: .*reason/],
    ['a bad name', head.replace('{name: p}', '{name: P!}').concat('spec: {}\n'), /^f:3:18: .*name/],
    [
      'a name that is taken',
      head.replace('{name: p}', '{name: builtin}').concat('spec: {}\n'),
      /^f:3:18: .*taken/,
    ],
    [
      'two policies of one name',
      `${head}spec: {}\n---\n${head}spec: {}\n`,
      /^f:8:18: a second policy is named p/,
    ],
    [
      'a mistake in the second policy',
      `${head}spec: {}\n---\n${head}spec: {x: 1}\n`,
      /^f:9:8: there is no field x/,
    ],
    ['an unknown tag', `${head}spec: !!js/function x\n`, /^f:4:7: /],
    ['an alias of nothing', `${head}spec: *x\n`, /^f:4:7: /],
    ['a home that is not one', ruled("{deletes: ['~root/x']}"), /^f:9:25: .*absolute/],
    ['a path that nothing matches', ruled('{deletes: [/a/../b]}'), /^f:9:25: .*\.\./],
    ['arguments without a condition', ruled('{args: {}}'), /^f:9:21: .*any or all/],
    ['flags without a condition', ruled('{program: [x], unless: {flags: {}}}'), /^f:9:\d+: .*any or all/],
    ['a subcommand without a word', ruled("{subcommand: [' ']}"), /^f:9:28: .*word/],
    [
      'a reason that draws on the terminal',
      ruled('{program: [x]}').replace('reason: x', 'reason: "x\\e[2J"'),
      /^f:8:15: .*one line/,
    ],
    ['a merge key', `${head}spec: {<<: {defaults: {commands: allow}}}\n`, /^f:4:8: there is no field <</],
    ['the YAML of before', `%YAML 1.1\n---\n${head}spec: {recording: {input: yes}}\n`, /^f:\d+:1: YAML 1.1/],
    ['a key twice, once in escapes', `${head}spec: {}\n"\\x73pec": {}\n`, /^f:5:1: .*unique/],
    ['more mistakes than one', `${head}spec:\n  a: 1\n  b: 2\n`, /^f:5:3: .*\(and 1 more\)$/],
  ];
  for (const [name, text, message] of cases) t.match(complaint(text), message, name);
});

t.test('two rules of one name', async (t) => {
  const text = ruled('{program: [x]}');
  const twice = text + text.slice(text.indexOf('    - name'));
  t.match(complaint(twice), /^f:10:13: a second rule is named r/);
  const kinds = `${text}  exec:\n    - {name: r, match: {tty: true}, effect: deny, reason: x}\n`;
  t.match(complaint(kinds), /^f:11:14: a second rule is named r/, 'of whatever kind');
});

const lines = (line: (n: number) => string) =>
  `${Array.from({ length: 20_000 }, (_, n) => line(n)).join('\n')}\n`;

t.test('hostile YAML ends in one clear line', async (t) => {
  const laughs = Array.from({ length: 12 }, (_, level) =>
    level === 0
      ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
      : `a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`)}]`,
  ).join('\n');
  const cases: [string, string][] = [
    ['aliases that multiply', laughs],
    ['deep nesting', '['.repeat(50_000)],
    [
      'deep mappings',
      Array.from({ length: 5000 }, (_, n) => `${' '.repeat(n)}a:`)
        .join('\n')
        .slice(0, MAX_POLICY_BYTES),
    ],
    ['too large', `# ${'x'.repeat(MAX_POLICY_BYTES)}`],
    ['too many', '---\na: 1\n'.repeat(500)],
    ['a prototype', `${head}spec:\n  __proto__: {defaults: {commands: allow}}\n`],
    ['NUL', `${head}\0spec: {}\n`],
    // Each of these took minutes while it was done once for each of them over all the others.
    ['aliases by the thousand', `${head}x: &a [${'b, '.repeat(999)}]\nspec:\n${lines((n) => `  k${n}: *a`)}`],
    ['unknown keys by the thousand', `${head}spec:\n${lines((n) => `  k${n}: x`)}`],
    ['keys twice by the thousand', `${head}spec:\n${lines((n) => `  k${n % 9_999}: x`)}`],
  ];
  for (const [name, text] of cases) t.match(complaint(text), /^f:\d+:\d+: [^\n]+$/, name);
});

t.test('several policies in one file, comments and anchors', async (t) => {
  const text = `# one\n${head}spec:\n  defaults: &d {commands: allow}\n---\n${head.replace('p}', 'q}')}spec: {}\n---\n`;
  t.strictSame(
    parsePolicies(text, 'f').map((policy) => policy.metadata.name),
    ['p', 'q'],
  );
});
