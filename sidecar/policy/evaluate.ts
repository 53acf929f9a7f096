/**
 * Every part of an action judged, with every rule that had a say: what `decide` takes the strictest of, and `explain`
 * shows whole. Pure. How rules and policies combine is told in decide.ts.
 */
import type { Effect, Identity, Micros } from '../../recorder/audit/event.ts';
import type {
  Action,
  ApiIntent,
  CommandAction,
  KubeAction,
  SimpleCommand,
  ToolAction,
  Unknown,
} from '../action.ts';
import { both, NO, type Tri, YES } from '../match/tri.ts';
import { BUILTIN_RULES } from './builtin.ts';
import type { Surroundings } from './builtin-api/surroundings.ts';
import { BUILTIN_API_RULES } from './builtin-api.ts';
import { rolesOf } from './compiled-rule.ts';
import { isExec, placeOfCommand, requestedPlace } from './exec-matcher.ts';
import { asRequest, intentText } from './intent.ts';
import type { CompiledPolicy, CompiledRule, Defaults, PolicySet } from './policy-set.ts';
import {
  type Asker,
  commandFacts,
  execFacts,
  type Facts,
  factsOf,
  intentFacts,
  newObject,
  oldObject,
  requestFacts,
  toolFacts,
} from './when/facts.ts';

/** Something of an action that is judged by itself. */
export type Part =
  | { kind: 'command'; command: SimpleCommand }
  /** A function that the line defines under a name that is kept. */
  | { kind: 'function'; name: string }
  | { kind: 'request'; request: KubeAction }
  /** A request that a command comes to. */
  | { kind: 'intent'; intent: ApiIntent; command: SimpleCommand }
  | { kind: 'tool'; tool: ToolAction }
  /** What was not understood; `text` is where in the line, empty where it is the whole. */
  | { kind: 'unknown'; message: string; text: string; code?: Unknown['code'] };

/** What is told of a rule. */
export type RuleHead = Pick<CompiledRule, 'name' | 'effect' | 'reason' | 'instead' | 'approvals'>;

/** A rule that matches a part for certain, or may. */
export interface Match {
  rule: RuleHead;
  certain: boolean;
}

export interface Judgement {
  part: Part;
  effect: Effect;
  /** The rule or the default that decided. */
  rule: string;
  reason: string;
  /** What the rule that decided says is allowed in its place. */
  instead?: string;
  /** The rules have no certain answer to it: `defaults.unknown` had a say. */
  unknown: boolean;
  /** All rules that match it or may, in no order that means anything. */
  matches: readonly Match[];
}

const STRICTNESS: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };

/** Negative where `a` is less strict than `b`, 0 where they are alike. */
export function compareStrictness(a: Effect, b: Effect): number {
  return STRICTNESS[a] - STRICTNESS[b];
}

/**
 * In the order of the action. Empty where there is nothing in it to judge.
 * @param now for rules that ask for the time: without it, what hangs on it is not known
 */
