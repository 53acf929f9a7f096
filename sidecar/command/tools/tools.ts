/** What a program asks of others over the network, by its own grammar. To add one, add an entry. */
import type { ApiIntent, Capability } from '../../action.ts';
import type { Word } from '../fields.ts';
import { kubectlUse } from './kubectl/kubectl.ts';

/** A call of a program. */
export interface ToolCall {
  /** The program among them. */
  words: readonly Word[];
  /** What it reads from its standard input, where that is known. */
  stdin: string | null;
}

export interface ToolUse {
  requests?: readonly ApiIntent[];
  hosts?: readonly (string | null)[];
  capabilities?: readonly Capability[];
}

export type Tool = (call: ToolCall) => ToolUse;

const TOOLS: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['kubectl', kubectlUse],
  ['oc', kubectlUse],
  ['microk8s.kubectl', kubectlUse],
]);

const NOTHING: ToolUse = {};

export function useOf(program: string, call: ToolCall): ToolUse {
  const tool = TOOLS.get(program);
  return tool === undefined ? NOTHING : tool(call);
}
