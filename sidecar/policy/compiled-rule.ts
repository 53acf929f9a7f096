/** Rules with their patterns made ready. */
import type { Effect } from '../../recorder/audit/event.ts';
import { type ApiMatcher, compileApiMatch } from './api-matcher.ts';
import { compileExecMatch } from './exec-matcher.ts';
import { compileIntentMatch, type IntentMatcher } from './intent-matcher.ts';
import { compileMatch, type Matcher } from './matcher.ts';
import { anyOf } from './pattern.ts';
import type { ApiRule } from './schema/api.ts';
import type { CommandConditions, CommandRule } from './schema/commands.ts';
import type { ExecRule } from './schema/exec.ts';
import type { RuleHead } from './schema/text.ts';
import type { ToolRule } from './schema/tools.ts';
import { compileToolMatch, type ToolMatcher } from './tool-matcher.ts';

/** What rules of every kind say. */
export interface CompiledHead {
  /** `policy-name/rule-name`. */
  name: string;
  effect: Effect;
  reason: string;
  /** What is allowed in place of what the rule refuses, where it says so. */
  instead?: string;
}

export interface CompiledRule extends CompiledHead {
  matches: Matcher;
}

export interface CompiledApiRule extends CompiledHead {
  matches: ApiMatcher;
  /** Of a request that a command comes to; null for a rule that allows, which says nothing of the command. */
  matchesIntent: IntentMatcher | null;
}

export interface CompiledToolRule extends CompiledHead {
  matches: ToolMatcher;
}

export interface IndexedRule extends CompiledRule {
  /** Whether the rule could match a command of this program. */
  concerns: (program: string) => boolean;
}

export function compileCommandRule(policy: string, rule: CommandRule): IndexedRule {
  return {
    ...headOf(policy, rule),
    matches: compileMatch(rule.match, rule.effect === 'allow'),
    concerns: concerning(rule.match),
  };
}

export function compileApiRule(policy: string, rule: ApiRule): CompiledApiRule {
  const allows = rule.effect === 'allow';
  return {
    ...headOf(policy, rule),
    matches: compileApiMatch(rule.match, allows),
    matchesIntent: allows ? null : compileIntentMatch(rule.match),
  };
}

/** One rule over requests, and where it says something about commands one over them. */
export function compileExecRule(
  policy: string,
  rule: ExecRule,
): { request: CompiledApiRule; command: IndexedRule | null } {
  const head = headOf(policy, rule);
  const allows = rule.effect === 'allow';
  const { ofRequest, ofIntent, ofCommand } = compileExecMatch(rule.match, allows);
  const command = ofCommand && { ...head, matches: ofCommand, concerns: concerning(rule.match.command) };
  return { request: { ...head, matches: ofRequest, matchesIntent: allows ? null : ofIntent }, command };
}

export function compileToolRule(policy: string, rule: ToolRule): CompiledToolRule {
  return { ...headOf(policy, rule), matches: compileToolMatch(rule.match, rule.effect === 'allow') };
}

function concerning({ program }: Pick<CommandConditions, 'program'> = {}): IndexedRule['concerns'] {
  return program === undefined ? () => true : anyOf(program);
}

function headOf(policy: string, { name, effect, reason, instead }: RuleHead): CompiledHead {
  return { name: `${policy}/${name}`, effect, reason, ...(instead !== undefined && { instead }) };
}
