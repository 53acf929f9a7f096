/** From YAML to policies that can be judged by; every complaint says where. */
import { type Complain, type Kind, type ReadDocument, readDocuments } from './documents.ts';
import { type AgentPolicy, KIND, policySchema, rulesOf } from './schema.ts';
import type { WhenCompiler } from './when/facts.ts';

const POLICY = {
  name: KIND,
  several: 'policies',
  schema: policySchema,
} as const satisfies Kind<AgentPolicy>;

/**
 * Reads one or more AgentPolicy documents.
 * @param source what the text is called in messages
 * @param when checks the expressions of rules; without it there may be none
 * @throws ChaperoneError `POLICY_INVALID`: `source:line:column: message`; nothing of an invalid file is used
 */
export function parsePolicies(text: string, source: string, when?: WhenCompiler): AgentPolicy[] {
  return parseDocuments(text, source, when).map(({ value }) => value);
}

/** The same, and where everything stands. */
export function parseDocuments(
  text: string,
  source: string,
  when?: WhenCompiler,
): readonly ReadDocument<AgentPolicy>[] {
  const check: Kind<AgentPolicy>['check'] = (policy, others, complain) => {
    checkNames(policy, others, complain);
    checkExpressions(policy, when, complain);
    checkApprovals(policy, complain);
  };
  return readDocuments(text, source, { ...POLICY, check });
}

/** Names are how a refusal is traced to its rule: none may be given twice. */
function checkNames(policy: AgentPolicy, others: readonly AgentPolicy[], complain: Complain): void {
  const { name } = policy.metadata;
  if (others.some((other) => other.metadata.name === name)) {
    complain(['metadata', 'name'], `a second policy is named ${name}`);
  }
  if (name === 'builtin' || name === 'default') complain(['metadata', 'name'], `the name ${name} is taken`);
  const seen = new Set<string>();
  for (const { rule, path } of rulesOf(policy)) {
    if (seen.has(rule.name)) complain(['spec', ...path, 'name'], `a second rule is named ${rule.name}`);
    seen.add(rule.name);
  }
}

function checkExpressions(policy: AgentPolicy, when: WhenCompiler | undefined, complain: Complain): void {
  for (const { rule, path } of rulesOf(policy)) {
    if (rule.when === undefined) continue;
    const place = ['spec', ...path, 'when'];
    try {
      if (when === undefined) throw new Error('expressions cannot be judged here');
      when(rule.when, path[0]);
    } catch (error) {
      complain(place, `${place.join('.')}: ${(error as Error).message}`);
    }
  }
}

function checkApprovals(policy: AgentPolicy, complain: Complain): void {
  for (const { rule, path } of rulesOf(policy)) {
    if (rule.approvals === undefined || rule.effect === 'ask') continue;
    complain(['spec', ...path, 'approvals'], `nobody is asked where the effect is ${rule.effect}`);
  }
}
