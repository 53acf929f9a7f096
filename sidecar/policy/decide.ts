/**
 * The decision on one action, pure. How several rules and policies combine:
 *
 * - Every rule of every policy that applies to the identity is asked of every command of the line. The
 *   strictest that matches counts: deny, then ask, then allow. Order never matters.
 * - A command that no rule matches gets `defaults.commands`, the strictest of the policies that state one.
 *   So a rule that allows overrides a default, and nothing else.
 * - A part that was not understood, and a rule stricter than the rest of which it cannot be said whether it
 *   matches, gets `defaults.unknown`, the strictest of the policies that state one. If that lets it pass, the decision is
 *   marked `unjudged`.
 * - A default that no policy states is `ask`.
 * - A line gets the strictest decision of its parts. The built-in rules hold before and beside all policies.
 */
import type { Decision, Effect, Identity } from '../../recorder/audit/event.ts';
import type { Action, CommandAction, SimpleCommand } from '../action.ts';
import { BUILTIN_RULES } from './builtin.ts';
import type { CompiledPolicy, CompiledRule, PolicySet } from './policy-set.ts';
import { MAYBE, NO, YES } from './tri.ts';

const STRICTNESS: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };

/** One part's judgement. */
interface Judgement {
  effect: Effect;
  rule: string;
  reason: string;
  /** The rules have no certain answer to it. */
  unknown: boolean;
}

export function decide(policies: PolicySet, action: Action, identity: Identity): Decision {
  const applying = policies.applyingTo(identity);
  let strictest: Judgement | null = null;
  let unknown = false;
  const take = (judgement: Judgement) => {
    unknown ||= judgement.unknown;
    if (strictest === null || STRICTNESS[judgement.effect] > STRICTNESS[strictest.effect])
      strictest = judgement;
  };
  for (const rule of BUILTIN_RULES) {
    if (rule.functions !== undefined && action.functions.some((name) => rule.functions!.test(name))) {
      take({ effect: 'deny', rule: rule.name, reason: rule.reason, unknown: false });
    }
  }
  for (const command of action.commands) {
    for (const judgement of judge(command, action, applying)) take(judgement);
  }
  for (const part of action.unknown) take(byDefault('unknown', applying, part.message));
  const { effect, rule, reason } = (strictest as Judgement | null) ?? NOTHING;
  return { effect, rule, reason, unjudged: effect === 'allow' && unknown };
}

const NOTHING: Judgement = {
  effect: 'allow',
  rule: 'default/empty',
  reason: 'there is no command in it',
  unknown: false,
};

function judge(
  command: SimpleCommand,
  action: CommandAction,
  policies: readonly CompiledPolicy[],
): Judgement[] {
  let sure: Judgement | null = null;
  let doubt: CompiledRule | null = null;
  for (const rule of BUILTIN_RULES) {
    const answer = rule.matches(command, action);
    if (answer === NO) continue;
    const judgement: CompiledRule = {
      name: rule.name,
      effect: 'deny',
      reason: rule.reason,
      matches: rule.matches,
    };
    if (answer === YES) sure = stricter(sure, judgement);
    else doubt ??= judgement;
  }
  for (const policy of policies) {
    for (const rule of policy.rulesFor(command.program)) {
      const answer = rule.matches(command, action);
      if (answer === YES) sure = stricter(sure, rule);
      else if (answer === MAYBE && rule.effect !== 'allow') doubt = stricterRule(doubt, rule);
    }
  }
  const certain = sure ?? byDefault('commands', policies, 'no rule matches it');
  // A computed program is an unknown part of the line already.
  if (doubt === null || command.program === null || STRICTNESS[doubt.effect] <= STRICTNESS[certain.effect])
    return [certain];
  return [
    certain,
    byDefault('unknown', policies, `it cannot be told whether ${doubt.name} matches: ${doubt.reason}`),
  ];
}

/** The stricter of two; of two alike the one whose name comes first, so that order does not show. */
function stricter(sure: Judgement | null, rule: CompiledRule): Judgement {
  const { effect, name, reason } = rule;
  const judgement = { effect, rule: name, reason, unknown: false };
  if (sure === null) return judgement;
  const difference = STRICTNESS[effect] - STRICTNESS[sure.effect];
  return difference > 0 || (difference === 0 && name < sure.rule) ? judgement : sure;
}

function stricterRule(a: CompiledRule | null, b: CompiledRule): CompiledRule {
  if (a === null) return b;
  const difference = STRICTNESS[b.effect] - STRICTNESS[a.effect];
  return difference > 0 || (difference === 0 && b.name < a.name) ? b : a;
}

function byDefault(
  which: 'commands' | 'unknown',
  policies: readonly CompiledPolicy[],
  reason: string,
): Judgement {
  let strictest: Effect | null = null;
  for (const { defaults } of policies) {
    const effect = defaults[which];
    if (effect === undefined) continue;
    if (strictest === null || STRICTNESS[effect] > STRICTNESS[strictest]) strictest = effect;
  }
  return { effect: strictest ?? 'ask', rule: `default/${which}`, reason, unknown: which === 'unknown' };
}
