/** From YAML to policies that can be judged by; every complaint says where. */
import { type Complain, type Kind, readDocuments } from './documents.ts';
import { type AgentPolicy, KIND, policySchema, rulesOf } from './schema.ts';

/** Parts of the language that come later: named, so that the message does not sound like a misspelling. */
const LATER = new Set(['approvals', 'when', 'onRecorderFailure']);

const POLICY: Kind<AgentPolicy> = {
  name: KIND,
  several: 'policies',
  schema: policySchema,
  later: LATER,
  check: checkNames,
};

/**
 * Reads one or more AgentPolicy documents.
 * @param source what the text is called in messages
 * @throws ChaperoneError `POLICY_INVALID`: `source:line:column: message`; nothing of an invalid file is used
 */
export function parsePolicies(text: string, source: string): AgentPolicy[] {
  return readDocuments(text, source, POLICY).map(({ value }) => value);
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
