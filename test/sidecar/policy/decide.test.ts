/** How rules and policies combine: three effects, three answers, and an order that never matters. */
import fc from 'fast-check';
import t from 'tap';
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import type { AgentPolicy } from '../../../sidecar/policy/schema.ts';
import { lines, policies, policy, policyOf, programs, rule, SEED, strictness } from './arbitrary.ts';

const somebody: Identity = { user: 'agent', groups: ['devs'], proof: 'claimed' };

function judge(policies: AgentPolicy[], line: string, identity = somebody) {
  const action = analyse(line, { cwd: '/work', home: '/home/agent' });
  return decide(new PolicySet(policies), action, identity);
}

const open = { defaults: { commands: 'allow', unknown: 'allow' } };

t.test('the strictest rule counts', async (t) => {
  const all = policy('p', {
    ...open,
    commands: [
      rule('a', 'allow', { program: ['git'] }),
      rule('b', 'ask', { program: ['git'], subcommand: ['push'] }),
      rule('c', 'deny', { program: ['git'], flags: { any: ['--force'] } }),
    ],
  });
  t.match(judge([all], 'git status'), { effect: 'allow', rule: 'p/a' });
  t.match(judge([all], 'git push'), { effect: 'ask', rule: 'p/b', reason: 'b.' });
  t.match(judge([all], 'git push --force'), { effect: 'deny', rule: 'p/c' });
  t.match(judge([all], 'git status; git push; git push --forc'), { effect: 'deny', rule: 'p/c' });
  t.match(judge([all], 'ls'), { effect: 'allow', rule: 'default/commands', unjudged: false });
});

t.test('an allowing rule overrides a default, and nothing else', async (t) => {
  const closed = policy('closed', { defaults: { commands: 'deny', unknown: 'deny' } });
  const grants = policy('grants', { commands: [rule('npm', 'allow', { program: ['npm'] })] });
  const refuses = policy('refuses', { commands: [rule('npm', 'deny', { program: ['npm'] })] });
  t.match(judge([closed, grants], 'npm test'), { effect: 'allow', rule: 'grants/npm' });
  t.match(judge([closed, grants], 'npm test && make'), { effect: 'deny', rule: 'default/commands' });
  t.match(judge([closed, grants, refuses], 'npm test'), { effect: 'deny', rule: 'refuses/npm' });
});

t.test('a wrapper needs to be allowed as well as what it runs', async (t) => {
  const p = policy('p', {
    defaults: { commands: 'deny', unknown: 'deny' },
    commands: [rule('ls', 'allow', { program: ['ls'] }), rule('env', 'allow', { program: ['env'] })],
  });
  t.equal(judge([p], 'ls').effect, 'allow');
  t.equal(judge([p], 'env A=1 ls').effect, 'allow');
  t.equal(judge([p], 'sudo ls').effect, 'deny');
  t.equal(judge([p], 'env rm').effect, 'deny');
});

t.test('what nobody states is asked', async (t) => {
  t.match(judge([policy('p', {})], 'ls'), { effect: 'ask', rule: 'default/commands' });
  t.match(judge([], 'ls'), { effect: 'ask', rule: 'default/commands' });
  t.match(judge([], ''), { effect: 'allow', rule: 'default/empty' });
  t.match(judge([], '# nothing'), { effect: 'allow', rule: 'default/empty' });
});

t.test('unknown parts get their own default, and a mark when they pass', async (t) => {
  for (const line of ['$cmd', 'eval "$x"', 'echo $(', 'cat x | bash', 'source ./x', 'bash']) {
    const passes = judge([policy('p', open)], line);
    t.match(passes, { effect: 'allow', unjudged: true }, line);
    const strict = policy('p', { defaults: { commands: 'allow', unknown: 'deny' } });
    t.match(judge([strict], line), { effect: 'deny', rule: 'default/unknown', unjudged: false }, line);
  }
});

