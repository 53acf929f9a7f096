/** Every part of an action judged, and every rule that had a say. */
import t from 'tap';
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { evaluate } from '../../../sidecar/policy/evaluate.ts';
import type { Judgement } from '../../../sidecar/policy/judgement.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';

const somebody: Identity = { user: 'agent', groups: ['devs'], proof: 'claimed' };
const rule = (name: string, effect: Effect, match: object) => ({ name, effect, match, reason: `${name}.` });

function judgements(spec: object, line: string): Judgement[] {
  const policy = policySchema.parse({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name: 'p' },
    spec,
  });
  return evaluate(new PolicySet([policy]), analyse(line, { cwd: '/work', home: '/home/agent' }), somebody);
}

/** `git: deny p/a (p/a! p/b?)`: the part, what decided, and what matches for certain or may. */
const shown = ({ part, effect, rule, unknown, matches }: Judgement) => {
  const what = part.kind === 'command' ? (part.command.program ?? '?') : part.kind;
  const asked = matches.map((one) => `${one.rule.name}${one.certain ? '!' : '?'}`).sort();
  return `${what}: ${effect} ${rule}${unknown ? ' unknown' : ''} (${asked.join(' ')})`;
};

t.test('each part has all rules that match it, and those that may', async (t) => {
  const spec = {
    defaults: { commands: 'allow', unknown: 'ask' },
    commands: [
      rule('git', 'allow', { program: ['git'] }),
      rule('push', 'ask', { program: ['git'], subcommand: ['push'] }),
      rule('force', 'deny', { program: ['git'], args: { any: ['--force'] } }),
      rule('root', 'deny', { deletes: ['/'], recursive: true }),
    ],
  };
  t.same(judgements(spec, 'sudo git push --force && ls').map(shown), [
    'sudo: allow default/commands ()',
    'git: deny p/force (p/force! p/git! p/push!)',
    'ls: allow default/commands ()',
  ]);
  t.same(
    judgements(spec, 'git push "$x"; git pull; rm -r "$y"; $z').map(shown),
    [
      'git: ask p/push unknown (p/force? p/git! p/push!)',
      'git: allow p/git (p/git!)',
      'rm: ask default/unknown unknown (p/root?)',
      '?: allow default/commands (p/git?)',
      'unknown: ask default/unknown unknown ()',
    ],
    'a doubt is weighed where a stricter rule may match',
  );
});

t.test('a built-in rule is named before one of a policy that is as strict', async (t) => {
  const spec = {
    defaults: { commands: 'allow' },
    commands: [rule('all', 'deny', { program: ['*'] })],
  };
  t.same(judgements(spec, 'trap - DEBUG').map(shown), [
    'trap: deny builtin/keep-debug-trap (builtin/keep-debug-trap! p/all!)',
  ]);
  t.same(
    judgements({ defaults: { commands: 'allow' } }, '__chaperone_x() { ls; }').map(shown),
    ['function: deny builtin/keep-hook-names (builtin/keep-hook-names!)', 'ls: allow default/commands ()'],
    'a function under a name that is kept is a part of its own',
  );
});

t.test('nothing has no parts', async (t) => {
  t.same(judgements({}, '# nothing'), []);
});
