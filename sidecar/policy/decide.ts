/**
 * The decision on one action, pure. How several rules and policies combine:
 *
 * - Every rule of every policy that applies to the identity is asked of every command of the line, or of the
 *   request. The strictest that matches counts: deny, then ask, then allow. Order never matters.
 * - What no rule matches gets `defaults.commands` or `defaults.api`, the strictest of the policies that state one.
 *   So a rule that allows overrides a default, and nothing else.
 * - A part that was not understood, and a rule stricter than the rest of which it cannot be said whether it
 *   matches, gets `defaults.unknown`, the strictest of the policies that state one. If that lets it pass, the decision is
 *   marked `unjudged`.
 * - A default that no policy states is `ask`.
 * - A line gets the strictest decision of its parts. The built-in rules hold before and beside all policies.
 */
import type { Decision, Effect, Identity } from '../../recorder/audit/event.ts';
import type { Action, CommandAction, KubeAction, SimpleCommand } from '../action.ts';
import { BUILTIN_RULES } from './builtin.ts';
import type { Surroundings } from './builtin-api/surroundings.ts';
import { BUILTIN_API_RULES } from './builtin-api.ts';
import type { CompiledPolicy, CompiledRule, Defaults, PolicySet } from './policy-set.ts';
import { MAYBE, type Tri, YES } from './tri.ts';

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
  switch (action.kind) {
    case 'command':
      return combine(judgeLine(action, applying));
    case 'request':
      return combine(judgeRequest(action, applying, policies.surroundings));
  }
}

/** The strictest; of two alike the first. */
function combine(judgements: Iterable<Judgement>): Decision {
  let strictest: Judgement | null = null;
  let unknown = false;
  for (const judgement of judgements) {
    unknown ||= judgement.unknown;
    if (strictest === null || STRICTNESS[judgement.effect] > STRICTNESS[strictest.effect])
      strictest = judgement;
  }
  const { effect, rule, reason } = strictest ?? NOTHING;
  return { effect, rule, reason, unjudged: effect === 'allow' && unknown };
}

function* judgeLine(action: CommandAction, policies: readonly CompiledPolicy[]): Generator<Judgement> {
  for (const rule of BUILTIN_RULES) {
    if (rule.functions !== undefined && action.functions.some((name) => rule.functions!.test(name))) {
      yield { effect: 'deny', rule: rule.name, reason: rule.reason, unknown: false };
    }
  }
  for (const command of action.commands) yield* judge(command, action, policies);
  for (const part of action.unknown) yield byDefault('unknown', policies, part.message);
}

function* judgeRequest(
  action: KubeAction,
  policies: readonly CompiledPolicy[],
  surroundings: Surroundings,
): Generator<Judgement> {
  for (const { name, reason, refuses } of BUILTIN_API_RULES) {
    if (!refuses(action, surroundings)) continue;
    const said = typeof reason === 'string' ? reason : reason(surroundings);
    yield { effect: 'deny', rule: name, reason: said, unknown: false };
  }
  const answers = policies
    .flatMap(({ api }) => api)
    .map((rule): Answer => ({ rule, answer: rule.matches(action) }));
  yield* weigh(answers, { policies, kind: 'api', blind: false });
  for (const reason of action.unknown) yield byDefault('unknown', policies, reason);
}

const NOTHING: Judgement = {
  effect: 'allow',
  rule: 'default/empty',
  reason: 'there is no command in it',
  unknown: false,
};

/** What a rule says of a thing. */
interface Answer {
  rule: Pick<CompiledRule, 'name' | 'effect' | 'reason'>;
  answer: Tri;
}

function judge(
  command: SimpleCommand,
  action: CommandAction,
  policies: readonly CompiledPolicy[],
): Judgement[] {
  const answers: Answer[] = BUILTIN_RULES.map((rule) => ({
    rule: { name: rule.name, effect: 'deny', reason: rule.reason },
    answer: rule.matches(command, action),
  }));
  for (const policy of policies) {
    for (const rule of policy.rulesFor(command.program))
      answers.push({ rule, answer: rule.matches(command, action) });
  }
  // A computed program is an unknown part of the line already.
  return weigh(answers, { policies, kind: 'commands', blind: command.program === null });
}

/** @param about `blind`: that rules are in doubt about it is said elsewhere */
function weigh(
  answers: readonly Answer[],
  about: { policies: readonly CompiledPolicy[]; kind: 'commands' | 'api'; blind: boolean },
): Judgement[] {
  let sure: Judgement | null = null;
  let doubt: Answer['rule'] | null = null;
  for (const { rule, answer } of answers) {
    if (answer === YES) sure = stricter(sure, rule);
    else if (answer === MAYBE && rule.effect !== 'allow') doubt = stricterRule(doubt, rule);
  }
  const certain = sure ?? byDefault(about.kind, about.policies, 'no rule matches it');
  if (doubt === null || about.blind || STRICTNESS[doubt.effect] <= STRICTNESS[certain.effect])
    return [certain];
  const reason = `it cannot be told whether ${doubt.name} matches: ${doubt.reason}`;
  return [certain, byDefault('unknown', about.policies, reason)];
}

/** The stricter of two; of two alike the one whose name comes first, so that order does not show. */
function stricter(sure: Judgement | null, rule: Answer['rule']): Judgement {
  const { effect, name, reason } = rule;
  const judgement = { effect, rule: name, reason, unknown: false };
  if (sure === null) return judgement;
  const difference = STRICTNESS[effect] - STRICTNESS[sure.effect];
  return difference > 0 || (difference === 0 && name < sure.rule) ? judgement : sure;
}

function stricterRule(a: Answer['rule'] | null, b: Answer['rule']): Answer['rule'] {
  if (a === null) return b;
  const difference = STRICTNESS[b.effect] - STRICTNESS[a.effect];
  return difference > 0 || (difference === 0 && b.name < a.name) ? b : a;
}

function byDefault(which: keyof Defaults, policies: readonly CompiledPolicy[], reason: string): Judgement {
  let strictest: Effect | null = null;
  for (const { defaults } of policies) {
    const effect = defaults[which];
    if (effect === undefined) continue;
    if (strictest === null || STRICTNESS[effect] > STRICTNESS[strictest]) strictest = effect;
  }
  return { effect: strictest ?? 'ask', rule: `default/${which}`, reason, unknown: which === 'unknown' };
}
