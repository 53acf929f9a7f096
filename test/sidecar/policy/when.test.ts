/** `when`: what an expression may ask about, what is unknown to it, and that no input makes it expensive. */
import fc from 'fast-check';
import t from 'tap';
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Action, Json, KubeAction, ToolAction } from '../../../sidecar/action.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { MAYBE, NO, YES } from '../../../sidecar/match/tri.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';
import { compileWhen } from '../../../sidecar/policy/when/compile.ts';
import { factsOf, newPurse } from '../../../sidecar/policy/when/facts.ts';
import type { RuleKind } from '../../../sidecar/policy/when/type.ts';
import { request } from './request.ts';

const POD = { namespace: 'team-a', name: 'w', uid: 'u', serviceAccount: 'sa' };
const SOMEBODY: Identity = {
  user: 'agent',
  groups: ['devs'],
  proof: 'claimed',
  pod: { ...POD, labels: { app: 'web' } },
};
/** A Sunday, 15:30 in UTC. */
const NOON = Date.UTC(2026, 10, 22, 15, 30) * 1000;
const OPEN = { commands: 'allow', api: 'allow', exec: 'allow', tools: 'allow', unknown: 'ask' };

const SOME_MATCH: Record<RuleKind, object> = {
  commands: { program: ['*'] },
  api: { verbs: ['*'] },
  exec: { pods: ['*'] },
  tools: { tools: ['*'] },
};

/** A rule of one kind that matches all, and has an expression. */
function setOf(kind: RuleKind, when: string, effect: Effect = 'deny'): PolicySet {
  const rule = { name: 'r', effect, match: SOME_MATCH[kind], when, reason: 'because.' };
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata: { name: 'p' } };
  return new PolicySet(
    [policySchema.parse({ ...head, spec: { defaults: OPEN, [kind]: [rule] } })],
    undefined,
    compileWhen,
  );
}

const ANSWERS = { deny: YES, allow: NO, ask: MAYBE } as const;

function answer(kind: RuleKind, when: string, action: Action, who = SOMEBODY) {
  return ANSWERS[decide(setOf(kind, when), action, who, NOON).effect];
}

const line = (text: string) => analyse(text, { cwd: '/project', home: '/home/agent' });

function withBody(text: string, object: Json): KubeAction {
  const summary = { type: 'application/json', bytes: 2, sha256: '0'.repeat(64) };
  const nothing = new Uint8Array();
  return request(text, { body: { summary, type: summary.type, exact: nothing, recorded: nothing, object } });
}

const tool = (input: Json | undefined): ToolAction => ({
  ...{ kind: 'tool', use: 'mcp', tool: 'query', server: 'npx db', path: '', cwd: '/project' },
  ...{ input, recorded: new Uint8Array(), unknown: [] },
});

