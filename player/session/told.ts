/** What the hooks of Cursor's agent told, as the page shows it. */
import { getHooks, type SessionSummary } from '../api.ts';
import type { Look } from './use-feed.ts';

/** Who speaks, or what is done. */
export type Voice = 'person' | 'agent' | 'thought' | 'act' | 'other';

export interface Told {
  seq: number;
  /** Seconds since the start of the session. */
  time: number;
  hook: string;
  voice: Voice;
  label: string;
  /** What it is about, in its own words; may be long. */
  text: string;
  /** JSON as it was kept; null where retention has removed it. */
  content: Uint8Array<ArrayBuffer> | null;
  model: string;
  withheld: readonly string[];
}

/** The member that says what an event is about, in the order in which they are looked for. */
const ABOUT: readonly string[] = [
  'prompt',
  'text',
  'command',
  'file_path',
  'tool_name',
  'task',
  'status',
  'reason',
];

/** The same of what a tool is given. */
const GIVEN: readonly string[] = ['command', 'path', 'file_path', 'target_file', 'query', 'url'];

const KNOWN: Readonly<Record<string, [label: string, voice: Voice]>> = {
  beforeSubmitPrompt: ['Prompt', 'person'],
  afterAgentResponse: ['Answer', 'agent'],
  afterAgentThought: ['Thought', 'thought'],
  beforeShellExecution: ['Command', 'act'],
  afterShellExecution: ['Command ended', 'other'],
  beforeMCPExecution: ['MCP call', 'act'],
  afterMCPExecution: ['MCP call ended', 'other'],
  preToolUse: ['Tool', 'act'],
  postToolUse: ['Tool ended', 'other'],
  postToolUseFailure: ['Tool failed', 'other'],
  beforeReadFile: ['Reads', 'act'],
  afterFileEdit: ['Edited', 'act'],
  subagentStart: ['Subagent', 'act'],
  subagentStop: ['Subagent ended', 'other'],
  sessionStart: ['Begins', 'other'],
  sessionEnd: ['Ends', 'other'],
  stop: ['Stops', 'other'],
};

/** What came since is fetched at each look. */
export function toldIn({ id, startedAt }: SessionSummary): Look<Told> {
  let known: readonly Told[] = [];
  return async (signal) => {
    const fresh: Told[] = [];
    for await (const { event, content } of getHooks(id, (known.at(-1)?.seq ?? -1) + 1, signal)) {
      const { hook, model, withheld = [] } = event.body;
      const [label, voice] = Object.hasOwn(KNOWN, hook)
        ? KNOWN[hook]!
        : ([hook || 'Unreadable', 'other'] as const);
      const time = Math.max(0, (event.at - startedAt) / 1e6);
      fresh.push({
        seq: event.seq,
        time,
        hook,
        label,
        voice,
        text: aboutIn(content),
        content,
        model,
        withheld,
      });
    }
    if (fresh.length > 0) known = [...known, ...fresh];
    return known;
  };
}

function aboutIn(content: Uint8Array | null): string {
  const members = membersOf(content);
  if (members === null) return '';
  const { tool_name: tool, tool_input: input } = members;
  const given = typeof input === 'object' && input !== null ? first(input, GIVEN) : '';
  return given === '' || typeof tool !== 'string' ? first(members, ABOUT) : `${tool}: ${given}`;
}

function first(members: object, names: readonly string[]): string {
  const texts = Object.fromEntries(Object.entries(members).filter(([, value]) => typeof value === 'string'));
  return names.map((name) => (Object.hasOwn(texts, name) ? texts[name] : '')).find(Boolean) ?? '';
}

function membersOf(content: Uint8Array | null): Record<string, unknown> | null {
  try {
    const value: unknown = content === null ? null : JSON.parse(new TextDecoder().decode(content));
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
