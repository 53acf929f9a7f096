/**
 * Who may decide on what is asked about, and for how long: the strictest of what is said of it. Pure.
 *
 * A rule's own `approvals` stand in for those of its policy, member by member. What several rules and policies say is
 * then taken together: the shortest times, the largest quorum, only groups that all of them name, and self-approval only
 * where all that say something about it allow it.
 */
import type { Terms } from '../../recorder/approvals/asking.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import type { Judgement } from './judgement.ts';
import type { CompiledPolicy } from './policy-set.ts';
import { type Approvals, parseDuration } from './schema/approvals.ts';
import { type AgentPolicy, rulesOf } from './schema.ts';

const MINUTE: Micros = 60 * 1_000_000;
const TIMEOUT = 15 * MINUTE;
const VALIDITY = 5 * MINUTE;

/** Null where nobody may: there is no group that all of them name. */
export function termsOf(
  policies: readonly CompiledPolicy[],
  judgements: readonly Pick<Judgement, 'matches'>[],
): Terms | null {
  return strictest(policies.flatMap((policy) => statedBy(policy, judgements)));
}

function statedBy(
  { name, approvals }: CompiledPolicy,
  judgements: readonly Pick<Judgement, 'matches'>[],
): Approvals[] {
  const asking = judgements
    .flatMap(({ matches }) => matches)
    .filter(({ rule }) => rule.effect === 'ask' && rule.name.startsWith(`${name}/`));
  return asking.length === 0 ? [approvals] : asking.map(({ rule }) => ({ ...approvals, ...rule.approvals }));
}

export function strictest(stated: readonly Approvals[]): Terms | null {
  const groups = stated.flatMap((one) => (one.groups === undefined ? [] : [one.groups]));
  const [first, ...rest] = groups;
  const shared = (first ?? []).filter((group) => rest.every((others) => others.includes(group)));
  if (first !== undefined && shared.length === 0) return null;
  const self = stated.flatMap(({ selfApproval }) => selfApproval ?? []);
  return {
    groups: [...new Set(shared)].sort(),
    quorum: Math.max(1, ...stated.flatMap(({ quorum }) => quorum ?? [])),
    selfApproval: self.length > 0 && self.every(Boolean),
    timeout: shortest(stated.flatMap(({ timeout }) => timeout ?? [])) ?? TIMEOUT,
    validity: shortest(stated.flatMap(({ validity }) => validity ?? [])) ?? VALIDITY,
  };
}

/** How long a person may take at most, by whatever rule of these policies asks. */
export function longestTimeout(policies: readonly AgentPolicy[]): Micros {
  const stated = policies.flatMap((policy) => [
    policy.spec.approvals?.timeout ?? [],
    ...rulesOf(policy).map(({ rule }) => rule.approvals?.timeout ?? []),
  ]);
  return Math.max(TIMEOUT, ...stated.flat().map(parseDuration));
}

function shortest(durations: readonly string[]): Micros | null {
  return durations.length === 0 ? null : Math.min(...durations.map(parseDuration));
}
