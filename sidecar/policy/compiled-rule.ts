/** Rules with their patterns made ready. */
import type { Effect } from '../../recorder/audit/decision.ts';
import type { Touch } from '../action.ts';
import { type ApiMatcher, compileApiMatch } from './api-matcher.ts';
import { compileExecMatch } from './exec-matcher.ts';
import { compileIntentMatch, type IntentMatcher } from './intent-matcher.ts';
import { compileMatch, type Matcher } from './matcher.ts';
import { anyOf } from './pattern.ts';
import type { ApiRule } from './schema/api.ts';
import type { Approvals } from './schema/approvals.ts';
import type { CommandConditions, CommandMatch, CommandRule } from './schema/commands.ts';
import type { ExecRule } from './schema/exec.ts';
import type { RuleHead } from './schema/text.ts';
import type { ToolRule } from './schema/tools.ts';
import { compileToolMatch, type ToolMatcher } from './tool-matcher.ts';
import type { When, WhenCompiler } from './when/facts.ts';
import type { RuleKind } from './when/type.ts';

/** What rules of every kind say. */
export interface CompiledHead {
  /** `policy-name/rule-name`. */
  name: string;
  effect: Effect;
  reason: string;
  /** What is allowed in place of what the rule refuses, where it says so. */
  instead?: string;
  /** What else has to be true. */
  when?: When;
  /** Where it asks, what it says of that itself. */
  approvals?: Approvals;
}

/** For which policy rules are compiled, and what compiles their expressions where there are any. */
export interface Compiling {
  policy: string;
  when: WhenCompiler | undefined;
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
  /** What a command has to do to some path, or the rule does not match it: see `rolesOf`. */
  needs: number;
}

const ROLES = ['reads', 'writes', 'deletes', 'changes'] as const;

/** A bit for each role in which it touches some path. */
export function rolesOf(touches: readonly Touch[]): number {
  let roles = 0;
  for (const { role } of touches) roles |= 1 << ROLES.indexOf(role);
  return roles;
}

/** The roles that a rule names; a command has to have all of them. */
function needsOf(match: CommandMatch): number {
  return ROLES.reduce((needs, role, place) => (match[role] === undefined ? needs : needs | (1 << place)), 0);
}

export function compileCommandRule(compiling: Compiling, rule: CommandRule): IndexedRule {
  return {
    ...headOf(compiling, 'commands', rule),
    matches: compileMatch(rule.match, rule.effect === 'allow'),
    needs: needsOf(rule.match),
    concerns: concerning(rule.match),
  };
}

export function compileApiRule(compiling: Compiling, rule: ApiRule): CompiledApiRule {
  const allows = rule.effect === 'allow';
  return {
    ...headOf(compiling, 'api', rule),
    matches: compileApiMatch(rule.match, allows),
    matchesIntent: allows ? null : compileIntentMatch(rule.match),
  };
}

/** One rule over requests, and where it says something about commands one over them. */
export function compileExecRule(
  compiling: Compiling,
  rule: ExecRule,
): { request: CompiledApiRule; command: IndexedRule | null } {
  const head = headOf(compiling, 'exec', rule);
  const allows = rule.effect === 'allow';
  const { ofRequest, ofIntent, ofCommand } = compileExecMatch(rule.match, allows);
  const command = ofCommand && {
    ...head,
    matches: ofCommand,
    concerns: concerning(rule.match.command),
    needs: 0,
  };
  return { request: { ...head, matches: ofRequest, matchesIntent: allows ? null : ofIntent }, command };
}

export function compileToolRule(compiling: Compiling, rule: ToolRule): CompiledToolRule {
  return {
    ...headOf(compiling, 'tools', rule),
    matches: compileToolMatch(rule.match, rule.effect === 'allow'),
  };
}

function concerning({ program }: Pick<CommandConditions, 'program'> = {}): IndexedRule['concerns'] {
  return program === undefined ? () => true : anyOf(program);
}

function headOf(
  { policy, when: compile }: Compiling,
  kind: RuleKind,
  { name, effect, reason, instead, when, approvals }: RuleHead,
): CompiledHead {
  if (when !== undefined && compile === undefined) throw new Error(`nothing is loaded that compiles ${when}`);
  return {
    ...{ name: `${policy}/${name}`, effect, reason },
    ...(instead !== undefined && { instead }),
    ...(approvals !== undefined && { approvals }),
    ...(when !== undefined && compile !== undefined && { when: compile(when, kind) }),
  };
}