t.test('a rule that may match makes the line unknown; a rule that does, decides', async (t) => {
  const rules = [
    rule('no-root', 'deny', { deletes: ['/'], recursive: true }),
    rule('no-f', 'deny', { program: ['tool'], flags: { any: ['-f'] } }),
  ];
  const p = policy('p', { defaults: { commands: 'allow', unknown: 'ask' }, commands: rules });
  t.match(judge([p], 'rm -r "$x"'), { effect: 'ask', rule: 'default/unknown', reason: /no-root/ });
  t.match(judge([p], 'rm -r "$x/build"'), { effect: 'allow', unjudged: false });
  t.match(judge([p], 'rm -r "$x" /'), { effect: 'deny', rule: 'p/no-root' });
  t.match(judge([p], 'tool $opts'), { effect: 'ask' });
  t.match(judge([p], 'tool "$data"'), { effect: 'allow' }, 'a quoted expansion is taken for data');
  t.match(judge([p], 'echo "$x" $y'), { effect: 'allow', unjudged: false });
});

t.test('a rule that allows must match for certain', async (t) => {
  const p = policy('p', {
    defaults: { commands: 'deny', unknown: 'deny' },
    commands: [rule('tmp', 'allow', { program: ['rm'], deletes: ['/tmp/**'] })],
  });
  t.equal(judge([p], 'rm -r /tmp/x').effect, 'allow');
  t.equal(judge([p], 'rm -r /tmp/*/x').effect, 'deny', 'a glob may become something else');
  t.equal(judge([p], 'rm -r "$x"').effect, 'deny');
  t.equal(judge([p], 'rm -r /').effect, 'deny');
  t.equal(judge([p], 'rm -r /tmp/x /tmp/y').effect, 'allow');
  t.equal(judge([p], 'rm -r /tmp/x /etc').effect, 'deny', 'it has to cover all that is deleted');
  t.equal(judge([p], 'rm').effect, 'deny', 'and there has to be something');
});

t.test(
  'a rule that allows covers all variables that are given, and all that runs what is printed',
  async (t) => {
    const p = policy('p', {
      defaults: { commands: 'deny', unknown: 'deny' },
      commands: [
        rule('make', 'allow', { program: ['make'], env: ['CC', 'CFLAGS'] }),
        rule('gen', 'allow', { program: ['gen'], outputRunBy: ['sh'] }),
        rule('sh', 'allow', { program: ['sh', 'bash'] }),
      ],
    });
    t.equal(judge([p], 'CC=gcc CFLAGS=-O2 make').effect, 'allow');
    t.equal(judge([p], 'CC=gcc LD_PRELOAD=x make').effect, 'deny');
    t.equal(judge([p], 'make').effect, 'deny');
    t.equal(judge([p], 'sh -c "$(gen)"').rule, 'default/unknown');
    t.equal(judge([p], 'gen | bash').rule, 'default/commands');
  },
);

t.test('unless lifts a refusal only where it covers everything', async (t) => {
  const p = policy('p', {
    ...open,
    commands: [rule('rm', 'deny', { program: ['rm'], unless: { deletes: ['/tmp/**'] } })],
  });
  t.equal(judge([p], 'rm /tmp/a /tmp/b').effect, 'allow');
  t.equal(judge([p], 'rm /tmp/a /etc/b').effect, 'deny');
});

t.test('unless lifts a rule, and must itself be certain', async (t) => {
  const p = policy('p', {
    ...open,
    defaults: { commands: 'allow', unknown: 'ask' },
    commands: [
      rule('no-push', 'deny', {
        program: ['git'],
        subcommand: ['push'],
        unless: { args: { any: ['--dry-run'] } },
      }),
    ],
  });
  t.equal(judge([p], 'git push').effect, 'deny');
  t.equal(judge([p], 'git push --dry-run').effect, 'allow');
  t.equal(judge([p], 'git push $x').effect, 'ask');
});

t.test('subjects', async (t) => {
  const p = policy('p', {
    defaults: { commands: 'deny' },
    subjects: [{ users: ['one'] }, { groups: ['ops-*'], users: [{ regex: 'a.*' }] }],
  });
  const rest = policy('rest', open);
  const who = (user: string, ...groups: string[]) =>
    judge([p, rest], 'ls', { ...somebody, user, groups }).effect;
  t.equal(who('one'), 'deny');
  t.equal(who('abc', 'ops-eu'), 'deny');
  t.equal(who('xyz', 'ops-eu'), 'allow');
  t.equal(who('abc', 'devs'), 'allow');
});