export function evaluate(policies: PolicySet, action: Action, identity: Identity, now?: Micros): Judgement[] {
  const applying = { policies: policies.applyingTo(identity), asker: { identity, now } };
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
    const matches = BUILTIN.filter(({ functions }) => functions?.test(name)).map(({ rule }) => sureOf(rule));
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

const BUILTIN = BUILTIN_RULES.map(({ name, reason, matches, functions }) => ({
  rule: { name, reason, effect: 'deny' } satisfies RuleHead,
  matches,
  functions,
}));

function judgeCommand(
  command: SimpleCommand,
  action: CommandAction,
  { policies, asker }: Applying,
): Judgement {
  const matches: Match[] = [];
  const facts = factsOf(asker, {
    command: () => commandFacts(command, action),
    exec: () => ifThere(placeOfCommand(action), execFacts),
  });
  for (const { rule, matches: ask } of BUILTIN) note(matches, rule, ask(command, action), facts);
  const roles = rolesOf(command.touches);
  for (const policy of policies) {
    for (const rule of policy.rulesFor(command.program, roles))
      note(matches, rule, rule.matches(command, action), facts);
  }
  return weigh({ kind: 'command', command }, matches, policies);
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
  const facts = factsOf(asker, { request: () => intentFacts(intent) });
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
  const facts = factsOf(asker, {
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
  const facts = factsOf(asker, { tool: () => toolFacts(action) });
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
  facts: Facts,
): void {
  if (matched === NO) return;
  const answer = rule.when === undefined ? matched : both(matched, rule.when(facts));
  if (answer !== NO) matches.push({ rule, certain: answer === YES });
}

function ifThere<T>(given: T | null, of: (given: T) => object): object | undefined {
  return given === null ? undefined : of(given);
}

function sureOf(rule: RuleHead): Match {
  return { rule, certain: true };
}

/** What the rules that matched a part come to. */
function weigh(part: Part, matches: readonly Match[], policies: readonly CompiledPolicy[]): Judgement {
  let sure: RuleHead | null = null;
  let doubt: RuleHead | null = null;
  for (const { rule, certain } of matches) {
    if (certain) sure = stricter(sure, rule);
    else if (rule.effect !== 'allow') doubt = stricter(doubt, rule);
  }
  const certain = sure ?? fallback(part, policies);
  // A computed program is an unknown part of the line already.
  const blind = part.kind === 'command' && part.command.program === null;
  if (doubt === null || blind || compareStrictness(doubt.effect, certain.effect) <= 0)
    return { part, matches, ...head(certain), unknown: false };
  const reason = `it cannot be told whether ${doubt.name} matches${asked(part)}: ${doubt.reason}`;
  const doubted = byDefault('unknown', policies, reason);
  const decides = compareStrictness(doubted.effect, certain.effect) > 0 ? doubted : certain;
  return { part, matches, ...head(decides), unknown: true };
}

/** What is in doubt where it is not the whole. */
function asked(part: Part): string {
  return part.kind === 'intent' ? ` what it comes to (${intentText(part.intent)})` : '';
}

/** What holds where no rule is sure to match. */
export function fallback(part: Part, policies: readonly CompiledPolicy[]): RuleHead {
  return part.kind === 'intent' ? NO_MORE : byDefault(kindOf(part), policies, 'no rule matches it');
}

/** The command that asks for it has a judgement, and its default, of its own. */
const NO_MORE: RuleHead = { name: 'default/commands', effect: 'allow', reason: 'no rule matches it' };

/** Whose default counts. */
function kindOf(part: Exclude<Part, { kind: 'intent' }>): keyof Defaults {
  switch (part.kind) {
    case 'command':
    case 'function':
      return 'commands';
    case 'request':
      return isExec(part.request) ? 'exec' : 'api';
    case 'tool':
      return 'tools';
    case 'unknown':
      return 'unknown';
  }
}

/** What decided, of a judgement or a whole decision. */
export type Deciding = Pick<Judgement, 'effect' | 'rule' | 'reason' | 'instead'>;

function head({ effect, name, reason, instead }: RuleHead): Deciding {
  return { effect, rule: name, reason, ...(instead !== undefined && { instead }) };
}

function unknownPart(
  part: Extract<Part, { kind: 'unknown' }>,
  policies: readonly CompiledPolicy[],
): Judgement {
  return { part, matches: [], ...head(byDefault('unknown', policies, part.message)), unknown: true };
}

/**
 * The stricter of two. Of two alike the built-in one, for nobody can change that; else the one whose name comes first, so
 * that order does not show. Built-in rules come first, in their own order.
 */
function stricter(a: RuleHead | null, b: RuleHead): RuleHead {
  if (a === null) return b;
  const difference = compareStrictness(b.effect, a.effect);
  if (difference !== 0) return difference > 0 ? b : a;
  return !a.name.startsWith('builtin/') && b.name < a.name ? b : a;
}

/** What nothing else decides, as a rule: the strictest that a policy states, and `ask` where none does. */
export function byDefault(
  which: keyof Defaults,
  policies: readonly CompiledPolicy[],
  reason: string,
): RuleHead {
  let strictest: Effect | null = null;
  for (const { defaults } of policies) {
    const effect = defaults[which];
    if (effect === undefined) continue;
    if (strictest === null || compareStrictness(effect, strictest) > 0) strictest = effect;
  }
  return { effect: strictest ?? 'ask', name: `default/${which}`, reason };
}
