/** Shell builtins that run code, or change what later words of the same script mean. */

import { ANYWHERE, quoteGlob, resolvePath } from '../../match/path.ts';
import type { Found } from '../found.ts';
import { readOptions } from '../grammar/options.ts';
import { type Binding, bind, isJudged, learn, mayBe, type Scope, SOMEWHERE, unsettle } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { argument } from './interpreter.ts';
import { isSearched } from './loading.ts';
import { fileNamed, followScript } from './script-file.ts';
import { isStdin } from './shells.ts';

interface BuiltinCall {
  words: readonly Word[];
  env: { name: string; value: string | null }[];
  text: string;
}

/** Builtins that run code or change what is known. */
export const BUILTINS: ReadonlySet<string> = new Set([
  ...[
    'eval',
    'trap',
    'source',
    '.',
    'su',
    'cd',
    'pushd',
    'popd',
    'set',
    'shift',
    'export',
    'declare',
    'typeset',
  ],
  ...['local', 'readonly', 'unset', 'read', 'mapfile', 'readarray', 'getopts', 'printf'],
]);

export function followBuiltin(found: Found, program: string, call: BuiltinCall, scope: Scope): void {
  switch (program) {
    case 'eval':
      evaluate(found, call.words, scope);
      return;
    case 'trap':
      trap(found, call.words, scope);
      return;
    case 'source':
    case '.':
      source(found, program, call, scope);
      return;
    case 'su':
    case 'runuser':
      switchUser(found, call, scope);
      return;
    case 'cd':
    case 'pushd':
    case 'popd':
      changeDirectory(found, program, call, scope);
      return;
    case 'set':
    case 'shift':
      scope.positional = null;
      return;
    case 'export':
    case 'declare':
    case 'typeset':
    case 'local':
    case 'readonly':
    case 'unset':
    case 'read':
    case 'mapfile':
    case 'readarray':
    case 'getopts':
    case 'printf':
      assign(found, program, call.words, scope);
      return;
  }
}

// Code that is not seen may change anything. It has made the line unknown as a whole, so what stands after it is
// judged as if it had changed nothing: forgetting would only hide a command that must be refused.

/** `eval` joins its words with blanks and runs the result here. */
function evaluate(found: Found, words: readonly Word[], scope: Scope): void {
  const parts = words.slice(words[1]?.value === '--' ? 2 : 1);
  const inside = scope.via;
  const known = parts.every((word) => word.value !== null && !word.glob);
  if (known) {
    // The same shell: what it learns, its caller knows.
    const run = { ...scope, via: [...inside, 'eval'], depth: scope.depth + 1 };
    found.script(parts.map((word) => word.value).join(' '), run);
    scope.cwd = run.cwd;
    scope.variables = run.variables;
    return;
  }
  for (const word of parts) found.runsOutputOf(word.sources, 'eval');
  found.doubt(
    'computed-code',
    'the code that eval runs is computed',
    parts.map((word) => word.text).join(' '),
  );
}

/** `trap code signal…`; `trap - signal` and `trap signal` set nothing. */
function trap(found: Found, words: readonly Word[], scope: Scope): void {
  const { operand, flags } = readOptions(words, {});
  const code = words[operand];
  if (code === undefined || words.length - operand < 2 || flags.has('-p') || flags.has('-l')) return;
  if (code.value === '-' || code.value === '') return;
  const then = { ...scope, via: [...scope.via, 'trap'], depth: scope.depth + 1 };
  unsettle(then, found.changes(), found.source.indexOf(code.text) + code.text.length);
  argument(found, 'trap', code, then);
}

function source(found: Found, program: string, call: BuiltinCall, scope: Scope): void {
  const file = call.words[readOptions(call.words, { short: 'p' }).operand];
  if (file === undefined) return;
  found.runsOutputOf(file.sources, program);
  if (isStdin(file)) {
    found.runsInput(scope.input, program);
    const text = found.textOf(scope.input);
    if (text !== null) {
      found.script(text, { ...scope, via: [...scope.via, program], depth: scope.depth + 1 });
      return;
    }
    if (!isJudged(scope.input)) found.doubt('code-on-stdin', `${program} runs what it reads`, call.text);
  } else {
    // The same shell: what it learns, its caller knows.
    const run = { ...scope, via: [...scope.via, program], depth: scope.depth + 1 };
    followScript(found, program, fileNamed(file, scope), { text: call.text, scope: run });
    scope.cwd = run.cwd;
    scope.variables = run.variables;
  }
}

