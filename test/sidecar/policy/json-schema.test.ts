/** The published JSON Schema: as an editor uses it, it says what zod says. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { parse } from 'yaml';
import { policyJsonSchema } from '../../../sidecar/policy/json-schema.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';
import { compileWhen } from '../../../sidecar/policy/when/compile.ts';

const accepts = new Ajv2020({ strictTypes: false, allErrors: true }).compile(policyJsonSchema());
const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

const head = (spec: unknown) => ({
  apiVersion: 'chaperone.dev/v1alpha1',
  kind: 'AgentPolicy',
  metadata: { name: 'p' },
  spec,
});
const rule = (match: unknown, more: object = {}) => ({
  name: 'r',
  effect: 'deny',
  reason: 'x',
  match,
  ...more,
});

t.test('the default policy is valid by it', async (t) => {
  t.ok(accepts(parse(read('sidecar/policy/default.yaml'))), JSON.stringify(accepts.errors));
});

t.test('every example of the README is valid, by it and for us', async (t) => {
  const section = ['Policy', 'Approvals']
    .map(
      (title) =>
        read('README.md')
          .split(`\n## ${title}\n`)[1]!
          .split(/^## |^### Webhooks$/m)[0]!,
    )
    .join('');
  const examples = [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .map(([, text]) => text!)
    .filter((text) => !/^(kind: (?!AgentPolicy$)|owners:)/m.test(text));
  t.ok(examples.length >= 5, 'they are found');
  for (const example of examples) {
    const text = example.startsWith('apiVersion') ? example : wrapped(example);
    t.ok(accepts(parse(text)), `${example}\n${JSON.stringify(accepts.errors)}`);
    t.equal(parsePolicies(text, 'README', compileWhen).length, 1);
  }
});

/** A part of a `spec`, or a single rule of it, as a policy. */
function wrapped(example: string): string {
  const list = /^ {4}- /.test(example) ? '  api:\n' : '';
  return `apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: p}\nspec:\n${list}${example}`;
}

t.test('what zod refuses by its shape, it refuses', async (t) => {
  const wrong: unknown[] = [
    null,
    {},
    { ...head({}), kind: 'Other' },
    { ...head({}), apiVersion: 'v1' },
    { ...head({}), metadata: { name: 'No Capitals' } },
    head({ rules: [] }),
    head({ commands: [rule({ programs: ['x'] })] }),
    head({ commands: [rule({ program: [] })] }),
    head({ commands: [rule({})] }),
    head({ commands: [rule({ args: {} })] }),
    head({ api: [rule({ verbs: ['get'], unless: {} })] }),
    head({ subjects: [{}] }),
    head({ commands: [rule({ program: 'x' })] }),
    head({ commands: [rule({ program: [{ glob: 'x' }] })] }),
    head({ commands: [rule({ reads: ['etc'] })] }),
    head({ commands: [rule({ capabilities: ['magic'] })] }),
    head({ commands: [{ ...rule({ program: ['x'] }), effect: 'permit' }] }),
    head({ commands: [{ ...rule({ program: ['x'] }), reason: undefined }] }),
    head({ commands: [rule({ program: ['x'] }, { reason: 'a\u001b[2J' })] }),
    head({ exec: [rule({ kinds: ['ssh'] })] }),
    head({ tools: [rule({ arguments: [{ path: 'a' }] })] }),
    head({ subjects: [{ podLabels: { 'a b': 'x' } }] }),
    head({ defaults: { commands: 'maybe' } }),
    head({ recording: { bodies: 'some' } }),
    head({ approvals: { quorum: 0 } }),
    head({ approvals: { onTimeout: 'allow' } }),
  ];
  for (const one of wrong) {
    const plain = JSON.parse(JSON.stringify(one));
    t.notOk(policySchema.safeParse(plain).success, `zod refuses ${JSON.stringify(one)}`);
    t.notOk(accepts(plain), `and so does it`);
  }
});

t.test('it tells editors what each field means', async (t) => {
  const text = JSON.stringify(policyJsonSchema());
  for (const said of ['Basename of the program.', 'For a command that no rule matches.', 'In CEL'])
    t.ok(text.includes(said), said);
  t.notOk(text.includes('{}'), 'and says something of everything');
});
