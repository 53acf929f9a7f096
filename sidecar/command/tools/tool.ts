/** What a tool is given, and what it says of itself. */
import type { ApiIntent, Capability } from '../../action.ts';
import type { Word } from '../fields.ts';

/** A call of a program. */
export interface ToolCall {
  /** The program among them. */
  words: readonly Word[];
  /** What it reads from its standard input, where that is known. */
  stdin: string | null;
  /** Whether there may be so much more work, counted in characters that are read; it is spent then. */
  affords(work: number): boolean;
}

export interface ToolUse {
  requests?: readonly ApiIntent[];
  hosts?: readonly (string | null)[];
  capabilities?: readonly Capability[];
}

export type Tool = (call: ToolCall) => ToolUse;
