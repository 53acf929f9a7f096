/** Explanations say what the decision says, and what stands in its way: all of it, and nothing else. */
import fc from 'fast-check';
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Explanation, Obstacle } from '../../../recorder/server/explanation.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import { readAction } from '../../../sidecar/policy/read-action.ts';
import type { AgentPolicy } from '../../../sidecar/policy/schema.ts';
import { lines, policies, policy, rule, SEED, strictness } from './arbitrary.ts';

const somebody: Identity = { user: 'agent', groups: ['devs'], proof: 'claimed' };
const setting = { cwd: '/work', home: '/home/agent' };

function explained(spec: object, text: string): Explanation {
  return new LoadedPolicy([policy('p', spec)]).explain(readAction(text, setting), somebody);
}

t.test('the commands of a line as a tree, with what they do and the rules that matched', async (t) => {
  const { parts, decision } = explained(
    {
      defaults: { commands: 'allow', unknown: 'ask' },
      commands: [
        rule('no-push', 'deny', { program: ['git'], subcommand: ['push'] }, { instead: 'git diff' }),
        rule('no-force', 'ask', { program: ['git'], flags: { any: ['-f'] } }),
      ],
    },
    `sudo env A=1 git push -f 2> '/tmp/a b'; rm "$x"`,
  );
  t.match(decision, { effect: 'deny', rule: 'p/no-push', instead: 'git diff' });
  t.same(
    parts.map(({ title, depth, effect, decisive }) => [title, depth, effect, decisive]),
    [
      ['sudo env A=1 git push -f', 0, 'allow', false],
      ['env A=1 git push -f', 1, 'allow', false],
      ['git push -f', 2, 'deny', true],
      ['rm …', 0, 'allow', false],
    ],
  );
  t.same(parts[0]?.facts, [
    { name: 'is able to', values: ['privilege'] },
    { name: 'writes', values: ['/tmp/a b'] },
    { name: 'redirects', values: ['2> /tmp/a b'] },
  ]);
  t.match(parts[2], {
    instead: 'git diff',
    facts: [
      { name: 'under', values: ['sudo', 'env'] },
      { name: 'sets', values: ['A=1'] },
    ],
    matches: [
      { rule: 'p/no-push', effect: 'deny', reason: 'no-push.', instead: 'git diff', certain: true },
      { rule: 'p/no-force', effect: 'ask', certain: true },
    ],
  });
});

t.test('what would be allowed is told where it was tried', async (t) => {
  const spec = {
    defaults: { commands: 'allow', unknown: 'ask', api: 'allow' },
    commands: [
      rule('no-push', 'deny', {
        program: ['git'],
        subcommand: ['push'],
        unless: { args: { any: ['--dry-run', 'x*'] } },
      }),
      rule('no-force', 'ask', { flags: { any: ['--force'] } }),
      rule('no-root', 'deny', { program: ['sudo'] }),
    ],
    api: [rule('no-prod', 'deny', { verbs: ['write'], dryRun: false, unless: { namespaces: ['dev'] } })],
  };
  const tried = (text: string) => explained(spec, text).variants.map((one) => `${one.change} → ${one.text}`);
  t.same(tried('cd /x && git push origin # now'), [
    'with --dry-run → cd /x && git push origin --dry-run # now',
  ]);
  t.same(tried('tool --force a --b; ls'), ['without --force → tool a --b; ls']);
  t.same(tried(`sudo -u agent ls 'a b'`), [`without sudo → ls 'a b'`]);
  t.same(tried('git push --force'), [], 'two changes at once are not tried');
  t.same(tried('git push; git push'), [], 'which of the two could not be said');
  t.same(tried('DELETE /api/v1/namespaces/prod/pods/web'), [
    'as a dry run → DELETE /api/v1/namespaces/prod/pods/web?dryRun=All',
    'in namespace dev → DELETE /api/v1/namespaces/dev/pods/web',
  ]);
});

t.test('a request in words, and what it is judged as', async (t) => {
  const { parts, subject } = explained(
    { defaults: { api: 'deny' } },
    'POST /api/v1/namespaces/shop/pods/web/eviction',
  );
  t.match(subject, { kind: 'request', method: 'POST', dryRun: false });
  t.match(parts, [
    {
      kind: 'request',
      title: 'create pods/eviction shop/web',
      rule: 'default/api',
      facts: [{ name: 'judged as', values: ['create', 'delete', 'write'] }],
    },
  ]);
  t.throws(() => readAction('GET /api/v1/../pods', setting), { code: 'USAGE' });
});

