/** Policies and lines at random: few programs, so that rules and lines meet. */
import fc from 'fast-check';
import type { Effect } from '../../../recorder/audit/decision.ts';
import { type AgentPolicy, policySchema } from '../../../sidecar/policy/schema.ts';

export const SEED = 20261122;
export const strictness: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };

/** @throws what is wrong with the specification */
export function policy(name: string, spec: object): AgentPolicy {
  return policySchema.parse({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name },
    spec,
  });
}

export const rule = (name: string, effect: Effect, match: object, more = {}) => ({
  name,
  effect,
  match,
  reason: `${name}.`,
  ...more,
});

export const programs = fc.constantFrom('ls', 'rm', 'git', 'sudo', 'cat', 'tool', '*');

export const lines = fc
  .array(
    fc.constantFrom('ls', 'rm -rf x', 'rm -r "$x"', 'git push -f', 'sudo cat y', '$z', 'cat | sh', 'tool $o'),
    { maxLength: 4 },
  )
  .map((parts) => parts.join('; '));

const effects = fc.constantFrom<Effect>('allow', 'deny', 'ask');
const optional = fc.option(effects, { nil: undefined });
const rules = fc.array(
  fc.record({ effect: effects, program: programs, flag: fc.constantFrom('-f', '-r', null) }),
  { maxLength: 5 },
);
const specs = fc.record({ rules, commands: optional, unknown: optional }).map((one) => ({
  defaults: { ...(one.commands && { commands: one.commands }), ...(one.unknown && { unknown: one.unknown }) },
  commands: one.rules.map(({ effect, program, flag }, place) =>
    rule(`r${place}`, effect, { program: [program], ...(flag && { flags: { any: [flag] } }) }),
  ),
}));

/** One policy of this name. */
export const policyOf = (name: string): fc.Arbitrary<AgentPolicy> => specs.map((spec) => policy(name, spec));

/** One to four of them. */
export const policies: fc.Arbitrary<AgentPolicy[]> = fc
  .array(specs, { minLength: 1, maxLength: 4 })
  .map((list) => list.map((spec, index) => policy(`p${index}`, spec)));