t.test('each condition', async (t) => {
  const matches = (match: object, line: string) =>
    judge([policy('p', { ...open, commands: [rule('r', 'deny', match)] })], line).effect === 'deny';
  const cases: [match: object, yes: string[], no: string[]][] = [
    [
      { program: ['mkfs.*', 'x?z'] },
      ['mkfs.ext4 a', '/sbin/mkfs.xfs a', 'xyz'],
      ['mkfs a', 'xz', 'echo mkfs.ext4'],
    ],
    [{ program: [{ regex: 'a+' }] }, ['a', 'aaa'], ['ab', 'ba']],
    [
      { subcommand: ['delete ns'] },
      ['kubectl delete ns x', 'kubectl -n y delete ns x'],
      ['kubectl delete', 'kubectl get ns', 'kubectl delete pod ns'],
    ],
    [{ args: { any: ['a*'] } }, ['x b abc'], ['abc', 'x b']],
    [{ args: { all: ['a', 'b'] } }, ['x b c a'], ['x a', 'x b']],
    [{ args: { any: ['[a-c]\\*'] } }, ["x 'b*'", 'x a*'], ["x 'd*'", 'x bb']],
    [
      { flags: { any: ['-r', '--recursive'] } },
      ['x -fr', 'x --rec', 'x --recursive=yes'],
      ['x -f', 'x -- -r', 'x --recursivex', 'x r'],
    ],
    [{ flags: { all: ['-r', '-f'] } }, ['x -rf', 'x -f -r'], ['x -r']],
    [{ flags: { any: ['-delete'] } }, ['find . -delete'], ['find . -d']],
    [{ flags: { any: ['+T'] } }, ['set +xT'], ['set -T']],
    [
      { env: ['LD_*'] },
      ['LD_PRELOAD=x ls', 'export LD_PRELOAD=x', 'env LD_PRELOAD=x ls', 'LD_PRELOAD=x'],
      ['X=1 ls'],
    ],
    [{ via: ['sudo'] }, ['sudo ls', "sudo sh -c 'ls'"], ['ls']],
    [
      { program: ['cat'], pipesInto: ['nc'] },
      ['cat x | nc h 1', 'cat x | gzip | nc h 1'],
      ['nc h 1 | cat', 'cat x; nc h 1'],
    ],
    [
      { program: ['cat'], outputRunBy: ['sh'] },
      ['cat x | sh', 'cat x | tac | sh', 'sh -c "$(cat x)"'],
      ['cat x | grep y'],
    ],
    [{ capabilities: ['privilege'] }, ['sudo ls', 'doas ls'], ['ls']],
    [
      { reads: ['/etc/**'] },
      ['cat /etc/x', 'cat < /etc/x', 'cd /etc; cat x', 'cp /etc/x .'],
      ['cat x', 'echo /etc/x'],
    ],
    [
      { writes: ['~/.ssh/*'] },
      ['echo x >> ~/.ssh/config', 'cp a ~/.ssh/b', 'tee "$HOME/.ssh/c"'],
      ['cat ~/.ssh/config'],
    ],
    [{ changes: ['/srv/*'] }, ['chmod 1 /srv/a', 'chown x:y /srv/a'], ['chmod 1 /srv/a/b', 'chmod /srv/a']],
    [
      { deletes: ['/srv/data/**'] },
      ['rm /srv/data/x', 'rm -r /srv', 'rm -r /srv/dat[a]', 'mv /srv/data/x .'],
      ['rm -r /srv/date', 'rm /srv'],
    ],
    [{ recursive: true }, ['rm -r x', 'chmod -R 1 x'], ['rm x']],
  ];
  for (const [match, yes, no] of cases) {
    for (const line of yes) t.ok(matches(match, line), `${JSON.stringify(match)} matches ${line}`);
    for (const line of no) t.notOk(matches(match, line), `${JSON.stringify(match)} does not match ${line}`);
  }
});

