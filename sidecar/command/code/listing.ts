/**
 * Programs that print paths: below which places, as they print them. For what takes its words from there (`find … | xargs`).
 * Sources: the manual pages of findutils, grep, ripgrep, fd, git and coreutils.
 */

import { basename } from '../../match/path.ts';
import { printedBySearch } from '../grammar/find.ts';
import { permuted, readOptions } from '../grammar/options.ts';
import { literalWord, type Word } from '../words/fields.ts';

/** Paths that a command prints, one a line. */
export interface Listing {
  /** Globs that cover them all, relative to where it runs unless they begin with a slash. */
  patterns: readonly string[];
  /** None begins with a dash. */
  rooted: boolean;
  /** A NUL ends each, so that no blank in a name divides it. */
  nul: boolean;
}

/** Another program by one of these names prints something else. */
export const LISTS: ReadonlySet<string> = new Set([
  ...['find', 'grep', 'egrep', 'fgrep', 'rg', 'fd', 'fdfind', 'git', 'ls'],
  ...['sort', 'uniq', 'head', 'tail', 'tac', 'shuf', 'cat', 'tr'],
]);

/** @param input what it reads, where that is a listing. @returns null where it is not known to print nothing but paths */
export function listed(program: string, words: readonly Word[], input: Listing | null): Listing | null {
  if (!LISTS.has(program)) return null;
  if (words.some(({ splits }) => splits)) return null;
  if (input !== null && passesOn(program, words)) return program === 'tr' ? { ...input, nul: true } : input;
  switch (program) {
    case 'find':
      return bySearch(words);
    case 'grep':
    case 'egrep':
    case 'fgrep':
      return byGrep(words);
    case 'rg':
      return byRipgrep(words);
    case 'fd':
    case 'fdfind':
      return byFd(words);
    case 'git':
      return byGit(words);
    case 'ls':
      return byLs(words);
    default:
      return null;
  }
}

/** Filters that print some of what they read, each line as it is. */
const FILTERS: Readonly<Record<string, RegExp>> = {
  sort: /^-[fbdgiMhnrRVuzs]+$/,
  uniq: /^-[duiz]+$/,
  head: /^-(n.*|\d+|z)$/,
  tail: /^-(n.*|\d+|z)$/,
  shuf: /^-(n.*|z)$/,
  tac: /^$/,
  cat: /^-$/,
  ...{ grep: /^-[viEFPwxaz]*e?$/, egrep: /^-[viwxaz]*e?$/, fgrep: /^-[viwxaz]*e?$/ },
};
const TAKES_NEXT = /^-[nvi]*[ne]$/;

function passesOn(program: string, words: readonly Word[]): boolean {
  const given = words.slice(1).map(({ value }) => value);
  if (program === 'tr') return given.length === 2 && given[0] === '\\n' && given[1] === '\\0';
  const options = FILTERS[program];
  if (options === undefined) return false;
  let operands =
    program.endsWith('grep') && !given.some((word) => word?.endsWith('e') && word.startsWith('-')) ? -1 : 0;
  for (let at = 0; at < given.length; at++) {
    const word = given[at]!;
    if (word === null || !/^-./.test(word)) operands++;
    else if (!options.test(word)) return false;
    else if (TAKES_NEXT.test(word) && /^-n$|e$/.test(word)) at++;
  }
  return operands <= 0;
}

function bySearch(words: readonly Word[]): Listing | null {
  const printed = printedBySearch(words);
  return printed === null ? null : { ...printed, rooted: true };
}

const GREP = {
  short: 'efmABCdD',
  long: [
    'regexp',
    'file',
    'max-count',
    'after-context',
    'before-context',
    'context',
    'include',
    'exclude',
    'exclude-dir',
    'exclude-from',
    'directories',
    'devices',
    'binary-files',
    'color',
    'label',
  ],
};

function byGrep(words: readonly Word[]): Listing | null {
  const { flags, operands } = split(words, GREP);
  if (!some(flags, ['-l', '-L', '--files-with-matches', '--files-without-match'])) return null;
  if (some(flags, ['-c', '--count', '-o', '--only-matching'])) return null;
  const given = some(flags, ['-e', '-f', '--regexp', '--file']) ? operands : operands.slice(1);
  const deep = some(flags, ['-r', '-R', '--recursive', '--dereference-recursive']);
  return below(given, deep, some(flags, ['-Z', '--null']));
}

const RG = {
  short: 'efgtTmABCjMrdE',
  long: [
    'regexp',
    'file',
    'glob',
    'iglob',
    'type',
    'type-not',
    'max-count',
    'max-depth',
    'ignore-file',
    'sort',
    'sortr',
    'threads',
    'max-filesize',
    'encoding',
    'path-separator',
    'color',
  ],
  plain: 'lL0uiISsFwxUPnN.v',
  flags: [
    'files',
    'files-with-matches',
    'files-without-match',
    'hidden',
    'no-ignore',
    'no-ignore-vcs',
    'ignore-case',
    'smart-case',
    'fixed-strings',
    'word-regexp',
    'multiline',
    'pcre2',
    'null',
    'follow',
    'no-messages',
    'unrestricted',
    'case-sensitive',
    'invert-match',
  ],
};

function byRipgrep(words: readonly Word[]): Listing | null {
  const { flags, operands, strange } = split(words, RG);
  if (strange || some(flags, ['--path-separator'])) return null;
  const files = some(flags, ['--files']);
  if (!files && !some(flags, ['-l', '--files-with-matches', '--files-without-match'])) return null;
  const given = files || some(flags, ['-e', '-f', '--regexp', '--file']) ? operands : operands.slice(1);
  return below(given, true, some(flags, ['-0', '--null']));
}

