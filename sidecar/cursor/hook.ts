/**
 * What a hook of Cursor is told, read leniently: members and events that came with a later version are kept and never
 * fatal. Pure. https://cursor.com/docs/agent/hooks
 *
 *     {"conversation_id":"","generation_id":"","model":"","hook_event_name":"","cursor_version":"",
 *      "workspace_roots":[""],"user_email":null,"transcript_path":null, …the event's own members}
 */
import { isObject } from '../../recorder/json.ts';
import type { Json } from '../action.ts';

/** Those that Cursor's documentation names, and what its answer is. */
export const HOOK_EVENTS = {
  beforeShellExecution: 'permission',
  beforeMCPExecution: 'permission',
  preToolUse: 'permission',
  beforeReadFile: 'permission',
  subagentStart: 'permission',
  beforeSubmitPrompt: 'continue',
  afterShellExecution: 'nothing',
  afterMCPExecution: 'nothing',
  postToolUse: 'nothing',
  postToolUseFailure: 'nothing',
  afterFileEdit: 'nothing',
  sessionStart: 'nothing',
  sessionEnd: 'nothing',
  stop: 'nothing',
  subagentStop: 'nothing',
  afterAgentResponse: 'nothing',
  afterAgentThought: 'nothing',
} as const satisfies Record<string, 'permission' | 'continue' | 'nothing'>;

export type HookEvent = keyof typeof HOOK_EVENTS;

export type Members = { [member: string]: Json };

export interface Hook {
  /** As it came: none of `HOOK_EVENTS` where Cursor has a new one; empty where it is not told. */
  event: string;
  /** Empty where they are not told, or are none that Cursor makes. */
  conversation: string;
  generation: string;
  model: string;
  email: string | null;
  /** Absolute. */
  roots: string[];
  /** All of it. */
  members: Members;
}

const TEXT_LIMIT = 256;
const ROOTS = 32;

/** Null where it is no JSON object. */
export function readHook(bytes: Uint8Array): Hook | null {
  const members = parse(bytes);
  if (members === null) return null;
  const { user_email: email, workspace_roots: roots } = members;
  return {
    event: nameIn(members, 'hook_event_name'),
    conversation: nameIn(members, 'conversation_id'),
    generation: nameIn(members, 'generation_id'),
    model: nameIn(members, 'model'),
    email: typeof email === 'string' && email.length <= TEXT_LIMIT ? email : null,
    roots: Array.isArray(roots) ? roots.filter(isAbsolute).slice(0, ROOTS) : [],
    members,
  };
}

/** A text of it; empty where it has none of this name. */
export function textIn(members: Members, name: string): string {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  return typeof value === 'string' ? value : '';
}

/** A short text without controls, as names and ids are. */
function nameIn(members: Members, name: string): string {
  const text = textIn(members, name);
  return text.length <= TEXT_LIMIT && /^\P{Cc}*$/u.test(text) ? text : '';
}

function isAbsolute(value: Json): value is string {
  return typeof value === 'string' && value.startsWith('/') && value.length <= 4096;
}

function parse(bytes: Uint8Array): Members | null {
  try {
    const value: Json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
