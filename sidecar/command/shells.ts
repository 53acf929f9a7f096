/** Shells and other interpreters: where their code comes from, `-c`, a file, or standard input. */
import type { Word } from './fields.ts';

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
  'fish',
  'csh',
  'tcsh',
]);

/** Shells whose language is not close enough to bash's to read their scripts with its grammar. */
export const FOREIGN: ReadonlySet<string> = new Set(['fish', 'csh', 'tcsh']);

export type Code =
  /** `-c code`, with `$0`, `$1` … */
  | { from: 'argument'; code: Word; positional: (string | null)[] }
  | { from: 'stdin' }
  | { from: 'file'; file: Word }
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
    return { from: 'argument', code: operand, positional: positionals(words.slice(at + 1)) };
  }
  if (operand === undefined || stdin || isStdin(operand)) return { from: 'stdin' };
  return { from: 'file', file: operand };
}

/** `$0` and on; cut at the first word that may be several. */
function positionals(words: readonly Word[]): (string | null)[] {
  const split = words.findIndex((word) => word.splits || word.glob);
  if (split < 0) return words.map((word) => word.value);
  // From the uncertain word on, nothing is known: as many unknown ones as a script plausibly names.
  return [...words.slice(0, split).map((word) => word.value), ...new Array<null>(32).fill(null)];
}

/** Options that bring the code, or name the module, of interpreters that otherwise read a file or stdin. */
const INTERPRETERS: readonly [program: RegExp, code: RegExp, withArgument: RegExp][] = [
  [/^python[\d.]*$|^pypy[\d.]*$/, /^-[A-Za-z]*[cm]|^-[hV]|^--(help|version)/, /^-[WXQ]$/],
  [/^perl[\d.]*$/, /^-[A-Za-z]*[eEv]|^-[hV]/, /^-[IMm]$/],
  [/^ruby[\d.]*$/, /^-[A-Za-z]*e|^-[hv]|^--(help|version)/, /^-[Ir]$/],
  [/^node(js)?$/, /^-[ephv]|^-pe|^--(eval|print|help|version|test|run)/, /^-r$|^--(require|import|loader)$/],
  [/^php[\d.]*$/, /^-[rfimvhSa]|^--(run|file|version|help)/, /^-[dc]$/],
  [/^lua[\d.]*$/, /^-[ev]/, /^-l$/],
];

/** True if an interpreter that is no shell takes its code from standard input. */
export function interpretsStdin(program: string, words: readonly Word[]): boolean {
  const grammar = INTERPRETERS.find(([name]) => name.test(program));
  if (grammar === undefined) return false;
  const [, code, withArgument] = grammar;
  for (let at = 1; at < words.length; at++) {
    const text = words[at]!.value;
    if (text === null) return false;
    if (text === '-' || isStdin(words[at]!)) return true;
    if (!text.startsWith('-') || code.test(text)) return false;
    if (withArgument.test(text)) at++;
  }
  return true;
}

export function isStdin(word: Word): boolean {
  return word.value !== null && /^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(word.value);
}
