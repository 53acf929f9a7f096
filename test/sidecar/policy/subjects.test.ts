/** Who a policy is for; and what of it counts where that cannot be told. */
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { MAYBE, NO, YES } from '../../../sidecar/match/tri.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { type AgentPolicy, policySchema } from '../../../sidecar/policy/schema.ts';
import { compileSubjects } from '../../../sidecar/policy/subjects.ts';

const POD = { namespace: 'team-a', name: 'worker-1', uid: 'u', serviceAccount: 'builder' };

function somebody(changes: Partial<Identity> = {}): Identity {
  return { user: 'agent', groups: ['devs', 'all'], proof: 'claimed', ...changes };
}

function policy(name: string, spec: object): AgentPolicy {
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy' };
  return policySchema.parse({ ...head, metadata: { name }, spec });
}

function subjectsOf(subjects: object[] | undefined) {
  return compileSubjects(policy('p', { subjects }).spec.subjects);
}

const inPod = (labels?: Record<string, string>) =>
  somebody({ pod: { ...POD, ...(labels !== undefined && { labels }) } });

t.test('everybody where none are given', async (t) => {
  t.equal(subjectsOf(undefined)(somebody()), YES);
});

t.test('each kind, alone', async (t) => {
  const cases: [subject: object, yes: Identity, no: Identity][] = [
    [{ users: ['a*'] }, somebody(), somebody({ user: 'reviewer' })],
    [{ groups: ['dev?'] }, somebody(), somebody({ groups: ['ops'] })],
    [{ serviceAccounts: ['team-*:builder'] }, inPod(), somebody({ pod: { ...POD, namespace: 'ops' } })],
    [{ serviceAccounts: [{ regex: 'team-a:.*' }] }, inPod(), somebody()],
    [{ namespaces: ['team-a'] }, inPod(), somebody({ pod: { ...POD, namespace: 'team-b' } })],
    [{ namespaces: ['*'] }, inPod(), somebody()],
    [{ podLabels: { app: 'work*' } }, inPod({ app: 'worker' }), inPod({ app: 'web' })],
    [{ podLabels: { app: '*' } }, inPod({ app: '' }), inPod({ other: 'x' })],
    [{ podLabels: { 'x.io/y': 'z' } }, inPod({ 'x.io/y': 'z' }), somebody()],
    [{ podLabels: { constructor: '*' } }, inPod({ constructor: 'x' }), inPod({})],
  ];
  for (const [subject, yes, no] of cases) {
    t.equal(subjectsOf([subject])(yes), YES, JSON.stringify(subject));
    t.equal(subjectsOf([subject])(no), NO, `not ${JSON.stringify(subject)}`);
  }
});

t.test('all conditions of one subject, any of the subjects', async (t) => {
  const both = subjectsOf([{ users: ['agent'], namespaces: ['team-a'], podLabels: { a: '1', b: '2' } }]);
  t.equal(both(inPod({ a: '1', b: '2', c: '3' })), YES);
  t.equal(both(inPod({ a: '1' })), NO);
  t.equal(both(somebody()), NO);
  const either = subjectsOf([{ users: ['reviewer'] }, { groups: ['all'] }]);
  t.equal(either(somebody()), YES);
  t.equal(either(somebody({ groups: [] })), NO);
});

t.test('labels that are not known are neither there nor absent', async (t) => {
  const labelled = subjectsOf([{ users: ['agent'], podLabels: { app: 'web' } }]);
  t.equal(labelled(inPod()), MAYBE);
  t.equal(labelled({ ...inPod(), user: 'reviewer' }), NO, 'where something else rules it out, that decides');
  t.equal(subjectsOf([{ podLabels: { app: 'web' } }, { users: ['agent'] }])(inPod()), YES);
});

t.test('of a policy that may apply, what is strict counts, and what allows does not', async (t) => {
  const rule = (name: string, effect: string, program: string) => ({
    ...{ name, effect, reason: 'because' },
    match: { program: [program] },
  });
  const doubtful = policy('doubtful', {
    subjects: [{ podLabels: { app: 'web' } }],
    commands: [rule('yes', 'allow', 'npm'), rule('no', 'deny', 'rm'), rule('maybe', 'ask', 'git')],
    defaults: { commands: 'allow', unknown: 'deny' },
    recording: { input: true, bodies: 'none' },
    masking: { secrets: { record: false, agent: true } },
  });
  const judge = (line: string, who: Identity) =>
    decide(new PolicySet([doubtful]), analyse(line, { cwd: '/' }), who);
  t.match(judge('rm x', inPod()), { effect: 'deny', rule: 'doubtful/no' });
  t.match(judge('git x', inPod()), { effect: 'ask', rule: 'doubtful/maybe' });
  t.match(judge('npm x', inPod()), { effect: 'ask', rule: 'default/commands' });
  t.match(judge('$x', inPod()), { effect: 'deny', rule: 'default/unknown' });
  t.match(judge('npm x', inPod({ app: 'web' })), { effect: 'allow', rule: 'doubtful/yes' });
  t.match(judge('rm x', inPod({ app: 'api' })), { effect: 'ask', rule: 'default/commands' });
  const set = new PolicySet([doubtful]);
  t.equal(set.recordsInput(inPod()), true);
  t.ok(set.keptBytes(inPod()) > 0, 'what is kept is not made less by a policy that may not apply');
  t.match(set.masking(inPod()).secrets, { record: true, agent: true });
  t.match(set.masking(inPod({ app: 'web' })).secrets, { record: false, agent: true });
});

t.test('what is no subject', async (t) => {
  const wrong: object[] = [
    {},
    { podLabels: {} },
    { podLabels: { 'a b': 'x' } },
    { podLabels: { 'A.io/x': 'x' } },
    { podLabels: { app: ['x'] } },
    { namespaces: [] },
    { serviceAccount: ['x'] },
  ];
  for (const subject of wrong) t.throws(() => subjectsOf([subject]), JSON.stringify(subject));
});
