/** What of a hook passes the gate. Pure but for what the analysis of a command is given to look at. */
import { posix } from 'node:path';
import type { ToolUse } from '../../recorder/audit/decision.ts';
import { isObject } from '../../recorder/json.ts';
import type { Action, CommandAction, Json, ToolAction } from '../action.ts';
import { type Hook, type Members, textIn } from './hook.ts';

export interface Question {
  action: Action;
  /**
   * Two hooks of one generation that ask about the same thing have the same one: Cursor tells of a command, and of a
   * file that is read, in `preToolUse` and in an event of its own.
   */
  key: string;
}

export interface Reading {
  analyse: (line: string, where: { cwd: string; workspace: string | undefined }) => CommandAction;
  home: string | null;
}

/** Names that Cursor's tools have, or had. */
const SHELL = /^(Shell|Bash|run_terminal_cmd)$/;
const READ = /^(Read|ReadFile|read_file)$/;
const EDIT = /^(Write|Edit|MultiEdit|StrReplace|search_replace|edit_file|Delete|delete_file|EditNotebook)$/;
/** `beforeMCPExecution` tells of the same call with its server, and is asked instead. */
const MCP = /^(MCP:|mcp__)/;

/** Null for what is recorded and not asked about. */
export function questionOf(hook: Hook, reading: Reading): Question | null {
  const { members } = hook;
  switch (hook.event) {
    case 'beforeShellExecution':
      return shellQuestion(hook, textIn(members, 'command'), reading);
    case 'beforeMCPExecution':
      return mcpQuestion(hook, reading);
    case 'beforeReadFile':
      return fileQuestion(hook, { use: 'read', tool: '', input: pathAlone(members) }, reading);
    case 'preToolUse':
      return toolQuestion(hook, reading);
    case 'subagentStart':
      return callQuestion(hook, 'subagent', members, reading);
    default:
      return null;
  }
}

function toolQuestion(hook: Hook, reading: Reading): Question | null {
  const tool = textIn(hook.members, 'tool_name');
  const input = hook.members.tool_input;
  const given = isObject(input) ? input : {};
  if (MCP.test(tool)) return null;
  if (SHELL.test(tool)) return shellQuestion(hook, textIn(given, 'command'), reading);
  if (READ.test(tool)) return fileQuestion(hook, { use: 'read', tool: '', input: pathAlone(given) }, reading);
  if (EDIT.test(tool)) return fileQuestion(hook, { use: 'edit', tool, input: given }, reading);
  return callQuestion(hook, tool, input, reading);
}

function shellQuestion(hook: Hook, line: string, { analyse }: Reading): Question {
  const cwd = directoryOf(hook);
  return {
    action: analyse(line, { cwd, workspace: hook.roots[0] }),
    key: JSON.stringify(['shell', line]),
  };
}

function mcpQuestion(hook: Hook, reading: Reading): Question {
  const { members } = hook;
  const given = textIn(members, 'tool_input');
  const input = decoded(given);
  const server = textIn(members, 'url') || textIn(members, 'command');
  const tool = textIn(members, 'tool_name');
  const unknown = [
    ...(tool === '' ? ['the name of the tool is not told'] : []),
    ...(server === '' ? ['the server of the tool is not told'] : []),
    ...(input === undefined ? ['what the tool is given cannot be read'] : []),
  ];
  const action = toolAction(hook, reading, { use: 'mcp', tool, server, input, unknown });
  return { action: { ...action, recorded: Buffer.from(given) }, key: JSON.stringify(['mcp', tool, given]) };
}

interface FileUse {
  use: Extract<ToolUse, 'read' | 'edit'>;
  tool: string;
  input: Members;
}

function fileQuestion(hook: Hook, { use, tool, input }: FileUse, reading: Reading): Question {
  const path = absolute(textIn(pathAlone(input), 'path'), directoryOf(hook));
  const unknown = path === '' ? ['the path of the file is not told'] : [];
  const action = toolAction(hook, reading, { use, tool, path, input, unknown });
  return { action, key: JSON.stringify([use, path, tool]) };
}

function callQuestion(hook: Hook, tool: string, input: Json | undefined, reading: Reading): Question {
  const unknown = tool === '' ? ['the name of the tool is not told'] : [];
  const action = toolAction(hook, reading, { use: 'call', tool, input, unknown });
  return { action, key: JSON.stringify(['call', tool, textIn(hook.members, 'tool_use_id')]) };
}

function toolAction(
  hook: Hook,
  { home }: Reading,
  told: Pick<ToolAction, 'use' | 'tool' | 'unknown'> & Partial<ToolAction>,
): ToolAction {
  const { input } = told;
  return {
    ...{ kind: 'tool', server: '', path: '', cwd: directoryOf(hook) },
    ...(home !== null && { home }),
    ...told,
    input,
    recorded: input === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(input)),
  };
}

/** The file that a hook tells was edited; null where it tells of none. */
export function editedIn(hook: Hook): string | null {
  if (hook.event !== 'afterFileEdit') return null;
  return absolute(textIn(pathAlone(hook.members), 'path'), directoryOf(hook)) || null;
}

/** The same whichever hook tells of it. Names that the member had, or has in one of the two. */
function pathAlone(members: Members): Members {
  const names = ['path', 'file_path', 'target_file', 'notebook_path'];
  return { path: names.map((name) => textIn(members, name)).find(Boolean) ?? '' };
}

/** Hooks were seen that tell of no directory: then it is the first that is open in Cursor. */
function directoryOf({ members, roots }: Hook): string {
  const cwd = textIn(members, 'cwd');
  return cwd.startsWith('/') ? posix.normalize(cwd) : (roots[0] ?? '');
}

function absolute(path: string, cwd: string): string {
  if (path === '' || (!path.startsWith('/') && cwd === '')) return '';
  return posix.resolve('/', cwd, path);
}

function decoded(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
