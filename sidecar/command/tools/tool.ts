/** What a tool is given, and what it says of itself. */
import type { ApiIntent, Capability } from '../../action.ts';
import type { Word } from '../words/fields.ts';
import type { Known } from './known.ts';

/** What a client's own options say of where it goes; null is computed, undefined not said. */
export interface ContextChoice {
  kubeconfig: Known | undefined;
  context: Known | undefined;
}

/** A call of a program. */
export interface ToolCall {
  /** The program among them. */
  words: readonly Word[];
  /** What it reads from its standard input, where that is known. */
  stdin: string | null;
  /** Whether there may be so much more work, counted in characters that are read; it is spent then. */
  affords(work: number): boolean;
  /** Text of the file that a word names; null where that is not known. */
  text(word: Word): string | null;
  /** The namespace of the kubeconfig's context in force; null where that is not known. */
  namespace(choice: ContextChoice): Known;
}

export interface ToolUse {
  requests?: readonly ApiIntent[];
  hosts?: readonly (string | null)[];
  capabilities?: readonly Capability[];
}

export type Tool = (call: ToolCall) => ToolUse;