t.test('each thing that there is to ask about', async (t) => {
  const create = withBody('create pods shop/-', {
    metadata: { labels: { tier: 'a' } },
    spec: { replicas: 3, containers: [{ image: 'x/a' }, { image: 'y/b' }], share: 0.5 },
  });
  const cases: [
    kind: RuleKind,
    action: Action,
    expression: string,
    expected: typeof YES | typeof NO | typeof MAYBE,
  ][] = [
    ['commands', line('rm -rf x'), 'command.program == "rm" && "-rf" in command.argv', YES],
    ['commands', line('rm -rf x'), 'size(command.argv) > 3', NO],
    ['commands', line('rm -rf x'), 'command.paths.deletes == ["/project/x"]', YES],
    ['commands', line('rm -rf x'), 'command.paths.deletes.exists(p, !p.startsWith("/project/"))', NO],
    ['commands', line('rm -rf x'), '"deletes" in command.capabilities && command.cwd == "/project"', YES],
    ['commands', line('A=1 ls'), '"A" in command.env && command.line.contains("ls")', YES],
    ['commands', line('rm "$x"'), 'size(command.argv) == 2', MAYBE],
    ['commands', line('rm "$x"'), 'command.program == "ls" && size(command.argv) == 2', NO],
    ['commands', line('rm $x y'), '"y" in command.argv', MAYBE],
    ['commands', line('rm *.o'), 'command.paths.deletes.all(p, p.startsWith("/project/"))', MAYBE],
    ['commands', line('ls'), 'identity.user == "agent" && identity.groups.exists(g, g == "devs")', YES],
    ['commands', line('ls'), 'identity.pod.namespace == "team-a" && identity.pod.labels.app == "web"', YES],
    ['commands', line('ls'), 'identity.pod.labels.other == "x"', MAYBE],
    ['commands', line('ls'), 'has(identity.pod.labels.other)', NO],
    ['commands', line('ls'), 'has(identity.conversation)', NO],
    ['commands', line('ls'), 'now.getHours() >= 9 && now.getHours("Europe/Berlin") == 16', YES],
    ['commands', line('ls'), 'now < timestamp("2026-01-01T00:00:00Z")', NO],
    ['commands', line('ls'), 'now - duration("24h") > timestamp("2026-11-21T15:00:00Z")', YES],
    ['api', create, 'object.spec.replicas > 2 && object.spec.replicas + 1 == 4', YES],
    ['api', create, 'object.spec.containers.all(c, c.image.startsWith("x/"))', NO],
    ['api', create, 'object.spec.containers.map(c, c.image) == ["x/a", "y/b"]', YES],
    ['api', create, 'object.spec.containers.filter(c, c.image.matches("^y")).size() == 1', YES],
    ['api', create, 'object.metadata.labels["tier"] in ["a", "b"]', YES],
    ['api', create, 'object.spec.share == 0.5', YES],
    ['api', create, 'object.spec.missing == 1', MAYBE],
    ['api', create, 'has(object.spec.missing)', NO],
    ['api', create, 'object.spec.replicas + "x" == "3x"', MAYBE],
    ['api', create, 'oldObject == null', YES],
    ['api', create, 'request.verb == "create" && "write" in request.verbs && !request.dryRun', YES],
    ['api', request('delete pods shop/web'), 'object == null && oldObject == null', MAYBE],
    ['api', request('delete pods shop/web'), 'object == null', YES],
    ['api', withBody('patch pods shop/web', { spec: {} }), 'has(object.spec)', MAYBE],
    ['api', withBody('update pods shop/web', { spec: {} }), 'has(object.spec)', YES],
    ['api', withBody('update configmaps shop/web', null), 'has(object.spec)', MAYBE],
    ['api', request('get pods shop/web', { scales: 'unknown' }), '"scale" in request.verbs', NO],
    ['api', request('patch pods shop/web', { scales: 'unknown' }), '"scale" in request.verbs', MAYBE],
    ['exec', request('create pods/exec shop/web'), 'exec.kind == "exec" && !exec.tty', YES],
    ['exec', request('create pods/exec shop/web'), 'exec.container == "app"', MAYBE],
    ['exec', request('create pods/exec shop/web'), 'exec.namespace != "shop"', NO],
    ['tools', tool({ sql: 'DROP TABLE x' }), 'tool.input.sql.matches("(?i)^drop ")', YES],
    ['tools', tool({ rows: 12 }), 'tool.name == "query" && tool.input.rows > 10', YES],
    ['tools', tool(undefined), 'tool.input.rows > 10', MAYBE],
    ['tools', tool({ __proto__: 1, constructor: 'x' } as Json), 'has(tool.input.toString)', NO],
  ];
  for (const [kind, action, expression, expected] of cases)
    t.equal(answer(kind, expression, action), expected, `${kind}: ${expression}`);
});

t.test(
  'what only may be true never allows, and goes to the default for what is unknown otherwise',
  async (t) => {
    const unknown = 'size(command.argv) == 2';
    const allows = decide(setOf('commands', unknown, 'allow'), line('rm "$x"'), SOMEBODY, NOON);
    t.match(allows, { effect: 'allow', rule: 'default/commands' });
    t.match(decide(setOf('commands', unknown), line('rm "$x"'), SOMEBODY, NOON), { rule: 'default/unknown' });
    t.match(decide(setOf('commands', 'now.getHours() > 1'), line('ls'), SOMEBODY), {
      rule: 'default/unknown',
    });
    const { labels: _, ...pod } = SOMEBODY.pod!;
    t.equal(answer('commands', 'identity.pod.labels.app == "web"', line('ls'), { ...SOMEBODY, pod }), MAYBE);
    for (const asked of ['"x" in identity.pod.labels', 'has(identity.pod.labels.x)'])
      t.equal(answer('commands', asked, line('ls'), { ...SOMEBODY, pod }), MAYBE, asked);
    t.equal(answer('tools', 'has(tool.input.x)', tool(undefined)), MAYBE);
  },
);

