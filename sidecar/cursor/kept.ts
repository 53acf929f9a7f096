/** What is kept of what a hook was told: all of it, but for what is no work of the agent's. Pure. */
import type { Hook, Members } from './hook.ts';
import { isMembers, textIn } from './hook.ts';

export interface Kept {
  content: Uint8Array;
  /** Paths of what is not kept, e.g. `attachments.0.content`; its length stands in its place. */
  withheld: string[];
}

const READERS = /^(Read|ReadFile|read_file)$/;

/** @param thoughts whether the policy keeps what the model thinks */
export function keptOf(hook: Hook, thoughts: boolean): Kept {
  const withheld: string[] = [];
  const without = (members: Members, name: string, path = name): Members => {
    const text = textIn(members, name);
    if (text === '') return members;
    withheld.push(path);
    return { ...members, [name]: `(${Buffer.byteLength(text)} bytes, not kept)` };
  };
  const kept = reduce(hook, thoughts, without);
  return { content: Buffer.from(JSON.stringify(kept)), withheld };
}

type Without = (members: Members, name: string, path?: string) => Members;

/** A file that is read is where it was; what an agent writes is evidence, wherever it ends up. */
function reduce({ event, members }: Hook, thoughts: boolean, without: Without): Members {
  switch (event) {
    case 'afterAgentThought':
      return thoughts ? members : without(members, 'text');
    case 'beforeReadFile': {
      const { attachments } = members;
      const rest = without(members, 'content');
      if (!Array.isArray(attachments)) return rest;
      const reduced = attachments.map((one, at) =>
        isMembers(one) ? without(one, 'content', `attachments.${at}.content`) : one,
      );
      return { ...rest, attachments: reduced };
    }
    case 'postToolUse':
      return READERS.test(textIn(members, 'tool_name')) ? without(members, 'tool_output') : members;
    default:
      return members;
  }
}