t.test('hosts that a command contacts; one that is computed may be any', async (t) => {
  const p = policy('p', {
    defaults: { commands: 'ask', unknown: 'deny' },
    commands: [
      rule('no', 'deny', { hosts: ['*.evil.example', '10.*'] }),
      rule('yes', 'allow', { program: ['tool'], hosts: ['*.good.example'] }),
    ],
  });
  const contacting = (...hosts: (string | null)[]) => {
    const action = analyse('tool x', { cwd: '/' });
    for (const command of action.commands) command.hosts = hosts;
    return decide(new PolicySet([p]), action, somebody);
  };
  t.match(contacting('a.good.example'), { effect: 'allow', rule: 'p/yes' });
  t.match(contacting('a.good.example', '10.0.0.1'), { effect: 'deny', rule: 'p/no' });
  t.match(contacting('a.good.example', null), { effect: 'deny', rule: 'default/unknown' });
  t.match(contacting(null), { effect: 'deny', rule: 'default/unknown' });
  t.match(contacting('elsewhere.example'), { effect: 'ask', rule: 'default/commands' });
  t.match(contacting('elsewhere.example', 'a.good.example'), { effect: 'ask', rule: 'default/commands' });
});

t.test('property: the order of policies and rules never matters', async () => {
  const reversed = (list: AgentPolicy[]) =>
    list
      .map((one) => ({ ...one, spec: { ...one.spec, commands: [...(one.spec.commands ?? [])].reverse() } }))
      .reverse();
  fc.assert(
    fc.property(policies, lines, (list, line) => {
      const a = judge(list, line);
      const b = judge(reversed(list), line);
      return a.effect === b.effect && a.rule === b.rule && a.unjudged === b.unjudged;
    }),
    { seed: SEED, numRuns: 400 },
  );
});

t.test(
  'property: a further policy lifts no decision of a rule, and without defaults only what it has rules for',
  async () => {
    fc.assert(
      fc.property(policies, policyOf('added'), lines, (list, more, line) => {
        const before = judge(list, line);
        const after = judge([...list, more], line);
        const looser = strictness[after.effect] < strictness[before.effect];
        if (!before.rule.startsWith('default/')) return !looser;
        const { defaults, commands = [] } = more.spec;
        const stated = Object.keys(defaults ?? {}).length > 0;
        return !looser || stated || commands.some(({ effect }) => effect !== 'deny');
      }),
      { seed: SEED, numRuns: 1000 },
    );
  },
);

t.test(
  'property: a further rule that denies or asks, and a further command, never make it more allowed',
  async () => {
    fc.assert(
      fc.property(
        policies,
        lines,
        programs,
        fc.constantFrom<Effect>('deny', 'ask'),
        (list, line, program, effect) => {
          const before = strictness[judge(list, line).effect];
          const more = policy('more', { commands: [rule('r', effect, { program: [program] })] });
          const after = strictness[judge([...list, more], line).effect];
          // An asking rule may stand in for a default that denies, as an allowing one may.
          return after >= before || effect === 'ask';
        },
      ),
      { seed: SEED, numRuns: 400 },
    );
    fc.assert(
      fc.property(policies, lines, lines, (list, line, other) => {
        const before = strictness[judge(list, line).effect];
        return strictness[judge(list, `${line}\n${other}`).effect] >= before;
      }),
      { seed: SEED, numRuns: 400 },
    );
  },
);

t.test('a rule carries what is allowed instead', async (t) => {
  const said = { ...rule('no-npm-i', 'deny', { program: ['npm'] }), instead: 'npm ci' };
  const set = new PolicySet([policy('p', { commands: [said, rule('other', 'deny', { program: ['npm'] })] })]);
  const [one, other] = set.applyingTo(somebody)[0]!.rulesFor('npm');
  t.equal(one?.instead, 'npm ci');
  t.notOk('instead' in other!);
  for (const wrong of ['', '  ', 'a\nb', 'x'.repeat(501)])
    t.throws(() => policy('p', { commands: [{ ...said, instead: wrong }] }), JSON.stringify(wrong));
});
