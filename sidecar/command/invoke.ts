/** One simple command with decoded words: entered, and what it runs in its turn followed. */
import type { Touch } from '../action.ts';
import { basename, resolvePath } from '../match/path.ts';
import { type Call, inner } from './call.ts';
import { capabilitiesOf } from './capabilities.ts';
import { fileNamed, textAt } from './code/script-file.ts';
import { consequencesOf } from './files/consequences.ts';
import { disguised } from './files/disguise.ts';
import { fileOf } from './files/standing.ts';
import { everywhere } from './files/touch.ts';
import { touchesOf } from './files/touches.ts';
import { touchedByVariables } from './files/variables.ts';
import { follow } from './follow.ts';
import type { Found } from './found.ts';
import { namespaceOf } from './kube-context.ts';
import { LIMITS, LimitReached } from './limits.ts';
import { possibleTouches } from './possible.ts';
import type { Scope } from './scope.ts';
import { socketHosts } from './tools/network/sockets.ts';
import type { Tool, ToolUse } from './tools/tool.ts';
import { toolNamed, used } from './tools/tools.ts';
import { hasLookAlike } from './words/look-alike.ts';

export function invoke(found: Found, call: Call, scope: Scope): void {
  if (scope.depth > LIMITS.depth) throw new LimitReached('depth');
  const { words } = call;
  const name = words[0];
  const program = name === undefined ? '' : name.glob || name.value === null ? null : programOf(name.value);
  const tool = program ? toolNamed(program) : undefined;
  const use = tool === undefined ? NOTHING : useOf(found, tool, call, scope);
  const named = program ? allTouches(program, call, scope) : call.touches;
  const all = joinedTo(named, call.env.length === 0 ? [] : touchedByVariables(call.env, scope));
  const touches = found.within('touches', all, call.text);
  const file = program ? fileOf(found, program, call, scope) : null;
  const path = file === null ? null : (scope.files?.follow(file, true) ?? null);
  const place = found.enter(
    {
      program,
      ...(path !== null && { path }),
      argv: words.map((word) => word.value),
      openEnded: words.some((word) => word.splits),
      env: call.env,
      redirections: call.redirections,
      touches,
      capabilities: [
        ...(program ? capabilitiesOf(program, words) : []),
        ...(use.capabilities ?? []),
        ...consequencesOf(touches, found.places),
      ],
      requests: found.within('requests', use.requests === undefined ? [] : [...use.requests], call.text),
      hosts: found.within('hosts', hostsOf(use, call), call.text),
      text: call.text,
    },
    scope,
  );
  origins(found, program, call, { scope, touches });
  if (program === null) computed(found, call, scope);
  else if (program !== '') follow(found, program, call, { scope, place });
  if (program && file !== null && !call.resolved) disguised(found, program, file, { call, scope, place });
  if (program !== '' && !UNREAD.has(program ?? '')) found.read.add(scope.input);
}

function useOf(found: Found, tool: Tool, { words, env }: Call, scope: Scope): ToolUse {
  return used(tool, {
    words,
    stdin: found.textOf(scope.input),
    affords: (work) => found.affords(work),
    text: (word) => textAt(found, fileNamed(word, scope), scope),
    namespace: (choice) => namespaceOf(found, choice, { env, scope }),
  });
}

const NOTHING: ToolUse = {};

function joinedTo(some: Touch[], more: Touch[]): Touch[] {
  if (some.length === 0) return more;
  return more.length === 0 ? some : [...some, ...more];
}

function hostsOf({ hosts = [] }: ToolUse, { touches }: Call): (string | null)[] {
  if (hosts.length + touches.length === 0) return [];
  return [...new Set([...hosts, ...socketHosts(touches)])];
}

function allTouches(program: string, call: Call, scope: Scope): Touch[] {
  const known = everywhere(scope, (place) => touchesOf(program, call.words, place));
  const possible = possibleTouches(program, call.words, { scope, known });
  return joinedTo(joinedTo(call.touches, known), possible);
}

/** What stands under a name that the line itself has given, or that the kernel gives to another program. */
function origins(
  found: Found,
  program: string | null,
  { words, text }: Call,
  { scope, touches }: { scope: Scope; touches: readonly Touch[] },
): void {
  const name = words[0]?.value ?? '';
  const path = name.includes('/') ? resolvePath(scope.cwd, words[0]!.pattern) : null;
  if (
    path !== null &&
    (/^\/(proc\/.*\/exe|proc\/.*\/fd\/.*|dev\/fd\/.*)$/.test(path) || found.made.covers(path))
  )
    found.doubt(
      'computed-command',
      'the program is one that the line itself made, or another by this name',
      text,
    );
  else if (path !== null && found.made.mayCover(path) && found.fetches())
    found.doubt('computed-command', 'the program may be one that the line itself downloads', text);
  else if (path === null && program && found.made.names(program))
    found.doubt('computed-command', 'the line itself made a program of this name', text);
  if (hasLookAlike(name))
    found.doubt('computed-command', 'the name of the program is not in plain letters', text);
  const follows = touches.find((touch) => touch.role !== 'reads' && found.made.leads(touch.path));
  if (follows !== undefined && program !== 'ln')
    found.doubt('computed-argument', 'a path leads through a link that the line made', text);
  found.made.note(program, touches);
}

/** Builtins that leave the standard input alone. */
const UNREAD = new Set([':', 'true', 'false', 'cd', 'echo', 'printf', 'export', 'set', 'umask', 'test', '[']);

/**
 * zsh finds `=ls` on PATH, as `ls`, has `zf_rm` for `rm` itself, and reads `&!` as one sign, so that `&!ls` runs `ls`:
 * to other shells nobody has such programs.
 */
function programOf(word: string): string {
  // Most are this plain.
  if (/^[\w-]+$/.test(word) && !word.startsWith('zf_')) return word;
  const name = basename(word.replace(/^[=!](?=[^=])/, '')).replace(/^zf_(?=.)/, '');
  // Where another program took its name, as `dpkg-divert` does.
  return name.replace(/(?<=.)\.(distrib|real)$/, '');
}

/** The command word is an expansion. What follows it may be the command (`$SUDO rm …`): look at it as well. */
function computed(found: Found, call: Call, scope: Scope): void {
  found.doubt('computed-command', 'the command word is computed', call.text);
  // `$(curl …)`: what is printed is run.
  found.runsOutputOf(call.words[0]!.sources, 'eval');
  const rest = call.words.slice(1);
  if (rest[0]?.value !== null && rest[0] !== undefined && !rest[0].value.startsWith('-')) {
    inner(found, '?', rest, { call, scope });
  }
}
