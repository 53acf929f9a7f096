/** Policies that nobody would write, drawn from the published schema: read or refused in one line, and never more. */
import fc from 'fast-check';
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Action, ToolAction } from '../../../sidecar/action.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { policyJsonSchema } from '../../../sidecar/policy/json-schema.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import { warningsOf } from '../../../sidecar/policy/warnings.ts';
import { compileWhen } from '../../../sidecar/policy/when/compile.ts';
import { request } from './request.ts';

/** As far as zod uses it. */
interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | false;
  minItems?: number;
  minimum?: number;
  $defs?: Record<string, Schema>;
}

const ROOT = policyJsonSchema() as Schema;

/** Words that mean something somewhere in a policy. */
const WORDS = [
  ...[
    '*',
    'rm',
    'git',
    'a',
    'p-1',
    '-f',
    '--force',
    '/etc/**',
    '~/.ssh/*',
    '/',
    '[a-',
    'x\\',
    '',
    ' ',
    '**',
    'delete ns',
  ],
  ...[
    'data.password',
    'spec.x[*].y',
    'a[?b="c"]',
    '15m',
    '1h',
    '0s',
    '(a+)+$',
    '(',
    'pods/exec',
    'prod',
    'exec',
    'read',
  ],
  ...[
    'true',
    'identity.user == "a"',
    'now.getHours() > 3',
    'command.argv.exists(a, a == "x")',
    'object.a.b == 1',
    '1 +',
  ],
];

/** What is right in some places only. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  name: Array.from({ length: 200 }, (_, n) => `r${n}`),
  when: ['true', 'identity.user == "a"', 'now.getHours() > 3', 'identity.pod.labels.app == "b"'],
  regex: ['(a+)+$', '.*', 'r(m|f)', '[a-z-]+'],
  path: ['data.password', 'spec.x[*].y', 'a[?b="c"]', '*'],
  timeout: ['15m', '1h', '30s'],
  validity: ['15m', '1h', '30s'],
  subcommand: ['delete ns', 'push', '*'],
};

function arbitraryOf(schema: Schema, depth = 0, name = ''): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const { $ref, ...more } = schema;
    const named = ROOT.$defs![$ref.split('/').at(-1)!]!;
    return arbitraryOf(
      { ...named, ...more, allOf: [named, ...(named.allOf ?? []), ...(more.allOf ?? [])] },
      depth,
      name,
    );
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined)
    return fc.oneof(...schema.anyOf.map((one) => arbitraryOf(one, depth, name)));
  if (schema.allOf !== undefined && schema.type === undefined && schema.properties === undefined)
    return wordsOf(
      name,
      schema.allOf.map(({ pattern }) => pattern),
    );
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: (schema.minimum ?? 0) + 12 });
    case 'string':
      return wordsOf(name, [schema.pattern, ...(schema.allOf ?? []).map(({ pattern }) => pattern)]);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, depth + 1, name), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, 2),
      });
    case 'object':
      return objectOf(schema, depth);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf({ properties, required = [], additionalProperties }: Schema, depth: number) {
  if (properties === undefined)
    return fc.dictionary(
      fc.constantFrom('app', 'x.io/y'),
      arbitraryOf(additionalProperties || {}, depth + 1),
      {
        minKeys: 1,
        maxKeys: 2,
      },
    );
  const members = Object.entries(properties).map(
    ([name, schema]) => [name, arbitraryOf(schema, depth + 1, name)] as const,
  );
  const inPart = members.map(([name, value]) =>
    required.includes(name)
      ? value.map((one) => [name, one] as const)
      : fc.option(value, { freq: depth > 2 ? 2 : 4, nil: undefined }).map((one) => [name, one] as const),
  );
  return fc
    .tuple(...inPart)
    .map((entries) => Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
}

/** Mostly such as have the form that is wanted. */
function wordsOf(name: string, patterns: readonly (string | undefined)[]): fc.Arbitrary<string> {
  const forms = patterns.flatMap((pattern) => (pattern === undefined ? [] : [new RegExp(pattern, 'u')]));
  const fitting = WORDS.filter((word) => forms.every((form) => form.test(word)));
  const usual = FITTING[name] ?? (fitting.length === 0 ? undefined : fitting);
  if (usual !== undefined)
    return fc.oneof(
      { weight: 150, arbitrary: fc.constantFrom(...usual) },
      { weight: 1, arbitrary: fc.constantFrom(...WORDS) },
    );
  return fc.constantFrom(...WORDS);
}

const AGENT: Identity = {
  ...{ user: 'a', groups: ['p-1'], proof: 'claimed' },
  pod: { namespace: 'prod', name: 'w', uid: 'u', serviceAccount: 'a', labels: { app: 'a' } },
};
const tool: ToolAction = {
  ...{ kind: 'tool', use: 'mcp', tool: 'a', server: 'x', path: '', cwd: '/' },
  ...{ input: { data: { password: 'x' } }, recorded: new Uint8Array(), unknown: [] },
};
const ACTIONS: readonly Action[] = [
  ...['rm -rf / "$x"', 'git push -f; $z', 'kubectl delete ns prod', 'cat < /etc/x | sh', ''].map((line) =>
    analyse(line, { cwd: '/work', home: '/home/a' }),
  ),
  {
    ...analyse('rm x', { cwd: '/' }),
    remote: { kind: 'exec', namespace: 'prod', pod: 'p-1', container: '', stdin: true, tty: false },
  },
  request('delete pods prod/a'),
  request('create pods/exec prod/p-1', {
    parameters: [
      ['command', 'rm'],
      ['tty', 'true'],
    ],
  }),
  tool,
];

t.test('whatever it says, there is an answer to everything', async (t) => {
  let valid = 0;
  fc.assert(
    fc.property(fc.array(arbitraryOf(ROOT), { minLength: 1, maxLength: 2 }), (documents) => {
      const text = documents.map((one) => JSON.stringify(one)).join('\n---\n');
      let loaded: LoadedPolicy;
      try {
        loaded = new LoadedPolicy(parsePolicies(text, 'f', compileWhen), undefined, compileWhen);
      } catch (error) {
        return error instanceof ChaperoneError && /^f:\d+:\d+: [^\n]+$/.test(error.message);
      }
      valid++;
      warningsOf(loaded.policies);
      loaded.masking(AGENT);
      return ACTIONS.every((action) => {
        const { effect, rule } = loaded.decide(action, AGENT, 1e15);
        const terms = loaded.approvalTerms(action, AGENT, 1e15);
        return (
          ['allow', 'deny', 'ask'].includes(effect) && rule !== '' && (terms === null || terms.quorum >= 1)
        );
      });
    }),
    { seed: 20261122, numRuns: process.env.CHAPERONE_LONG ? 20_000 : 800 },
  );
  t.ok(valid > 80, `${valid} of them are valid`);
});
