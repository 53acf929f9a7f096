/** Drafts from recordings: what was allowed stays allowed, what was refused stays refused. */
import fc from 'fast-check';
import t from 'tap';
import type { Effect } from '../../../../recorder/audit/decision.ts';
import { compare } from '../../../../sidecar/cli/policy/diff.ts';
import { suggestion } from '../../../../sidecar/cli/policy/suggest.ts';
import { policyOf } from '../../../../sidecar/policy/policy-file.ts';
import type { AgentPolicy } from '../../../../sidecar/policy/schema.ts';
import { command, loaded, policy, Recording, rule } from './store.ts';

const SEED = 20261122;

t.test('programs, verbs and requests, each with its evidence', async (t) => {
  const inForce = loaded(
    policy('team', {
      defaults: { commands: 'allow', api: 'allow', unknown: 'allow' },
      commands: [rule('no-push', 'deny', { program: ['git'], subcommand: ['push'] })],
      recording: { input: true },
    }),
  );
  const recording = await Recording.open(inForce);
  await recording.session(command('git status; ls -l'), command('git push'), command('X=1'));
  const last = await recording.session(
    command('git -C /x status --short'),
    command('sudo ls'),
    command('$x'),
    command("'a*b' 1"),
    recording.request('GET', '/api/v1/namespaces/shop/pods/web'),
    recording.request('GET', '/api/v1/namespaces/shop/pods'),
    recording.request('GET', '/version'),
  );
  const text = await suggestion(recording.log, inForce);
  await recording.log.close();
  const evidence = `2023-11-14, last in ${last}`;
  for (const line of [
    '# A draft from 8 recorded actions that were allowed; what was refused stays refused (1).',
    '# 1 passed unjudged, and suggest nothing: no rule can tell what they do. They would be asked about.',
    '  defaults: { commands: deny, api: deny, exec: deny, tools: deny, unknown: ask }',
    `          - "status" # 2 ×, ${evidence}`,
    `          - "ls" # 2 ×, ${evidence}`,
    `          - "a\\\\*b" # 1 ×, ${evidence}`,
    `          - "list" # 1 ×, ${evidence}`,
    `          - "/version" # 1 ×, ${evidence}`,
  ])
    t.ok(text.split('\n').includes(line), line);
  t.notMatch(text, /"push"/);
  const draft = await policyOf(text, 'draft');
  const decide = (line: string) => {
    const { effect, rule } = draft.decide(command(line), { user: 'reviewer', groups: [], proof: 'claimed' });
    return `${effect} ${rule}`;
  };
  t.equal(decide('git status'), 'allow suggested/git-1');
  t.equal(decide('git push'), 'deny team/no-push');
  t.equal(decide('aab'), 'deny default/commands');
  t.ok(
    draft.recordsInput({ user: 'reviewer', groups: [], proof: 'claimed' }),
    'what else was in force stays',
  );
});

t.test('what was allowed and refused is allowed by the rule that allowed it', async (t) => {
  const inForce = loaded(
    policy('strict', {
      defaults: { commands: 'deny', unknown: 'deny' },
      commands: [
        rule('tmp', 'allow', { program: ['rm'], deletes: ['/tmp/**'] }),
        rule('ls', 'allow', { program: ['ls'] }),
      ],
    }),
  );
  const recording = await Recording.open(inForce);
  await recording.session(command('rm /tmp/x'), command('rm /srv/y'), command('ls'));
  const text = await suggestion(recording.log, inForce);
  t.match(text, /# Not allowed as a whole, for it was refused as well: command rm # 1 ×/);
  const draft = await policyOf(text, 'draft');
  const found = await compare(recording.log, { a: inForce, b: draft }, () => undefined);
  await recording.log.close();
  t.equal(found.changed, 0);
  t.notMatch(text, /name: ls\n/, 'a rule that is not needed is not kept');
});

const lines = fc.array(
  fc.constantFrom(
    'ls',
    'git status',
    'git push -f',
    'git push',
    'rm -rf x',
    'sudo git pull',
    'X=1 make',
    'sh -c "git push"',
    '$z',
    'cat | sh',
    'npm "$x"',
  ),
  { minLength: 1, maxLength: 8 },
);
const effects = fc.constantFrom<Effect>('allow', 'deny', 'ask');
const rules = fc.array(
  fc.record({
    effect: effects,
    program: fc.constantFrom('ls', 'rm', 'git', 'sudo', 'sh', '*'),
    flag: fc.constantFrom('-f', '-r', null),
  }),
  { maxLength: 5 },
);
const policies = fc
  .array(fc.record({ rules, commands: effects, unknown: effects }), { minLength: 1, maxLength: 2 })
  .map((list): AgentPolicy[] =>
    list.map(({ rules, commands, unknown }, index) =>
      policy(`p${index}`, {
        defaults: { commands, unknown },
        commands: rules.map(({ effect, program, flag }, place) =>
          rule(`r${place}`, effect, { program: [program], ...(flag && { flags: { any: [flag] } }) }),
        ),
      }),
    ),
  );

t.test(
  'property: nothing is newly refused among what was judged and allowed, and nothing newly allowed',
  async (t) => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(policies, lines, async (list, given) => {
        const inForce = loaded(...list);
        const recording = await Recording.open(inForce);
        await recording.session(...given.map((line) => command(line)));
        const draft = await policyOf(await suggestion(recording.log, inForce), 'draft');
        const changes: { a: { effect: Effect; unjudged: boolean }; b: { effect: Effect } }[] = [];
        const found = await compare(recording.log, { a: inForce, b: draft }, (line) =>
          changes.push(line as (typeof changes)[number]),
        );
        await recording.log.close();
        allowed += found.decided - changes.length;
        const fine = changes.every(({ a, b }) => (a.effect === 'allow' ? a.unjudged : b.effect !== 'allow'));
        if (!fine) t.comment(JSON.stringify(changes));
        return fine && found.decided === given.length;
      }),
      { seed: SEED, numRuns: 25 },
    );
    t.ok(allowed > 20);
  },
);
