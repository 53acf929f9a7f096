/**
 * Code that does not look like code where it stands: in the value of a variable that a shell expands or runs by
 * itself, in a subscript that is counted with, in an option that names a callback, in an alias.
 */
import type { Assigned } from '../action.ts';
import { loadedBy, misleads } from './code/loading.ts';
import type { Found } from './found.ts';
import type { Scope } from './scope.ts';
import type { Word } from './words/fields.ts';

/** Variables whose value a shell runs, and those that it expands as it does a prompt. */
const RUN = /^(PROMPT_COMMAND|NULLCMD|READNULLCMD|BASH_FUNC_.*|(dis_)?(functions|[gs]?aliases))$/;
const EXPANDED = /^(PS[0-4]|R?PROMPT[2-4]?|RPS[12]|SPROMPT)$/;

const SUBSTITUTION = /\$\(|`/;
/** A subscript is expanded where it is counted with, even if it was quoted where it was written. */
const SUBSCRIPT = /\[[\s\S]*?(\$\(|`)/;

/** What assignments hold, those made in front of a command or by `env` included. It may run later, or never. */
export function heldByVariables(found: Found, assigned: readonly Assigned[], scope: Scope): void {
  for (const { name, value } of assigned) {
    if (value === '') continue;
    const loaded = loadedBy(name, value);
    if (loaded === 'code')
      found.doubt('unreadable-script', `${name} loads code that is not seen here`, value ?? name);
    else if (loaded === 'command' && value !== null)
      found.script(value.replace(/^\|-?/, ''), inside(scope, name));
    else if (loaded === 'command') found.doubt('computed-code', `${name} holds a command`, name);
    else if (RUN.test(name)) found.doubt('computed-code', `${name} holds code for later`, value ?? name);
    else if (value === null) continue;
    else if (EXPANDED.test(name) ? SUBSTITUTION.test(value) : SUBSCRIPT.test(value))
      found.doubt('computed-code', `${name} holds code for later`, value);
  }
}

/** @param pattern a glob that covers every value that the variable gets */
export function heldBySearch(found: Found, name: string, pattern: string): void {
  if (misleads(name, pattern, /^path$/i.test(name) ? found.search : undefined))
    found.doubt('computed-command', `${name} may give these names to other programs`, `${name}=${pattern}`);
}

/** Builtins that count with their operands, or take them for names with a subscript. */
const COUNTING: ReadonlySet<string> = new Set([
  ...['let', '[', 'test', 'declare', 'typeset', 'local', 'export', 'readonly', 'integer', 'float'],
  ...['read', 'mapfile', 'readarray', 'getopts', 'wait', 'unset', 'printf', 'print'],
]);

/** What a builtin's own words hold. */
export function heldByWords(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  if (COUNTING.has(program)) {
    for (const word of countedBy(program, words)) {
      if (word.value === null) continue;
      const held = program === 'let' ? SUBSTITUTION : SUBSCRIPT;
      if (held.test(word.value)) expansions(found, word.value, inside(scope, program));
    }
  }
  switch (program) {
    case 'alias':
      aliases(found, words);
      return;
    case 'hash':
      hashed(found, words);
      return;
    case 'complete':
      if (optionArgument(words, '-C'))
        found.doubt('computed-code', 'a completion holds code for later', program);
      return;
    case 'mapfile':
    case 'readarray':
    case 'compgen':
      runArgument(found, program, optionArgument(words, '-C'), scope);
      expandArgument(found, program, optionArgument(words, '-W'), scope);
      return;
    case 'bind':
      if (optionArgument(words, '-x')) found.doubt('computed-code', 'a key holds code for later', program);
      return;
    case 'emulate':
      runArgument(found, program, optionArgument(words, '-c'), scope);
      return;
    case 'zpty':
    case 'sched':
      runRest(found, program, words, scope);
      return;
    case 'fc':
      if (!words.some(({ value }) => /^-[a-zA-Z]*[lWRAIpP]/.test(value ?? '')))
        found.doubt('computed-code', 'fc runs what was run before', program);
      return;
    case 'print':
      for (const word of words) if (word.value !== null) expandArgument(found, program, word, scope);
  }
}

/** `printf -v name`: the rest is only data. */
function countedBy(program: string, words: readonly Word[]): readonly Word[] {
  if (program !== 'printf' && program !== 'print') return words.slice(1);
  const name = optionArgument(words, '-v');
  return name === undefined ? [] : [name];
}

/** `-C code`, `-Ccode` and, at the end of a cluster, `-tC code`. */
function optionArgument(words: readonly Word[], option: string): Word | undefined {
  for (const [place, word] of words.entries()) {
    if (word.value === null) continue;
    if (new RegExp(`^-[A-Za-z]*${option[1]}$`).test(word.value)) return words[place + 1];
    if (word.value.startsWith(option)) return { ...word, value: word.value.slice(2) };
  }
  return undefined;
}

/** `zpty name code…` and `sched time code…`. */
function runRest(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  const operands = words.slice(1).filter(({ value }) => !value?.startsWith('-'));
  const [, first, ...rest] = operands;
  if (first === undefined) return;
  const known = [first, ...rest].every(({ value }) => value !== null);
  const text = [first, ...rest].map(({ value, text }) => value ?? text).join(' ');
  runArgument(found, program, { ...first, value: known ? text : null, text }, scope);
}

/** An alias is code under a name, from the next line on; a global or a suffix one wherever its name stands. */
function aliases(found: Found, words: readonly Word[]): void {
  for (const word of words.slice(1)) {
    const text = word.value ?? word.text;
    const equals = text.indexOf('=');
    if (equals > 0) found.aliases.add(text.slice(0, equals));
    else if (/^-[a-zA-Z]*[gs]/.test(text))
      found.doubt('computed-code', 'an alias holds code for later', text);
  }
}

/** `hash -p /sbin/x name` (bash) and `hash name=/sbin/x` (zsh) give a program another name. */
function hashed(found: Found, words: readonly Word[]): void {
  const gives = optionArgument(words, '-p') !== undefined || words.some((word) => word.text.includes('='));
  if (gives)
    found.doubt(
      'computed-command',
      'hash gives a program another name',
      words.map(({ text }) => text).join(' '),
    );
}

function runArgument(found: Found, via: string, code: Word | undefined, scope: Scope): void {
  if (code === undefined) return;
  if (code.value === null) found.doubt('computed-code', `the code that ${via} keeps is computed`, code.text);
  else found.script(code.value, inside(scope, via));
}

function expandArgument(found: Found, via: string, text: Word | undefined, scope: Scope): void {
  if (text?.value) expansions(found, text.value, inside(scope, via));
}

/** Reads what is expanded as in double quotes: as the body of a here-document, where quotes mean nothing. */
function expansions(found: Found, text: string, scope: Scope): void {
  if (!SUBSTITUTION.test(text)) return;
  let end = 'E';
  while (text.includes(end)) end += 'E';
  found.script(`: <<${end}\n${text}\n${end}`, scope);
}

function inside(scope: Scope, via: string): Scope {
  return { ...scope, via: [...scope.via, via], depth: scope.depth + 1 };
}