/** su takes its options before and after the user's name; code to run as its `-c`, which runuser has as well. */
function switchUser(found: Found, call: BuiltinCall, scope: Scope): void {
  let operands = call.words;
  let given = false;
  // Of several the last one counts: all are followed.
  for (let turn = 0; turn < 4; turn++) {
    const options = readOptions(operands, {
      short: 'cgGsw',
      long: ['command', 'group', 'supp-group', 'shell', 'whitelist-environment', 'session-command'],
    });
    for (const flag of ['-c', '--command', '--session-command']) {
      const code = options.values.get(flag);
      if (!code) continue;
      given = true;
      argument(found, 'su', code, {
        ...scope,
        via: [...scope.via, 'su'],
        depth: scope.depth + 1,
        variables: new Map(),
        positional: null,
        cwd: SOMEWHERE,
      });
    }
    operands = operands.slice(options.operand);
    if (operands.length === 0) break;
  }
  if (given) return;
  if (isJudged(scope.input)) return;
  if (scope.input.kind === 'inherited')
    found.doubt('no-hooks', 'su starts a shell that is not watched', call.text);
  else {
    found.runsInput(scope.input, 'su');
    found.doubt('code-on-stdin', 'su starts a shell that runs what it reads', call.text);
  }
}

function changeDirectory(found: Found, program: string, { words, text }: BuiltinCall, scope: Scope): void {
  // Loops and functions look for it by its name.
  if (!text.includes(program)) found.doubt('computed-command', `${program} is not called by its name`, text);
  const { operand, flags } = readOptions(words, {});
  const target = words[operand];
  learn(scope, 'PWD', null);
  const before = [scope.cwd, ...scope.elsewhere];
  const open = target === undefined ? program !== 'cd' : words.length > operand + 1 || target.splits;
  if (program === 'popd' || open || (program === 'pushd' && flags.size > 0)) scope.cwd = SOMEWHERE;
  else if (target === undefined) scope.cwd = homeOf(scope);
  else if (/^-$|^\+/.test(target.value ?? '') || searched(target, scope)) scope.cwd = SOMEWHERE;
  else {
    scope.cwd = resolvePath(scope.cwd, target.pattern);
    mayBe(
      scope,
      scope.elsewhere.map((cwd) => resolvePath(cwd, target.pattern)),
    );
  }
  mayBe(scope, before);
}

/** CDPATH names directories that a relative one is looked for in first. */
function searched(target: Word, scope: Scope): boolean {
  return scope.variables.has('CDPATH') && !/^\.{0,2}\//.test(target.pattern);
}

function homeOf(scope: Scope): string {
  const home = scope.variables.get('HOME')?.value;
  return home?.startsWith('/') ? quoteGlob(home) : SOMEWHERE;
}

/** `… | while read -r path`: one of the paths that come in, where the whole line goes to one name. */
function lineOf(found: Found, words: readonly Word[], scope: Scope): Binding | null {
  const names = words.slice(1).filter(({ value }) => value !== '' && !/^-[rs]*d?$/.test(value ?? '-'));
  const [pattern, ...more] = found.pathsOf(scope.input)?.patterns ?? [];
  if (pattern === undefined || more.length > 0 || names.length !== 1) return null;
  return { value: null, pattern, sources: [] };
}

/** Builtins whose operands are names that they set. */
function assign(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  if (program === 'printf' && words[1]?.value !== '-v') return;
  // From now on another variable is meant, or every value is changed, or it does not change any more.
  const attribute = words.find(({ value }) => value !== null && /^-[A-Za-z]*[nlucLRZ]/.test(value));
  if (program !== 'unset' && /^(declare|typeset|local|readonly|export)$/.test(program) && attribute)
    found.doubt(
      'computed-argument',
      `${program} ${attribute.value} changes what a variable holds`,
      attribute.text,
    );
  for (const word of words.slice(1)) {
    const text = word.value ?? word.text;
    const [, name, value] = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(text) ?? [];
    if (name === undefined) continue;
    if (program === 'readonly' || words.some((one) => /^-[a-zA-Z]*r/.test(one.value ?? '')))
      found.readonly.add(name);
    if (value === undefined && /^(export|readonly|declare|typeset)$/.test(program)) continue;
    if (value === undefined && program !== 'unset' && isSearched(name))
      found.doubt('computed-command', `${program} sets ${name} to what is not known`, word.text);
    if (value === undefined) learn(scope, name, program === 'read' ? lineOf(found, words, scope) : null);
    else if (word.value !== null && !word.glob) learn(scope, name, bind(value));
    else learn(scope, name, { value: null, pattern: ANYWHERE, sources: word.sources });
  }
}
