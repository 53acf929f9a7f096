/**
 * Why a policy decides an action as it does: what `chaperone policy explain --json` prints and the page shows. Types
 * only: safe to import from the browser.
 */
import type { Decision, Effect, ToolUse } from '../audit/decision.ts';

export interface Explanation {
  policy: {
    digest: string;
    /** Names of the policies that are for this identity, and of those that are not. */
    applying: string[];
    others: string[];
  };
  subject:
    | { kind: 'command'; line: string; cwd: string }
    | { kind: 'request'; method: string; uri: string; dryRun: boolean }
    | { kind: 'tool'; use: ToolUse; tool: string; path: string };
  decision: Decision;
  /** In the order of the action. */
  parts: ExplainedPart[];
  /** Parts that are allowed and left out, where there are too many to show. */
  omitted: number;
  /** What stands in the way where it is not allowed: all of these, and nothing else. */
  obstacles: Obstacle[];
  /** Changes that were tried, and that would be allowed as a whole. */
  variants: Variant[];
}

/** Something of an action that is judged by itself. */
export interface ExplainedPart {
  /** `intent` is a request to the Kubernetes API that a command comes to. */
  kind: 'command' | 'function' | 'request' | 'intent' | 'tool' | 'unknown';
  /** A command's words, a function's name, a request in words, a tool, or why a part is not understood. */
  title: string;
  /** How many wrappers a command stands under: `ls` of `sudo env ls` is at 2. */
  depth: number;
  /** What it does, as it was understood, e.g. `deletes` with the paths. Only what there is. */
  facts: Fact[];
  effect: Effect;
  rule: string;
  reason: string;
  instead?: string;
  /** True where the rules have no certain answer to it. */
  unknown: boolean;
  /** True where the decision on the whole is this one's. */
  decisive: boolean;
  /** Every rule that matches or may, the strictest first. Where there is none a default decided. */
  matches: ExplainedMatch[];
}

export interface Fact {
  name: string;
  values: readonly string[];
}

export interface ExplainedMatch {
  rule: string;
  effect: Effect;
  reason: string;
  instead?: string;
  /** False where only running it would tell. */
  certain: boolean;
}

export interface Obstacle {
  /** Its place among the parts. */
  part: number;
  /** `rule` of a policy; `builtin` for ever; `default` where no rule allows it; `doubt` where one may match; `unknown`. */
  kind: 'rule' | 'builtin' | 'default' | 'doubt' | 'unknown';
  effect: Effect;
  /** The rules or the default that would have to give way. */
  rules: string[];
  /** One sentence: what would take it out of the way. */
  hint: string;
}

export interface Variant {
  /** E.g. `without --force`. */
  change: string;
  /** The whole of it so changed. */
  text: string;
}