t.test('of a long script those parts are kept that are not simply allowed', async (t) => {
  const line = `${'ls\n'.repeat(700)}rm x\n${'ls\n'.repeat(700)}`;
  const { parts, omitted, obstacles } = explained(
    { defaults: { commands: 'allow' }, commands: [rule('rm', 'deny', { program: ['rm'] })] },
    line,
  );
  t.equal(parts.length + omitted, 1401);
  t.equal(parts[obstacles[0]?.part ?? -1]?.title, 'rm x');
});

t.test('policies that are for others are named', async (t) => {
  const theirs = policy('theirs', { subjects: [{ users: ['reviewer'] }] });
  const loaded = new LoadedPolicy([theirs, policy('ours', {})]);
  const { policy: told } = loaded.explain(analyse('ls', setting), somebody);
  t.same(told, { digest: loaded.digest, applying: ['ours'], others: ['theirs'] });
});

/** The policies without what stands in the way. */
function lifted(list: readonly AgentPolicy[], obstacles: readonly Obstacle[]): LoadedPolicy {
  const names = new Set(obstacles.flatMap(({ rules }) => rules));
  const allowed = { commands: names.has('default/commands'), unknown: names.has('default/unknown') };
  const changed = list.map(({ metadata, spec }) => {
    const { commands = [], defaults = {} } = spec;
    return policy(metadata.name, {
      commands: commands.filter(({ name }) => !names.has(`${metadata.name}/${name}`)),
      defaults: {
        ...defaults,
        ...(allowed.commands && { commands: 'allow' }),
        ...(allowed.unknown && { unknown: 'allow' }),
      },
    });
  });
  return new LoadedPolicy(changed);
}

t.test('property: the strictest part is the decision, as decide has it', async () => {
  fc.assert(
    fc.property(policies, lines, (list, line) => {
      const loaded = new LoadedPolicy(list);
      const action = analyse(line, setting);
      const { decision, parts } = loaded.explain(action, somebody);
      const strictest = Math.max(0, ...parts.map(({ effect }) => strictness[effect]));
      const decisive = parts.filter((part) => part.decisive);
      return (
        JSON.stringify(decision) === JSON.stringify(loaded.decide(action, somebody)) &&
        strictness[decision.effect] === strictest &&
        decisive.length === Math.min(1, parts.length) &&
        decisive.every(({ effect, rule }) => effect === decision.effect && rule === decision.rule)
      );
    }),
    { seed: SEED, numRuns: 500 },
  );
});

t.test('property: without the obstacles it is allowed, and with any one of them it is not', async (t) => {
  let several = 0;
  fc.assert(
    fc.property(policies, lines, (list, line) => {
      const action = analyse(line, setting);
      const { decision, obstacles } = new LoadedPolicy(list).explain(action, somebody);
      if ((decision.effect === 'allow') !== (obstacles.length === 0)) return false;
      if (lifted(list, obstacles).decide(action, somebody).effect !== 'allow') return false;
      // Who lets the unknown pass lets doubts pass as well: these two may each do without the other.
      if (obstacles.some(({ kind }) => kind === 'unknown')) return true;
      if (obstacles.length > 1) several++;
      return obstacles.every((obstacle) => {
        const rest = obstacles.filter(({ rules }) => !overlap(rules, obstacle.rules));
        return lifted(list, rest).decide(action, somebody).effect !== 'allow';
      });
    }),
    { seed: SEED, numRuns: 500 },
  );
  t.ok(several > 50, 'lines with several obstacles were met');
});

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((name) => b.includes(name));
}

t.test('property: every variant that is told is allowed', async (t) => {
  let told = 0;
  fc.assert(
    fc.property(policies, lines, (list, line) => {
      const loaded = new LoadedPolicy(list);
      const { variants } = loaded.explain(analyse(line, setting), somebody);
      told += variants.length;
      return variants.every(({ text }) => loaded.decide(analyse(text, setting), somebody).effect === 'allow');
    }),
    { seed: SEED, numRuns: 500 },
  );
  t.ok(told > 5, `${told} were told`);
});
