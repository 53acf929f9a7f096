/** What is known at one place in a script: where it runs, which variables hold what, what feeds its input. */

import { quoteGlob } from '../match/path.ts';
import type { Listing } from './code/listing.ts';
import type { FileView } from './files/file-view.ts';
import { LIMITS } from './limits.ts';

/** Indices of commands already found: [from, to). */
export type Range = readonly [from: number, to: number];

/** What a command reads from its standard input. */
export type Input =
  /** The session's own input: a terminal, or whatever the caller has. */
  | { kind: 'inherited' }
  /** Statements that are judged one by one before they arrive here. */
  | { kind: 'judged' }
  /** Nothing ever arrives. */
  | { kind: 'empty' }
  /** The output of commands already found; `text` where it is known. */
  | { kind: 'pipe'; from: readonly Range[]; text: string | null; paths?: Listing }
  /** A here-document or here-string; null where an expansion decides. */
  | { kind: 'here'; from: readonly Range[]; text: string | null }
  /** The output of a command that is not found yet, as in `cmd > >(sh)`: who runs it as code signs up. */
  | { kind: 'sink'; runners: string[] }
  | { kind: 'file' };

/** What is known of a variable. */
export interface Binding {
  /** Null where it is not known. */
  value: string | null;
  /** A glob that covers every value it can have. */
  pattern: string;
  /** The commands whose output it holds. */
  sources: readonly Range[];
}

export interface Scope {
  /** Absolute, as a glob; `/**` where unknown. */
  cwd: string;
  /** Where it is instead if a `cd` before failed, or was skipped. */
  elsewhere: readonly string[];
  /** A name that is not in here is unknown. */
  variables: ReadonlyMap<string, Binding>;
  /** `$0`, `$1` … as far as known, in a `bash -c` script. */
  positional: readonly (string | null)[] | null;
  via: readonly string[];
  input: Input;
  depth: number;
  pipeline: { id: number; place: number; length: number };
  /** The function body that is being read, null outside of any. */
  body: { name: string; concurrent: boolean; always: boolean; repeated: boolean } | null;
  /** What the file system says of names; null where it is not the one that they are of, or cannot be seen. */
  files: FileView | null;
}

/** Where the working directory is not known. */
export const SOMEWHERE = '/**';

export function rootScope(
  cwd: string,
  home: string | undefined,
  known: Readonly<Record<string, string>>,
  input: Input = { kind: 'inherited' },
): Scope {
  const variables = childVariables(Object.entries(known), home);
  if (known.IFS !== undefined) variables.set('IFS', bind(known.IFS));
  return {
    cwd: cwd.startsWith('/') ? quoteGlob(cwd) : SOMEWHERE,
    elsewhere: [],
    variables,
    positional: positionalIn(known),
    via: [],
    input,
    depth: 0,
    pipeline: { id: 0, place: 0, length: 1 },
    body: null,
    files: null,
  };
}

/** `$1` to `$9`, where they are among the variables; all others are not known. */
function positionalIn(known: Readonly<Record<string, string>>): Scope['positional'] {
  const told = Object.keys(known).filter((name) => /^[1-9]$/.test(name));
  if (told.length === 0) return null;
  const all = new Array<string | null>(UNTOLD).fill(null);
  for (const name of told) all[Number(name)] = known[name]!;
  return all;
}

/** As many as a script plausibly names. */
const UNTOLD = 64;

/** A copy: what happens in it stays in it. */
export function subshell(scope: Scope): Scope {
  return { ...scope, depth: scope.depth + 1 };
}

/** Runs beside what started it, where a function is being read. */
export function concurrent(scope: Scope): Scope {
  return scope.body === null ? scope : { ...scope, body: { ...scope.body, concurrent: true } };
}

/** What a new shell knows: its environment, and the field separator that every shell starts with. */
export function childVariables(
  exported: readonly (readonly [name: string, value: string])[],
  home: string | undefined,
): Map<string, Binding> {
  const variables = new Map<string, Binding>();
  if (home !== undefined) variables.set('HOME', bind(home));
  for (const [name, value] of exported) variables.set(name, bind(value));
  variables.set('IFS', bind(' \t\n'));
  return variables;
}

