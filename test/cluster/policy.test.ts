/**
 * AgentPolicy as a real API server takes it: the definition that the chart ships is established, the policies that we
 * ship and show are accepted, and what a structural schema can see is refused. Where the cluster has the definition
 * already it stays as it is.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { at, REAL } from './guarded.ts';

const root = resolve(import.meta.dirname, '../..');
const CRD = resolve(root, 'charts/chaperone/crds/agentpolicies.yaml');
const kubectl = at(REAL, 'default');

const rule = (match: object, more: object = {}) => ({
  name: 'r',
  effect: 'deny',
  reason: 'x',
  match,
  ...more,
});
const policy = (spec: object, name = 'chaperone-test') =>
  JSON.stringify({ apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata: { name }, spec });
const tried = (text: string) => kubectl(['apply', '--dry-run=server', '--server-side', '-f', '-'], text);

t.before(async () => {
  const known = await kubectl(['get', 'crd', 'agentpolicies.chaperone.dev']);
  if (known.status === 0) return;
  t.teardown(() => kubectl(['delete', '-f', CRD, '--wait=false']));
  t.equal((await kubectl(['apply', '-f', CRD])).status, 0);
  const established = [
    'wait',
    '--for=condition=established',
    '--timeout=30s',
    'crd/agentpolicies.chaperone.dev',
  ];
  t.equal((await kubectl(established)).status, 0);
});

t.test('no complaint about the schema: it is structural', async (t) => {
  const { stdout } = await kubectl(['get', '-f', CRD, '-o', 'jsonpath={.status.conditions[*].type}']);
  t.notMatch(stdout, /NonStructuralSchema/);
  t.match(stdout, /Established/);
});

t.test('the policy that ships is accepted', async (t) => {
  const shipped = readFileSync(resolve(root, 'sidecar/policy/default.yaml'), 'utf8');
  t.match(await tried(shipped), { status: 0, stdout: /agentpolicy.chaperone.dev\/baseline/ });
});

t.test('texts and expressions both stand for a pattern', async (t) => {
  const both = rule({ program: ['git', { regex: 'npm|pnpm' }] });
  t.match(await tried(policy({ commands: [both] })), { status: 0 });
});

const wrong: [string, object, RegExp][] = [
  ['an unknown member', { rules: [] }, /unknown field "spec.rules"/],
  ['an unknown condition', { commands: [rule({ programs: ['x'] })] }, /unknown field/],
  ['an effect that is none', { defaults: { commands: 'maybe' } }, /Unsupported value: "maybe"/],
  [
    'a rule without a reason',
    { commands: [rule({ program: ['x'] }, { reason: undefined })] },
    /reason: Required/,
  ],
  ['a match of nothing', { commands: [rule({})] }, /should have at least 1 properties/],
  ['a list of nothing', { commands: [rule({ program: [] })] }, /should have at least 1 items/],
  ['a relative path', { commands: [rule({ reads: ['etc'] })] }, /should match/],
  [
    'two rules of one name',
    { api: [rule({ verbs: ['get'] }), rule({ verbs: ['list'] })] },
    /Duplicate value/,
  ],
  ['a reason that draws', { api: [rule({ verbs: ['get'] }, { reason: 'a\u001b[2J' })] }, /should match/],
  ['an approval by default', { approvals: { onTimeout: 'allow' } }, /Unsupported value: "allow"/],
];

for (const [name, spec, said] of wrong) {
  t.test(`refused: ${name}`, async (t) => {
    t.match(await kubectl(['create', '--dry-run=server', '-f', '-'], policy(spec)), {
      status: 1,
      stderr: said,
    });
  });
}
