/** Policy tests: what a file of cases may say, where it is wrong, and what comes out. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { parse } from 'yaml';
import { testJsonSchema } from '../../../sidecar/policy/json-schema.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';
import { parseTests } from '../../../sidecar/policy/test-file.ts';
import { runCase } from '../../../sidecar/policy/test-run.ts';

const HEAD = 'apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicyTest\nmetadata: { name: team }\n';
const cases = (text: string) => parseTests(`${HEAD}spec:\n${text}`, 'cases.yaml');

const policy = new LoadedPolicy([
  policySchema.parse({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name: 'team' },
    spec: {
      subjects: [{ users: ['agent'] }, { namespaces: ['ci'] }],
      defaults: { commands: 'allow', api: 'allow', unknown: 'allow' },
      commands: [
        { name: 'no-etc', match: { writes: ['/etc/**'] }, effect: 'deny', reason: 'No.' },
        { name: 'no-home', match: { deletes: ['~'], recursive: true }, effect: 'deny', reason: 'No.' },
      ],
      api: [
        {
          name: 'no-pods',
          match: { resources: ['pods'], verbs: ['write'], names: ['web'] },
          effect: 'deny',
          reason: 'No.',
        },
      ],
    },
  }),
]);

function outcomes(text: string, script?: string): string[] {
  return cases(text).map((one) => {
    const { ok, differences, decision, explanation } = runCase(policy, one, script);
    const said = differences.map(({ what, expected, got }) => `${what} ${expected} ${got}`);
    if (ok === (explanation === undefined)) return `${one.name}: ${ok ? 'ok' : said} ${decision.rule}`;
    return 'only a failure is explained';
  });
}

t.test('cases are decided where, and for whom, they say', async (t) => {
  const text = `
  identity: { user: agent }
  cwd: /etc
  cases:
    - { name: of the document, command: touch x, expect: deny }
    - { name: of its own, command: touch x, cwd: /srv, expect: allow }
    - { name: for somebody else, command: touch x, identity: { user: reviewer }, expect: { effect: ask, rule: default/commands } }
    - { name: from a pod, command: touch x, identity: { user: reviewer, pod: { namespace: ci } }, expect: deny }
    - { name: at home, command: 'rm -r ~', expect: { effect: deny, rule: team/no-home } }
    - { name: somewhere else, command: 'rm -r /root', home: /root, expect: deny }
    - { name: not known, command: '$x', expect: { effect: allow, unjudged: true } }
    - { name: a request, request: POST /api/v1/namespaces/x/pods, body: { metadata: { name: web } }, expect: deny }
    - { name: another, request: POST /api/v1/namespaces/x/pods, body: { metadata: { name: db } }, expect: allow }
    - { name: what looks like one, command: 'DELETE /api/v1/pods', expect: { effect: allow, rule: default/commands } }
`;
  for (const outcome of outcomes(text)) t.match(outcome, /: ok /, outcome);
});

t.test('a script is decided as a whole', async (t) => {
  const script = 'cd /tmp\nif true; then echo x > /etc/motd; fi\n';
  t.same(
    outcomes(
      '  identity: { user: agent }\n  cases: [{ name: s, script: s.sh, expect: { effect: allow, unjudged: true } }]',
      script,
    ),
    ['s: effect allow deny,unjudged true false team/no-etc'],
  );
});

t.test('what is wrong in a file is told with its place', async (t) => {
  const wrong: [text: string, complaint: string][] = [
    ['  cases: []', 'cases.yaml:5:10: spec.cases: '],
    ['  cases:\n    - { name: a, expect: deny }', 'cases.yaml:6:7: spec.cases.0: a case has one of'],
    [
      '  cases:\n    - { name: a, command: ls, request: GET /, expect: deny }',
      'cases.yaml:6:7: spec.cases.0: a case has one of',
    ],
    [
      '  cases:\n    - { name: a, command: ls, expect: refuse }',
      'cases.yaml:6:39: spec.cases.0.expect: expect is',
    ],
    [
      '  cases:\n    - { name: a, request: ls, expect: deny }',
      'cases.yaml:6:27: spec.cases.0.request: a request is',
    ],
    [
      '  cases:\n    - { name: a, command: ls, body: 1, expect: deny }',
      'cases.yaml:6:7: spec.cases.0: only a request',
    ],
    [
      '  cases:\n    - { name: a, command: ls, expects: 1, expect: deny }',
      'cases.yaml:6:31: there is no field expects here',
    ],
    [
      '  cases:\n    - { name: a, command: ls, expect: deny }\n    - { name: a, command: ls, expect: deny }',
      'cases.yaml:7:15: a second case is named a',
    ],
  ];
  for (const [text, complaint] of wrong) {
    try {
      cases(text);
      t.fail(text);
    } catch (error) {
      t.match(error, { code: 'POLICY_INVALID' });
      t.ok((error as Error).message.startsWith(complaint), `${(error as Error).message} | ${complaint}`);
    }
  }
  const [unfit] = cases('  cases: [{ name: a, request: GET /api/v1/../x, expect: deny }]');
  t.throws(() => runCase(policy, unfit!), { code: 'USAGE' }, 'a request that no policy is asked about');
});

t.test('its JSON Schema says what we say of the shape', async (t) => {
  const accepts = new Ajv2020({ strictTypes: false, validateFormats: false }).compile(testJsonSchema());
  const example = /^```yaml\n(apiVersion: .*\nkind: AgentPolicyTest\n[\s\S]*?)^```$/m.exec(
    readFileSync(new URL('../../../README.md', import.meta.url), 'utf8'),
  )?.[1];
  t.ok(example !== undefined && accepts(parse(example)), 'the example of the README');
  t.ok(parseTests(example ?? '', 'README').length > 0);
  for (const spec of [
    'cases: []',
    'cases: [{ name: a, expect: deny, comand: ls }]',
    'cases: [{ command: ls }]',
  ])
    t.notOk(accepts(parse(`${HEAD}spec: { ${spec} }`)), spec);
});
