/** One simple command with decoded words: entered, and what it runs in its turn followed. */
import type { Redirection, Touch } from '../action.ts';
import { followBuiltin } from './builtins.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Word } from './fields.ts';
import { literalWord, unknownWord } from './fields.ts';
import { findCommands } from './find.ts';
import type { Found } from './found.ts';
import { followInterpreter, followShell } from './interpreter.ts';
import { LIMITS, LimitReached } from './limits.ts';
import { type Options, readOptions } from './options.ts';
import { printed } from './output.ts';
import { basename } from './path.ts';
import type { Scope } from './scope.ts';
import { SHELLS } from './shells.ts';
import { touchesOf } from './touches.ts';
import { WRAPPERS, type Wrapper } from './wrappers.ts';

export interface Call {
  words: readonly Word[];
  env: { name: string; value: string | null }[];
  redirections: Redirection[];
  /** What the redirections touch. */
  touches: Touch[];
  text: string;
}

export function invoke(found: Found, call: Call, scope: Scope): void {
  if (scope.depth > LIMITS.depth) throw new LimitReached('depth');
  const { words } = call;
  const name = words[0];
  const program = name === undefined ? '' : name.glob || name.value === null ? null : programOf(name.value);
  const place = found.enter(
    {
      program,
      argv: words.map((word) => word.value),
      openEnded: words.some((word) => word.splits),
      env: call.env,
      redirections: call.redirections,
      touches: program ? [...call.touches, ...touchesOf(program, words, scope)] : call.touches,
      capabilities: program ? capabilitiesOf(program, words) : [],
      text: call.text,
    },
    scope,
  );
  if (program === null) computed(found, call, scope);
  else if (program !== '') follow(found, program, call, { scope, place });
}

/** zsh finds `=ls` on PATH, as `ls`; to other shells it is a program that nobody has. */
function programOf(word: string): string {
  return basename(word.replace(/^=(?=[^=])/, ''));
}

