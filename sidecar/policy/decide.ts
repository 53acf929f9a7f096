/**
 * The decision on one action: the strictest judgement of its parts, pure. How several rules and policies combine:
 *
 * - Every rule of every policy that applies to the identity is asked of every command of the line, or of the
 *   request. The strictest that matches counts: deny, then ask, then allow. Order never matters.
 * - What no rule matches gets the default of its kind (`commands`, `api`, `exec`, `tools`), the strictest of the policies that
 *   state one; a policy that states none for `exec` gives its `api`.
 *   So a rule that allows overrides a default, and nothing else.
 * - A part that was not understood, and a rule stricter than the rest of which it cannot be said whether it
 *   matches, gets `defaults.unknown`, the strictest of the policies that state one. If that lets it pass, the decision is
 *   marked `unjudged`. Where it asks, and what would ask is the shell's own prompt or completion, it passes so too.
 * - A default that no policy states is `ask`.
 * - A policy that is added never lifts what a rule denied or asked. What more it makes possible comes of a rule that
 *   stands in for a default, or of a default that nobody stated.
 * - A line gets the strictest decision of its parts. The built-in rules hold before and beside all policies.
 */
import type { Decision } from '../../recorder/audit/decision.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import type { Action } from '../action.ts';
import { evaluate } from './evaluate.ts';
import { compareStrictness, type Deciding, type Judgement } from './judgement.ts';
import type { PolicySet } from './policy-set.ts';

export function decide(policies: PolicySet, action: Action, identity: Identity, now?: Micros): Decision {
  return strictest(evaluate(policies, action, identity, now));
}

/** Of two alike the first. */
export function strictest(judgements: readonly Judgement[]): Decision {
  let decisive: Deciding = judgements[0] ?? NOTHING;
  let unknown = false;
  for (const judgement of judgements) {
    unknown ||= judgement.unknown;
    if (compareStrictness(judgement.effect, decisive.effect) > 0) decisive = judgement;
  }
  const { effect, rule, reason, instead } = decisive;
  const unjudged = effect === 'allow' && unknown;
  return { effect, rule, reason, ...(instead !== undefined && { instead }), unjudged };
}

const NOTHING = {
  effect: 'allow',
  rule: 'default/empty',
  reason: 'there is no command in it',
} as const;