export function bind(value: string): Binding {
  return { value, pattern: quoteGlob(value), sources: [] };
}

/** Variables remembered at once: they are copied with each assignment. */
const REMEMBERED = 128;

/** A value for later statements of the same shell; null forgets what was known. */
export function learn(scope: Scope, name: string, value: Binding | null): void {
  if (value !== null && (value.value ?? value.pattern).length > LIMITS.value) {
    learn(scope, name, null);
    return;
  }
  if (!scope.variables.has(name) && (value === null || scope.variables.size >= REMEMBERED)) return;
  const variables = new Map(scope.variables);
  if (value === null) variables.delete(name);
  else variables.set(name, value);
  scope.variables = variables;
}

/** What is certain after a part that may or may not have run: only what it would not have changed. */
export function rejoin(scope: Scope, branch: Scope): void {
  if (branch.cwd !== scope.cwd) scope.cwd = SOMEWHERE;
  mayBe(scope, branch.elsewhere);
  if (branch.positional !== scope.positional) scope.positional = null;
  if (branch.variables === scope.variables) return;
  for (const [name, value] of scope.variables) {
    if (branch.variables.get(name) !== value) learn(scope, name, null);
  }
}

/** Directories remembered beside the one that it should be in. */
const ELSEWHERE = 4;

/** It may be in one of `directories` as well. */
export function mayBe(scope: Scope, directories: readonly string[]): void {
  if (directories.length === 0) return;
  const all = new Set([...scope.elsewhere, ...directories]);
  all.delete(scope.cwd);
  if (all.size > ELSEWHERE) scope.cwd = SOMEWHERE;
  scope.elsewhere = scope.cwd === SOMEWHERE ? [] : [...all];
}

/** True if something that was known in `before` is something else now. */
export function changed(before: Pick<Scope, 'cwd' | 'variables'>, now: Scope): boolean {
  if (before.cwd !== SOMEWHERE && before.cwd !== now.cwd) return true;
  if (before.variables === now.variables) return false;
  for (const [name, value] of before.variables) {
    if (name !== 'IFS' && now.variables.get(name) !== value) return true;
  }
  return false;
}

/** Where a script last changes something, by what its text looks like. */
export interface Changes {
  directory: number;
  positional: number;
  names: ReadonlyMap<string, number>;
}

export function changesIn(text: string): Changes {
  return {
    directory: lastOf(text, /\b(cd|pushd|popd)\b/g),
    positional: lastOf(text, /\b(set|shift)\b/g),
    names: assignedIn(text),
  };
}

function lastOf(text: string, pattern: RegExp): number {
  let last = -1;
  for (const found of text.matchAll(pattern)) last = found.index;
  return last;
}

/** For a body that may run again, or later: forgets all that is changed from `start` on. */
export function unsettle(scope: Scope, { directory, positional, names }: Changes, start = 0): void {
  if (directory >= start) {
    scope.cwd = SOMEWHERE;
    scope.elsewhere = [];
  }
  if (positional >= start) scope.positional = null;
  for (const name of scope.variables.keys()) {
    if ((names.get(name) ?? -1) >= start) learn(scope, name, null);
  }
}

/** Whether a shell that reads from there runs nothing that is not judged. */
export function isJudged({ kind }: Input): boolean {
  return kind === 'judged' || kind === 'empty';
}

/** For a later statement, which is analysed by itself: commands found so far cannot be pointed at any more. */
export function settled(scope: Scope): Scope {
  const variables = new Map(
    [...scope.variables].map(([name, binding]) => [name, { ...binding, sources: [] }]),
  );
  return { ...scope, variables };
}

const SETTERS = /\b(?:read|for|select|getopts|mapfile|readarray|unset|printf)\b([^;&|\n]{0,200})/g;

function assignedIn(text: string): Map<string, number> {
  const names = new Map<string, number>();
  const last = (name: string, at: number) => names.set(name, Math.max(at, names.get(name) ?? -1));
  for (const found of text.matchAll(/([A-Za-z_]\w*)(?:\+?=|\[)/g)) last(found[1]!, found.index);
  for (const found of text.matchAll(SETTERS)) {
    for (const name of found[1]!.match(/[A-Za-z_]\w*/g) ?? []) last(name, found.index);
  }
  return names;
}
