/** What rules come to that had a say on one part of an action, and what holds where none had. */
import type { Effect } from '../../recorder/audit/decision.ts';
import { isExec } from './exec-matcher.ts';
import { intentText } from './intent.ts';
import {
  compareStrictness,
  type Deciding,
  type Judgement,
  type Match,
  type Part,
  type RuleHead,
} from './judgement.ts';
import type { CompiledPolicy, Defaults } from './policy-set.ts';

/** What the rules that matched a part come to. */
export function weigh(part: Part, matches: readonly Match[], policies: readonly CompiledPolicy[]): Judgement {
  let sure: RuleHead | null = null;
  let doubt: RuleHead | null = null;
  for (const { rule, certain } of matches) {
    if (certain) sure = stricter(sure, rule);
    else if (rule.effect !== 'allow') doubt = stricter(doubt, rule);
  }
  const certain = sure ?? fallback(part, policies);
  if (doubt === null || isOpen(part) || compareStrictness(doubt.effect, certain.effect) <= 0)
    return { part, matches, ...head(certain), unknown: false };
  const reason = `it cannot be told whether ${doubt.name} matches${asked(part)}: ${doubt.reason}`;
  const doubted = byDefault('unknown', policies, reason);
  const decides = compareStrictness(doubted.effect, certain.effect) > 0 ? doubted : certain;
  return { part, matches, ...head(decides), unknown: true };
}

/** Whether it is known already that not all is known of it: a computed program, and what a program may do. */
export function isOpen(part: Part): boolean {
  if (part.kind !== 'command' && part.kind !== 'intent') return false;
  return part.command.inProgram === true || (part.kind === 'command' && part.command.program === null);
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

function head({ effect, name, reason, instead }: RuleHead): Deciding {
  return instead === undefined ? { effect, rule: name, reason } : { effect, rule: name, reason, instead };
}

export function unknownPart(
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
