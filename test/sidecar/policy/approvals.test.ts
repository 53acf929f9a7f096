/** Who may decide on what is asked about: what policies and rules say, taken together. */
import fc from 'fast-check';
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { strictest } from '../../../sidecar/policy/approval-terms.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import { type Approvals, parseDuration } from '../../../sidecar/policy/schema/approvals.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';
import { warningsOf } from '../../../sidecar/policy/warnings.ts';

const SEED = 20261122;
const SOMEBODY: Identity = { user: 'agent', groups: [], proof: 'claimed' };
const MINUTE = 60_000_000;
const USUAL = { groups: [], quorum: 1, selfApproval: false, timeout: 15 * MINUTE, validity: 5 * MINUTE };

const policy = (name: string, spec: object) =>
  policySchema.parse({
    ...{ apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy' },
    metadata: { name },
    spec,
  });

const ask = (name: string, program: string, approvals?: object) => ({
  ...{ name, effect: 'ask', reason: 'because.', match: { program: [program] } },
  ...(approvals && { approvals }),
});

function terms(specs: object[], line: string) {
  const loaded = new LoadedPolicy(specs.map((spec, index) => policy(`p${index}`, spec)));
  return loaded.approvalTerms(analyse(line, { cwd: '/' }), SOMEBODY);
}

t.test('durations', async (t) => {
  const cases: [text: string, seconds: number][] = [
    ['90s', 90],
    ['15m', 900],
    ['1h30m', 5400],
    ['24h', 86_400],
    ['1h1m1s', 3661],
  ];
  for (const [text, seconds] of cases) t.equal(parseDuration(text), seconds * 1e6, text);
  for (const text of ['', '0s', 's', '5', '1m1h', '-5m', '1.5h', '5 m', '5M', '999999h'])
    t.ok(Number.isNaN(parseDuration(text)), text);
});

t.test('of one policy, and where nobody says anything', async (t) => {
  t.same(terms([{}], 'ls'), USUAL);
  const said = { groups: ['leads', 'ops'], quorum: 2, timeout: '1h', validity: '10s', selfApproval: true };
  t.same(terms([{ approvals: { ...said, onTimeout: 'deny' } }], 'ls'), {
    ...{ groups: ['leads', 'ops'], quorum: 2, selfApproval: true },
    ...{ timeout: 60 * MINUTE, validity: MINUTE / 6 },
  });
});

t.test('a rule says it in place of its policy, member by member', async (t) => {
  const spec = {
    approvals: { groups: ['leads'], quorum: 2 },
    commands: [ask('db', 'psql', { groups: ['dba'] }), ask('net', 'curl', { quorum: 1 }), ask('git', 'git')],
  };
  t.match(terms([spec], 'psql x'), { groups: ['dba'], quorum: 2 });
  t.match(terms([spec], 'curl x'), { groups: ['leads'], quorum: 1 });
  t.match(terms([spec], 'git x'), { groups: ['leads'], quorum: 2 });
  t.match(terms([spec], 'git x; curl y'), { groups: ['leads'], quorum: 2 }, 'of a line, all of it');
  t.equal(terms([spec], 'git x; psql y'), null, 'nobody is in both');
});

t.test('several policies: the strictest of what those that apply say', async (t) => {
  const one = { approvals: { groups: ['a', 'b'], timeout: '1h', selfApproval: true } };
  const other = { approvals: { groups: ['b', 'c'], quorum: 3, timeout: '10m' } };
  t.same(terms([one, other], 'ls'), {
    ...USUAL,
    groups: ['b'],
    quorum: 3,
    selfApproval: true,
    timeout: 10 * MINUTE,
  });
  t.match(terms([one, { approvals: { selfApproval: false } }], 'ls'), { selfApproval: false });
  t.same(terms([one, { ...other, subjects: [{ users: ['reviewer'] }] }], 'ls'), terms([one], 'ls'));
});

const approvals: fc.Arbitrary<Approvals> = fc.record(
  {
    groups: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    quorum: fc.integer({ min: 1, max: 5 }),
    timeout: fc.constantFrom('10s', '5m', '1h'),
    validity: fc.constantFrom('10s', '5m', '1h'),
    selfApproval: fc.boolean(),
  },
  { requiredKeys: [] },
);

t.test('property: order does not matter, and one more makes nothing easier that was said', async (t) => {
  fc.assert(
    fc.property(fc.array(approvals, { maxLength: 4 }), approvals, (list, more) => {
      const before = strictest(list);
      t.strictSame(strictest(list.toReversed()), before);
      const after = strictest([...list, more]);
      if (before === null) return after === null;
      if (after === null) return true;
      const said = (name: keyof Approvals) => list.some((one) => one[name] !== undefined);
      return (
        after.quorum >= before.quorum &&
        (before.groups.length === 0 || after.groups.every((group) => before.groups.includes(group))) &&
        (before.groups.length === 0 || after.groups.length > 0) &&
        (!said('timeout') || after.timeout <= before.timeout) &&
        (!said('validity') || after.validity <= before.validity) &&
        (!said('selfApproval') || before.selfApproval || !after.selfApproval)
      );
    }),
    { seed: SEED, numRuns: 500 },
  );
});

t.test('what cannot be recorded happens only where all that speak of it say so', async (t) => {
  const continues = (...stated: (string | undefined)[]) =>
    new LoadedPolicy(
      stated.map((onRecorderFailure, index) =>
        policy(`p${index}`, onRecorderFailure ? { recording: { onRecorderFailure } } : {}),
      ),
    ).continuesUnrecorded(SOMEBODY);
  t.equal(continues(), false);
  t.equal(continues(undefined), false);
  t.equal(continues('continue'), true);
  t.equal(continues('continue', undefined), true);
  t.equal(continues('continue', 'deny'), false);
  t.equal(continues('deny', 'continue'), false);
});

t.test('what does nothing yet is warned of', async (t) => {
  const warned = (...specs: object[]) =>
    warningsOf(specs.map((spec, index) => policy(`p${index}`, spec))).map(
      ({ policy, path }) => `${policy} ${path.join('.')}`,
    );
  t.same(warned({ commands: [ask('a', 'a')], api: [], defaults: { commands: 'deny' } }), []);
  t.same(
    warned(
      { approvals: { groups: ['a'] }, recording: { onRecorderFailure: 'continue' } },
      {
        approvals: { groups: ['b'] },
        subjects: [{ users: ['x'] }, { podLabels: { a: 'b' } }],
        tools: [
          { name: 't', match: { tools: ['x'] }, effect: 'deny', reason: 'x', when: 'identity.user == ""' },
        ],
        api: [
          { name: 'u', match: { verbs: ['update'] }, effect: 'deny', reason: 'x', when: 'oldObject.x == 1' },
        ],
      },
      { commands: [ask('a', 'a', { quorum: 2 })] },
    ),
    [
      '0 spec.recording.onRecorderFailure',
      '1 spec.subjects.1.podLabels',
      '2 spec.commands.0.approvals.quorum',
      '1 spec.approvals.groups',
    ],
  );
});
