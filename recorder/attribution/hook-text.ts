/** What of a hook's JSON attribution needs, read leniently: it is a claim, and may be anything. Pure. */

/** The words of one hook. */
export interface Told {
  prompt: string;
  text: string;
  command: string;
  cwd: string;
  tool: string;
  toolUse: string;
  path: string;
  server: string;
  /** Milliseconds. */
  duration: number | null;
}

const NOTHING: Told = {
  ...{ prompt: '', text: '', command: '', cwd: '', tool: '', toolUse: '', path: '', server: '' },
  duration: null,
};
const PATHS = ['path', 'file_path', 'target_file', 'notebook_path'];

/** Empty where retention has removed it, or it cannot be read. */
export function toldIn(content: Uint8Array | null): Told {
  const members = parsed(content);
  if (members === null) return NOTHING;
  const input = isRecord(members.tool_input) ? members.tool_input : {};
  const text = (name: string) => textOf(members[name]);
  const { duration } = members;
  return {
    ...{ prompt: text('prompt'), text: text('text'), cwd: text('cwd') || textOf(input.cwd) },
    command: text('command') || textOf(input.command),
    ...{ tool: text('tool_name'), toolUse: text('tool_use_id'), server: text('url') },
    path: [members, input].flatMap((one) => PATHS.map((name) => textOf(one[name]))).find(Boolean) ?? '',
    duration: typeof duration === 'number' && duration >= 0 ? duration : null,
  };
}

function parsed(content: Uint8Array | null): Record<string, unknown> | null {
  try {
    const value: unknown = content === null ? null : JSON.parse(new TextDecoder().decode(content));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
