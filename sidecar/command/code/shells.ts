/** Shells and other interpreters: where their code comes from, `-c`, a file, or standard input. */
import { byName } from '../grammar/by-name.ts';
import type { Word } from '../words/fields.ts';

export const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'rbash',
  'dash',
  'ash',
  'zsh',
  'rzsh',
  'ksh',
  'ksh93',
  'mksh',
  'yash',
  'posh',
  'rksh',
  'lksh',
  'oksh',
  'pdksh',
  'hush',
  'sash',
  'fish',
  'csh',
  'tcsh',
  'pwsh',
  'nu',
  'xonsh',
  'elvish',
]);

/** The shell that a program is, also by a name with a version in it (`zsh5`, `bash-5.2`, `bash-static`). */
export const shellNamed = byName((program): string | null => {
  if (SHELLS.has(program)) return program;
  const plain = program.replace(/(-static|-?\d[\d.]*)$/, '');
  return SHELLS.has(plain) ? plain : null;
});

/** They hand on the environment as it is. */
const HANDS_ON = new Set([
  'eval',
  'timeout',
  'nice',
  'ionice',
  'nohup',
  'time',
  'setsid',
  'stdbuf',
  'command',
  'builtin',
]);

/** Whether what runs under these has the environment of the line. */
export function keepsEnvironment(via: readonly string[]): boolean {
  return via.every((one) => HANDS_ON.has(one) || shellNamed(one) !== null);
}

/** Shells whose language is not close enough to bash's to read their scripts with its grammar. */
export const FOREIGN: ReadonlySet<string> = new Set(['fish', 'csh', 'tcsh', 'pwsh', 'nu', 'xonsh', 'elvish']);

export type Code =
  /** `-c code`, with `$0`, `$1` … */
  | { from: 'argument'; code: Word; positional: (string | null)[]; startUp: boolean }
  | { from: 'stdin' }
  | { from: 'file'; file: Word; positional: (string | null)[] }
  /** `--version` and the like. */
  | { from: 'nowhere' }
  /** An option is computed. */
  | { from: 'unknown'; rest: Word[] };

const LONG_WITH_ARGUMENT = new Set(['rcfile', 'init-file']);
const LONG = new Set([
  'debugger',
  'dump-po-strings',
  'dump-strings',
  'login',
  'noediting',
  'noprofile',
  'norc',
  'posix',
  'pretty-print',
  'restricted',
  'verbose',
  'wordexp',
  'no-rcs',
  'interactive',
  'emulate',
]);

/** Reads the options of a shell as bash does: every `o` and `O` of a cluster takes a word of its own. */
export function shellCode(words: readonly Word[]): Code {
  let at = 1;
  let command = false;
  let stdin = false;
  let [file, interactive, bare] = [false, false, false];
  for (; at < words.length; at++) {
    const text = words[at]!.value;
    // A quoted expansion is one word: after -c it is the code.
    if (text === null && (command || !words[at]!.splits)) break;
    if (text === null) return { from: 'unknown', rest: words.slice(at) };
    if (text === '--' || text === '-') {
      at++;
      break;
    }
    if (!/^[-+]./.test(text)) break;
    const long = text.replace(/^--?/, '');
    if (long === 'version' || long === 'help') return { from: 'nowhere' };
    interactive ||= long === 'interactive' || /^-[a-z]*i/.test(text);
    file ||= LONG_WITH_ARGUMENT.has(long);
    bare ||= long === 'norc';
    if (LONG_WITH_ARGUMENT.has(long) || text === '--emulate') at++;
    else if (!LONG.has(long) && !text.startsWith('--')) {
      command ||= text[0] === '-' && text.includes('c');
      stdin ||= text[0] === '-' && text.includes('s');
      at += text.slice(1).replace(/[^oO]/g, '').length;
    }
  }
  const operand = words[at];
  if (command) {
    if (operand === undefined) return { from: 'nowhere' };
    return {
      from: 'argument',
      code: operand,
      positional: positionals(words.slice(at + 1)),
      startUp: file && interactive && !bare,
    };
  }
  if (operand === undefined || stdin || isStdin(operand)) return { from: 'stdin' };
  return { from: 'file', file: operand, positional: positionals(words.slice(at)) };
}

/** `$0` and on of a script; cut at the first word that may be several. */
export function positionals(words: readonly Word[]): (string | null)[] {
  const split = words.findIndex((word) => word.splits || word.glob);
  if (split < 0) return words.map((word) => word.value);
  // From the uncertain word on, nothing is known: as many unknown ones as a script plausibly names.
  return [...words.slice(0, split).map((word) => word.value), ...new Array<null>(32).fill(null)];
}

export function isStdin(word: Word): boolean {
  return word.value !== null && /^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(word.value);
}
