/** What a line means decides, not how it is written: quoted otherwise, wrapped, or hidden among other commands. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { quote } from 'shell-quote';
import t from 'tap';
import type { Decision, Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';
import { around, COMMANDS, quotedCommand, simpleCommands, WRAPPINGS } from '../command/lines.ts';

const SEED = 20261122;
const LONG = process.env.CHAPERONE_LONG !== undefined;
const agent: Identity = { user: 'agent', groups: ['devs'], proof: 'claimed' };
const context = { cwd: '/home/agent/app', home: '/home/agent', workspace: '/home/agent/app' };

const url = new URL('../../../sidecar/policy/default.yaml', import.meta.url);
const baseline = new PolicySet(parsePolicies(readFileSync(url, 'utf8'), 'default.yaml'));

/** Refuses one program, and lets everything else pass: the unknown is asked about. */
const forbidding = new PolicySet([
  policySchema.parse({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name: 'p' },
    spec: {
      defaults: { commands: 'allow', unknown: 'ask' },
      commands: [
        { name: 'no', effect: 'deny', reason: 'It is forbidden.', match: { program: ['forbidden'] } },
      ],
    },
  }),
]);

const judge = (set: PolicySet, line: string): Decision => decide(set, analyse(line, context), agent);
const STRICTNESS: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };
const strictness = (set: PolicySet, line: string) => STRICTNESS[judge(set, line).effect];

t.test('property: quoting a command differently never changes its decision', async () => {
  const drawn = simpleCommands.chain((argv) => quotedCommand(argv).map((line) => ({ argv, line })));
  fc.assert(
    fc.property(drawn, ({ argv, line }) => {
      const plain = judge(baseline, quote([...argv]));
      const quoted = judge(baseline, line);
      return (
        quoted.effect === plain.effect && quoted.rule === plain.rule && quoted.unjudged === plain.unjudged
      );
    }),
    { seed: SEED, numRuns: LONG ? 100_000 : 800 },
  );
});

t.test('wrapping never makes it more allowed: every command in every wrapping', async (t) => {
  const plain = COMMANDS.map((argv) => quote([...argv])).map((line) => ({
    line,
    strict: strictness(baseline, line),
  }));
  for (const [name, wrap] of Object.entries(WRAPPINGS)) {
    const looser = plain.filter(({ line, strict }) => strictness(baseline, wrap(line)) < strict);
    t.strictSame(looser, [], name);
  }
});

t.test('property: nothing that contains a denied simple command is allowed', async () => {
  const inner = quotedCommand(['forbidden', 'x', '--flag']);
  fc.assert(
    fc.property(inner.chain(around), (line) => judge(forbidding, line).effect !== 'allow'),
    { seed: SEED, numRuns: LONG ? 100_000 : 500 },
  );
  fc.assert(
    fc.property(
      simpleCommands.chain((argv) => around(quote([...argv])).map((line) => ({ argv, line }))),
      (drawn) => {
        const alone = strictness(baseline, quote([...drawn.argv]));
        return alone < STRICTNESS.deny || strictness(baseline, drawn.line) > STRICTNESS.allow;
      },
    ),
    { seed: SEED, numRuns: LONG ? 100_000 : 500 },
  );
});
