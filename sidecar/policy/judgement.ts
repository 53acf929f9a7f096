/** What the judging of an action gives: each part of it, what holds for it, and every rule that had a say. */
import type { Effect } from '../../recorder/audit/decision.ts';
import type { ApiIntent, KubeAction, SimpleCommand, ToolAction, Unknown } from '../action.ts';
import type { CompiledRule } from './policy-set.ts';

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

/** What decided, of a judgement or a whole decision. */
export type Deciding = Pick<Judgement, 'effect' | 'rule' | 'reason' | 'instead'>;

const STRICTNESS: Record<Effect, number> = { allow: 0, ask: 1, deny: 2 };

/** Negative where `a` is less strict than `b`, 0 where they are alike. */
export function compareStrictness(a: Effect, b: Effect): number {
  return STRICTNESS[a] - STRICTNESS[b];
}
