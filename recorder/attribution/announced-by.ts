/** Which act of the agent a hook tells of. Pure. */
import type { BodyOf } from '../audit/event.ts';
import type { Told } from './hook-text.ts';
import type { Act } from './talk.ts';

/** Names that Cursor's tools have, or had. */
const SHELL = /^(Shell|Bash|run_terminal_cmd)$/;
const READ = /^(Read|ReadFile|read_file)$/;
const EDIT = /^(Write|Edit|MultiEdit|StrReplace|search_replace|edit_file|Delete|delete_file|EditNotebook)$/;
const MCP = /^(MCP:|mcp__)/;

/** The act that a hook tells of; null where it tells of none. */
export function announcedBy(
  hook: string,
  told: Told,
  root: string,
): Pick<Act, 'kind' | 'text' | 'cwd'> | null {
  const { command, cwd, tool } = told;
  const path = absolute(told.path, cwd || root);
  switch (hook) {
    case 'beforeShellExecution':
      return { kind: 'command', text: command, cwd };
    case 'beforeMCPExecution':
      return { kind: 'mcp', text: tool, cwd };
    case 'beforeReadFile':
      return { kind: 'read', text: path, cwd };
    case 'subagentStart':
      return { kind: 'call', text: 'subagent', cwd };
    case 'preToolUse':
      if (MCP.test(tool)) return null;
      if (SHELL.test(tool)) return { kind: 'command', text: command, cwd };
      if (READ.test(tool)) return { kind: 'read', text: path, cwd };
      return EDIT.test(tool) ? { kind: 'edit', text: path, cwd } : { kind: 'call', text: tool, cwd };
    default:
      return null;
  }
}

/** As decisions name it; a relative path whose directory is not known stays as it is. */
export function absolute(path: string, directory: string): string {
  if (path === '' || (!path.startsWith('/') && directory === '')) return path;
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : directory}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The same words for what was decided on it. */
export function textOfTool({ use, tool, path }: BodyOf<'tool.decided'>): string {
  return use === 'read' || use === 'edit' ? path : tool;
}