t.test('mistakes are told when the policy is read, with their place', async (t) => {
  const complaint = (when: string, kind: RuleKind = 'commands') => {
    try {
      compileWhen(when, kind);
      return 'no complaint';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const cases: [when: string, message: RegExp, kind?: RuleKind][] = [
    ['1 +', /^not an expression: .* \(at character 3\)$/],
    ['true\n  )', /^not an expression: .* \(at line 2, character 3\)$/],
    ['comand.program == "x"', /^there is no comand here, only identity, now, command \(at character 1\)$/],
    ['object.spec.x == 1', /^there is no object here/],
    ['command.x == 1', /^there is no command here/, 'api'],
    ['command.programs == "x"', /^there is no programs in an object \(at character 8\)/],
    ['command["programs"] == "x"', /nothing to look up like that/],
    ['command.program', /true or false, and is string/],
    ['command.program == 1', /_==_ does not take string, int/],
    ['command.program && true', /_&&_ does not take string, bool/],
    ['size(command.argv) > "1"', /_>_ does not take int, string/],
    ['command.argv.exists(a, a > 1)', /_>_ does not take string, int/],
    ['command.argv.exists(a, b == a)', /there is no b here/],
    ['command.program.all(c, c == "x")', /nothing to go through in string/],
    ['has(command.argv)', /argv is always there/],
    ['has(identity.pod.labels)', /labels is always there/],
    ['command.program.frobnicate()', /there is no function frobnicate/],
    ['command.program.matches("(")', /RE2/],
    ['identity.pod == null', /ask for one of its members: namespace, name,/],
    ['command in [command]', /ask for one of its members/],
    ['[identity] == []', /ask for one of its members/],
    ['now.getHours(1) > 1', /getHours does not take timestamp, int/],
    ['now + now > now', /_\+_ does not take timestamp, timestamp/],
    ['google.protobuf.Duration{} == null', /message types|not an expression|there is no google/],
    ['@step(true)', /not an expression/],
    [`${'['.repeat(60)}${']'.repeat(60)} == []`, /too deeply nested/],
    ['('.repeat(1000), /too deeply nested|not an expression/],
  ];
  for (const [when, message, kind] of cases) t.match(complaint(when, kind), message, when.slice(0, 60));
  const text = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: {name: p}
spec:
  api:
    - {name: a, effect: deny, reason: x, match: {verbs: [get]}, when: 'object.x == request.verbz'}
    - {name: b, effect: deny, reason: x, match: {verbs: [get]}, when: 'true'}
`;
  const place = {
    code: 'POLICY_INVALID',
    message: /^f:6:71: spec\.api\.0\.when: there is no verbz in an object \(at character 20\)$/,
  };
  t.throws(() => parsePolicies(text, 'f', compileWhen), place);
  t.throws(
    () => parsePolicies(text.replace('verbz', 'verb'), 'f'),
    { code: 'POLICY_INVALID' },
    'never unjudged',
  );
  t.equal(parsePolicies(text.replace('verbz', 'verb'), 'f', compileWhen).length, 1);
});

t.test('no object makes an expression expensive', async (t) => {
  const squared = 'object.l.all(a, object.l.all(b, object.l.all(c, a != b || b != c || a == c)))';
  const many = withBody('create pods a/-', { l: Array.from({ length: 2000 }, (_, n) => n) });
  t.equal(answer('api', squared, many), MAYBE);
  t.equal(answer('api', squared, withBody('create pods a/-', { l: [1, 2, 3] })), YES);
  const equal = Array(3000).fill('x'.repeat(100));
  t.equal(
    answer('api', 'object.l.all(a, object.l == object.l)', withBody('create pods a/-', { l: equal })),
    MAYBE,
  );
  t.equal(answer('api', 'object.l.size() == 3000', withBody('create pods a/-', { l: equal })), YES);
  const huge = withBody('create pods a/-', { l: Array(200_000).fill(1), n: 1 });
  t.equal(answer('api', 'object.n == 1', huge), MAYBE);
  t.equal(answer('api', 'request.verb == "create" || object.n == 1', huge), MAYBE);
  t.equal(
    answer('api', 'request.verb == "create"', huge),
    YES,
    'what does not ask about it need not wait for it',
  );
  const deep = JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`);
  t.equal(answer('api', 'object.a.a != null', withBody('create pods a/-', deep)), MAYBE);
  const regex = withBody('create pods a/-', { s: `${'a'.repeat(50_000)}!` });
  t.equal(answer('api', 'object.s.matches("^(a+)+$")', regex), NO);
});

t.test('property: whatever is written, and whatever comes, there is an answer', async () => {
  const word = fc.constantFrom(
    ...[
      'object',
      'request',
      'verb',
      'identity',
      'now',
      '.',
      '.',
      '(',
      ')',
      '[',
      ']',
      '==',
      '&&',
      '||',
      '!',
      '+',
      '-',
    ],
    ...[
      '1',
      '"x"',
      'has',
      'size',
      'all',
      'exists',
      'map',
      'x',
      ',',
      'null',
      'in',
      '?',
      ':',
      '{',
      '}',
      'matches',
      '>',
    ],
  );
  const expression = fc.oneof(
    fc.array(word, { maxLength: 14 }).map((words) => words.join(' ')),
    fc
      .constantFrom('object.a', 'object.a.b', 'object[0]', 'object.all(x, x == 1)', 'size(object)')
      .map((e) => `${e} == 1`),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(expression, fc.jsonValue({ maxDepth: 4 }), (when, object) => {
      let compiled: ReturnType<typeof compileWhen>;
      try {
        compiled = compileWhen(when, 'api');
      } catch (error) {
        return error instanceof Error && error.message !== '' && !error.message.includes('\n');
      }
      const asker = { identity: SOMEBODY, now: NOON, purse: newPurse() };
      const result = compiled(factsOf(asker, { object: () => object }));
      return result === YES || result === NO || result === MAYBE;
    }),
    { seed: 20261122, numRuns: 1500 },
  );
});

t.test('all expressions of a line have one purse: what is beyond it is not known', async (t) => {
  const of = (count: number, last = '') =>
    line(`${Array.from({ length: count }, (_, n) => `echo ${'a'.repeat(20)}${n}`).join('; ')}; ${last}`);
  const expensive = ['x', 'y', 'z']
    .map((end) => `command.argv.exists(word, word.matches("^(a|b|c)*${end}$"))`)
    .join(' || ');

  t.equal(answer('commands', expensive, of(10)), NO, 'a line');
  t.equal(answer('commands', expensive, of(2000)), MAYBE, 'a script');
  t.equal(answer('commands', expensive, of(10, 'echo x')), YES);
  t.equal(
    answer('commands', 'command.line.matches("(a|b)*c$")', of(2000)),
    NO,
    'looked at once for all of them',
  );

  const text = `echo ${'a'.repeat(60_000)}`;
  t.equal(answer('commands', 'command.line.matches("(a|b)*c$")', line(text)), NO);
  const many = Array.from({ length: 20 }, (_, n) => `command.line.matches("(a|b)*${n}$")`).join(' || ');
  t.equal(answer('commands', many, line(text)), MAYBE);
  t.equal(
    answer('commands', `command.line.matches("${'(a|b){0,200}'.repeat(4)}c$")`, line(text)),
    MAYBE,
    'a pattern that is large',
  );

  const timely = 'now.getHours("Europe/Berlin") < 8 && identity.groups.exists(g, g == "devs")';
  t.equal(answer('commands', timely, of(2000)), NO, 'who and when hold for the whole line');
});

t.test('property: one decision each time, however much there is', async () => {
  const set = setOf('commands', 'command.argv.exists(word, word.matches("^(a|b)*c$"))');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), fc.constantFrom('a', 'ab', 'ac'), (count, word) => {
      const action = line(Array.from({ length: count }, () => `echo ${word.repeat(30)}`).join('\n'));
      const once = decide(set, action, SOMEBODY, NOON);
      return decide(set, action, SOMEBODY, NOON).effect === once.effect;
    }),
    { seed: 20261123, numRuns: 15 },
  );
});
