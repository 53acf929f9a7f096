/**
 * Every part of an action judged, with every rule that had a say: what `decide` takes the strictest of, and `explain`
 * shows whole. Pure. How rules and policies combine is told in decide.ts.
 */
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import type { Action, ApiIntent, CommandAction, KubeAction, SimpleCommand, ToolAction } from '../action.ts';
import { both, NO, type Tri, YES } from '../match/tri.ts';
import { builtinRulesFor, FUNCTION_RULES } from './builtin.ts';
import type { Surroundings } from './builtin-api/surroundings.ts';
import { BUILTIN_API_RULES } from './builtin-api.ts';
import { rolesOf } from './compiled-rule.ts';
import { placeOfCommand, requestedPlace } from './exec-matcher.ts';
import { asRequest } from './intent.ts';
import type { Judgement, Match, RuleHead } from './judgement.ts';
import type { CompiledPolicy, CompiledRule, PolicySet } from './policy-set.ts';
import { unknownPart, weigh } from './weigh.ts';
import {
  type Asker,
  commandFacts,
  execFacts,
  type Facts,
  factsOf,
  intentFacts,
  newObject,
  newPurse,
  oldObject,
  requestFacts,
  toolFacts,
} from './when/facts.ts';

/**
 * In the order of the action. Empty where there is nothing in it to judge.
 * @param now for rules that ask for the time: without it, what hangs on it is not known
 */
export function evaluate(policies: PolicySet, action: Action, identity: Identity, now?: Micros): Judgement[] {
  const applying = { policies: policies.applyingTo(identity), asker: { identity, now, purse: newPurse() } };
  switch (action.kind) {
    case 'command':
      return judgeLine(action, applying, policies.surroundings);
    case 'request':
      return judgeRequest(action, applying, policies.surroundings);
    case 'tool':
      return judgeTool(action, applying);
  }
}

/** Whose policies judge, and what their expressions are told of who asks. */
interface Applying {
  policies: readonly CompiledPolicy[];
  asker: Asker;
}

function judgeLine(action: CommandAction, applying: Applying, surroundings: Surroundings): Judgement[] {
  const { policies } = applying;
  const judgements: Judgement[] = [];
  for (const name of action.functions) {
    const matches = FUNCTION_RULES.filter(({ functions }) => functions?.test(name)).map(sureOf);
    if (matches.length > 0) judgements.push(weigh({ kind: 'function', name }, matches, policies));
  }
  for (const command of action.commands) {
    judgements.push(judgeCommand(command, action, applying));
    for (const intent of command.requests) {
      const matches = intentMatches(intent, applying, surroundings);
      if (matches.length > 0) judgements.push(weigh({ kind: 'intent', intent, command }, matches, policies));
    }
  }
  for (const { code, message, text } of action.unknown)
    judgements.push(unknownPart({ kind: 'unknown', code, message, text }, policies));
  return action.context === undefined ? judgements : judgements.map(unasked);
}

/**
 * Nobody can be asked each time that the shell's own prompt or completion runs something: what cannot be told passes there, and is
 * marked. What an agent puts into a prompt was judged when it was put there.
 */
function unasked(judgement: Judgement): Judgement {
  const isDefault = judgement.unknown && judgement.rule === 'default/unknown';
  return isDefault && judgement.effect === 'ask' ? { ...judgement, effect: 'allow' } : judgement;
}

function judgeCommand(
  command: SimpleCommand,
  action: CommandAction,
  { policies, asker }: Applying,
): Judgement {
  const matches: Match[] = [];
  let facts: Facts | undefined;
  for (const rule of builtinRulesFor(command.program)) {
    const matched = rule.matches(command, action);
    if (matched !== NO) matches.push({ rule, certain: matched === YES });
  }
  const roles = rolesOf(command.touches);
  for (const policy of policies) {
    const rules = policy.rulesFor(command.program, roles);
    // A script has thousands of commands, a policy hundreds of rules: no iterator for each pair.
    for (let at = 0; at < rules.length; at++) {
      const rule = rules[at]!;
      const matched = rule.matches(command, action);
      if (matched === NO) continue;
      note(matches, rule, matched, () => (facts ??= factsOfCommand(command, action, asker)));
    }
  }
  return weigh({ kind: 'command', command }, matches, policies);
}

/** For all rules that ask about it. */
function factsOfCommand(command: SimpleCommand, action: CommandAction, asker: Asker): Facts {
  return factsOf(asker, {
    command: () => commandFacts(command, action),
    exec: () => ifThere(placeOfCommand(action), execFacts),
  });
}

/**
 * The rules that may refuse what a command asks of the API server. A built-in one only where it certainly does: it holds
 * at the proxy in any case, and would doubt every manifest that is not seen.
 */
function intentMatches(
  intent: ApiIntent,
  { policies, asker }: Applying,
  surroundings: Surroundings,
): Match[] {
  const facts = () => factsOf(asker, { request: () => intentFacts(intent) });
  const matches: Match[] = intent.certain ? builtInMatches(asRequest(intent), surroundings) : [];
  for (const policy of policies) {
    for (const rule of policy.api) note(matches, rule, rule.matchesIntent?.(intent) ?? NO, facts);
  }
  return matches;
}

function builtInMatches(action: KubeAction, surroundings: Surroundings): Match[] {
  return BUILTIN_API_RULES.filter(({ refuses }) => refuses(action, surroundings)).map(({ name, reason }) =>
    sureOf({ name, effect: 'deny', reason: typeof reason === 'string' ? reason : reason(surroundings) }),
  );
}

function judgeRequest(
  action: KubeAction,
  { policies, asker }: Applying,
  surroundings: Surroundings,
): Judgement[] {
  const matches = builtInMatches(action, surroundings);
  const facts = () =>
    factsOf(asker, {
      request: () => requestFacts(action),
      object: () => newObject(action),
      oldObject: () => oldObject(action),
      exec: () => ifThere(requestedPlace(action), execFacts),
    });
  for (const policy of policies) {
    for (const rule of policy.api) note(matches, rule, rule.matches(action), facts);
  }
  return [weigh({ kind: 'request', request: action }, matches, policies), ...unknownParts(action, policies)];
}

function judgeTool(action: ToolAction, { policies, asker }: Applying): Judgement[] {
  const matches: Match[] = [];
  const facts = () => factsOf(asker, { tool: () => toolFacts(action) });
  for (const policy of policies) {
    for (const rule of policy.tools) note(matches, rule, rule.matches(action), facts);
  }
  return [weigh({ kind: 'tool', tool: action }, matches, policies), ...unknownParts(action, policies)];
}

function unknownParts(
  { unknown }: KubeAction | ToolAction,
  policies: readonly CompiledPolicy[],
): Judgement[] {
  return unknown.map((message) => unknownPart({ kind: 'unknown', message, text: '' }, policies));
}

/** What else has to be true is asked last, and only of what matches. */
function note(
  matches: Match[],
  rule: RuleHead & Pick<CompiledRule, 'when'>,
  matched: Tri,
  facts: () => Facts,
): void {
  if (matched === NO) return;
  const answer = rule.when === undefined ? matched : both(matched, rule.when(facts()));
  if (answer !== NO) matches.push({ rule, certain: answer === YES });
}

function ifThere<T>(given: T | null, of: (given: T) => object): object | undefined {
  return given === null ? undefined : of(given);
}

function sureOf(rule: RuleHead): Match {
  return { rule, certain: true };
}