const FD = {
  short: 'etdEcjS',
  long: [
    'extension',
    'type',
    'max-depth',
    'min-depth',
    'exact-depth',
    'exclude',
    'color',
    'threads',
    'size',
    'changed-within',
    'changed-before',
  ],
  plain: 'HIu0sigFpL',
  flags: [
    'hidden',
    'no-ignore',
    'print0',
    'case-sensitive',
    'ignore-case',
    'glob',
    'fixed-strings',
    'full-path',
    'follow',
    'unrestricted',
  ],
};

function byFd(words: readonly Word[]): Listing | null {
  const { flags, operands, strange } = split(words, FD);
  return strange ? null : below(operands.slice(1), true, some(flags, ['-0', '--print0']));
}

/** What git prints is below the top of its tree, and told from there or from where it runs. */
function byGit(words: readonly Word[]): Listing | null {
  const [command, ...rest] = words.slice(1).map(({ value }) => value ?? '..');
  const dashes = rest.indexOf('--');
  const options = (dashes < 0 ? rest : rest.slice(0, dashes)).filter((word) => word.startsWith('-'));
  if (rest.some((word) => word.includes('..') && !/^[\w/@~^-]+\.{2,3}[\w/@~^-]*$/.test(word))) return null;
  if (!isListing(command, options) || rest.some((word) => word.startsWith(':'))) return null;
  return { patterns: ['./**'], rooted: false, nul: options.includes('-z') };
}

function isListing(command: string | undefined, options: readonly string[]): boolean {
  switch (command) {
    case 'ls-files':
      return options.every((one) =>
        /^(-[zmdoc]+|--(modified|deleted|others|cached|exclude-standard|full-name|exclude=.*))$/.test(one),
      );
    case 'diff':
      return (
        options.includes('--name-only') &&
        options.every((one) =>
          /^(-z|--(name-only|cached|staged|diff-filter=\w+|relative|no-renames|merge-base))$/.test(one),
        )
      );
    case 'grep':
      return (
        options.some((one) => /^(-[a-zA-Z]*l|--files-with-matches|--name-only)$/.test(one)) &&
        options.every((one) =>
          /^(-[liIwEFGPzv]+|-e.*|--(files-with-matches|name-only|cached|untracked|ignore-case))$/.test(one),
        )
      );
    default:
      return false;
  }
}

function byLs(words: readonly Word[]): Listing | null {
  const options = words.slice(1).filter(({ value }) => /^-./.test(value ?? ''));
  if (options.some(({ value }) => !/^-[1AtrSdUXBc]+$/.test(value!))) return null;
  const operands = words.slice(1).filter((word) => !options.includes(word));
  const named = operands.flatMap(({ pattern }) => (pattern.includes('/') ? [pattern] : []));
  // Of a directory the names in it.
  return { patterns: ['./*', ...named], rooted: false, nul: false };
}

function split(
  words: readonly Word[],
  grammar: Parameters<typeof permuted>[1],
): { flags: ReadonlySet<string>; operands: readonly Word[]; strange: boolean } {
  const all = permuted([literalWord('x'), ...words.slice(1)], grammar);
  const { flags, operand, strange } = readOptions(all, grammar);
  return { flags, operands: all.slice(operand), strange: strange !== null };
}

function some(flags: ReadonlySet<string>, names: readonly string[]): boolean {
  return names.some((name) => flags.has(name));
}

/** Below the operands, or below where it runs if there are none. */
function below(operands: readonly Word[], deep: boolean, nul: boolean): Listing {
  if (operands.length === 0) return { patterns: ['./**'], rooted: false, nul };
  const patterns = operands.map(({ pattern }) => (deep ? `${pattern}/**` : pattern));
  return { patterns, rooted: patterns.every((pattern) => /^[\w./~]/.test(pattern)), nul };
}

/** Programs of which no option names code, or a file to write: of a path that begins with a dash none does harm. */
const OPTIONS_DO_NO_HARM = new Set(
  'rm rmdir wc cat grep egrep fgrep head tail ls stat file du echo md5sum sha1sum sha256sum basename dirname realpath touch chmod chown nl tac'.split(
    ' ',
  ),
);

/**
 * The paths as words behind those of a command, one for each place that they lie below; where blanks divide a path, its
 * parts lie below where it runs. Null where one may be an option that does more than what it stands behind.
 *
 * @param word what is known of them otherwise
 */
export function pathWords(command: readonly Word[], paths: Listing, word: Word): Word[] | null {
  const ended = command.some(({ value }) => value === '--');
  const harmless = OPTIONS_DO_NO_HARM.has(basename(command[0]?.value ?? ''));
  if (!(paths.rooted || ended || harmless)) return null;
  const splits = !paths.rooted && !ended;
  const patterns = [...paths.patterns, ...(paths.nul ? [] : ['./**'])];
  const words = patterns.map((pattern) => ({ ...word, pattern, splits, ...unnamed(pattern) }));
  // Where a program takes the last one for its target, each of them may be that, and any other.
  return [...words, words[0]!];
}

/** Below a place, by no name that is known. */
export function unnamed(pattern: string): Pick<Word, 'unnamed'> {
  return /\/\*\*?$/.test(pattern) ? { unnamed: true } : {};
}
