/** A call of a program with decoded words, and calls that others make: of the words behind a wrapper, of words joined as code. */
import type { Assigned, Redirection, Touch } from '../action.ts';
import type { Found } from './found.ts';
import type { Scope } from './scope.ts';
import type { Word } from './words/fields.ts';

export interface Call {
  words: readonly Word[];
  env: Assigned[];
  redirections: Redirection[];
  /** What the redirections touch. */
  touches: Touch[];
  text: string;
  /** Its name is the path of what it really is. */
  resolved?: true;
}

/** A call and where it is made. */
export interface Site {
  call: Call;
  scope: Scope;
}

/** Wrappers whose command is run by the same shell: what it changes there stays changed. */
const SAME_SHELL = new Set(['builtin', 'command', 'noglob', 'nocorrect', '-', 'repeat']);

/** Enters a command that another one runs. Its redirections belong to the outer one. */
export function inner(found: Found, via: string, words: readonly Word[], at: Site): void {
  const scope = { ...at.scope, via: [...at.scope.via, via], depth: at.scope.depth + 1 };
  found.call({ words, env: at.call.env, redirections: [], touches: [], text: at.call.text }, scope);
  if (!SAME_SHELL.has(via)) return;
  at.scope.cwd = scope.cwd;
  at.scope.variables = scope.variables;
  at.scope.positional = scope.positional;
}

/** The words as one line of code; `:::` of parallel stands before words that it adds. */
export function joined(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  const code = words.flatMap(({ value }) => (value === null || /^:::/.test(value) ? [] : [value]));
  if (code.length < words.length || words.some(({ glob }) => glob))
    found.doubt('computed-code', `the code that ${program} runs is computed`, program);
  if (code.length > 0) found.script(code.join(' '), beneath(scope, program));
}

export function beneath(scope: Scope, via: string): Scope {
  return { ...scope, via: [...scope.via, via], depth: scope.depth + 1, positional: null };
}
