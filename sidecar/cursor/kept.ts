/** What is kept of what a hook was told: all of it, but for what is no work of the agent's, or too long. Pure. */
import { isObject } from '../../recorder/json.ts';
import type { Json } from '../action.ts';
import type { Hook, Members } from './hook.ts';
import { textIn } from './hook.ts';

export interface Kept {
  content: Uint8Array;
  /** Paths of what is not kept, or not wholly, e.g. `attachments.0.content`; how much it is stands in its place. */
  withheld: string[];
}

const READERS = /^(Read|ReadFile|read_file)$/;
/** Characters of one text. */
const LONGEST_TEXT = 1 << 20;
/** Bytes of all: an event of the log takes a little more. */
export const MOST_KEPT = 3 << 20;

/** @param thoughts whether the policy keeps what the model thinks */
export function keptOf(hook: Hook, thoughts: boolean): Kept {
  const withheld: string[] = [];
  const without = (members: Members, name: string, path = name): Members => {
    const text = textIn(members, name);
    if (text === '') return members;
    withheld.push(path);
    return { ...members, [name]: `(${Buffer.byteLength(text)} bytes, not kept)` };
  };
  const kept = shortened(reduce(hook, thoughts, without), [], withheld);
  const content = Buffer.from(JSON.stringify(kept));
  if (content.length <= MOST_KEPT) return { content, withheld };
  const rest = {
    hook_event_name: hook.event,
    conversation_id: hook.conversation,
    generation_id: hook.generation,
  };
  return {
    content: Buffer.from(JSON.stringify(rest)),
    withheld: [`all but these (${content.length} bytes)`],
  };
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
        isObject(one) ? without(one, 'content', `attachments.${at}.content`) : one,
      );
      return { ...rest, attachments: reduced };
    }
    case 'postToolUse':
      return READERS.test(textIn(members, 'tool_name')) ? without(members, 'tool_output') : members;
    default:
      return members;
  }
}

function shortened(value: Json, path: readonly (string | number)[], withheld: string[]): Json {
  if (typeof value === 'string') {
    if (value.length <= LONGEST_TEXT) return value;
    withheld.push(path.join('.'));
    return `${value.slice(0, LONGEST_TEXT)} (${value.length} characters, cut here)`;
  }
  if (Array.isArray(value)) return value.map((one, at) => shortened(one, [...path, at], withheld));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, shortened(one, [...path, name], withheld)]),
  );
}