/** Follows what `program` runs: its place among the commands is known, its words are decoded. */
function follow(found: Found, program: string, call: Call, at: { scope: Scope; place: number }): void {
  const { scope, place } = at;
  const wrapper = WRAPPERS.get(program);
  if (wrapper !== undefined) {
    unwrap(found, program, wrapper, { call, scope });
    return;
  }
  if (SHELLS.has(program)) {
    followShell(found, program, call.words, at);
    return;
  }
  if (program === 'find') {
    for (const words of findCommands(call.words, scope)) inner(found, program, words, { call, scope });
    return;
  }
  if (followInterpreter(found, program, call.words, at)) return;
  followBuiltin(found, program, call, scope);
  const input = scope.input.kind === 'pipe' || scope.input.kind === 'here' ? scope.input.text : null;
  const output = printed(program, call.words, input);
  if (output !== null) found.outputs.set(place, output);
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

function unwrap(found: Found, program: string, wrapper: Wrapper, at: { call: Call; scope: Scope }): void {
  const { words } = at.call;
  const options = readOptions(words, wrapper);
  if (wrapper.inert?.some((flag) => options.flags.has(flag))) return;
  let start = options.operand;
  if (program === 'env' && splitString(found, options, at)) return;
  if (program === 'env' && words[start]?.value === '-') start++;
  start += wrapper.operands ?? 0;
  const env = [...at.call.env];
  for (; wrapper.assignments && isAssignment(words[start]); start++) {
    const text = words[start]!.text;
    const value = words[start]!.value;
    const name = (value ?? text).slice(0, (value ?? text).indexOf('='));
    env.push({ name, value: value === null ? null : value.slice(name.length + 1) });
  }
  const rest = wrapper.appends ? appended(words.slice(start), options, at.scope) : words.slice(start);
  const startsShell =
    wrapper.shellByDefault || wrapper.shell?.some((flag) => options.flags.has(flag)) || false;
  if (rest.length > 0) inner(found, program, rest, { call: { ...at.call, env }, scope: at.scope });
  else if (startsShell)
    found.doubt('no-hooks', `${program} starts a shell that is not watched`, at.call.text);
}

/** Wrappers whose command is run by the same shell: what it changes there stays changed. */
const SAME_SHELL = new Set(['builtin', 'command', 'noglob', 'nocorrect', '-']);

/** Enters a command that another one runs. Its redirections belong to the outer one. */
function inner(found: Found, via: string, words: readonly Word[], at: { call: Call; scope: Scope }): void {
  const scope = { ...at.scope, via: [...at.scope.via, via], depth: at.scope.depth + 1 };
  invoke(found, { words, env: at.call.env, redirections: [], touches: [], text: at.call.text }, scope);
  if (!SAME_SHELL.has(via)) return;
  at.scope.cwd = scope.cwd;
  at.scope.variables = scope.variables;
  at.scope.positional = scope.positional;
}

/** `env -S 'a b c'`: one word that env splits. Anything but plain words and quotes in it is not followed. */
function splitString(found: Found, options: Options, at: { call: Call; scope: Scope }): boolean {
  const given = ['-S', '--split-string'].find((flag) => options.flags.has(flag));
  if (given === undefined) return false;
  const { scope, call } = at;
  const text = options.values.get(given)?.value;
  if (text === undefined || text === null || /[$\\`;&|<>(){}#*?[\]~!]/.test(text)) {
    found.doubt('computed-code', 'env -S splits a text that is not plain', call.text);
  }
  if (text === undefined || text === null) return true;
  const rest = call.words.slice(options.operand).map((word) => word.value ?? '"$unknown"');
  const quoted = rest.map((word) => (word === '"$unknown"' ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  found.script([text, ...quoted].join(' '), { ...scope, via: [...scope.via, 'env'], depth: scope.depth + 1 });
  return true;
}

/** What xargs makes of its command: words from its input at the end, or in place of a marker. */
function appended(command: readonly Word[], options: Options, scope: Scope): Word[] {
  const flag = ['-I', '--replace', '-i'].find((name) => options.flags.has(name));
  const text = xargsInput(options, scope);
  if (command.length === 0 || flag === undefined) {
    return [...(command.length === 0 ? [literalWord('echo')] : command), ...inputWords(text)];
  }
  const marker = options.values.get(flag)?.value ?? '{}';
  // One word on one line is one command; of several lines each would be one of its own.
  const item = marker === '' ? undefined : /^[ \t]*(\S+)\n?$/.exec(text ?? '')?.[1];
  return command.map((word) => {
    if (!word.value?.includes(marker)) return word;
    if (item === undefined) return { ...unknownWord(word.text), splits: false };
    return literalWord(word.value.replaceAll(marker, () => item));
  });
}

/** Options that change nothing of what xargs reads (`-a` and `-0` do) and where its words end (`-d`). */
const READS_AS_EVER = new Set([
  ...[
    '-I',
    '-i',
    '--replace',
    '-n',
    '--max-args',
    '-L',
    '--max-lines',
    '-P',
    '--max-procs',
    '-s',
    '--max-chars',
  ],
  ...['-r', '--no-run-if-empty', '-t', '--verbose', '-x', '--exit', '--process-slot-var'],
]);

/** What xargs reads, where that is known and plain; otherwise null. */
function xargsInput({ flags }: Options, { input }: Scope): string | null {
  if (![...flags].every((flag) => READS_AS_EVER.has(flag))) return null;
  const text = input.kind === 'pipe' || input.kind === 'here' ? input.text : null;
  return text === null || /["'\\\0]/.test(text) ? null : text;
}

function inputWords(text: string | null): Word[] {
  if (text === null) return [unknownWord('xargs input')];
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => literalWord(word));
}

function isAssignment(word: Word | undefined): boolean {
  return word !== undefined && /^[A-Za-z_]\w*=/.test(word.value ?? word.text);
}
