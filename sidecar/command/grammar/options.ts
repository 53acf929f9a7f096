/** Reads a command's options by its grammar, as getopt_long does, up to its first operand. */
import { literalWord, type Word } from '../words/fields.ts';

/** Which options take an argument; all others are taken as flags, and where all of those are named, as not known. */
export interface Grammar {
  /** Short options with a required argument, e.g. `ugh` for `-u root -groot`. */
  short?: string;
  /** Short options whose argument, if they have one, stands in the same word, e.g. `i` for `-iX` of xargs. */
  attached?: string;
  /** Long options with an argument, without the dashes; `--name=value` needs no mention. */
  long?: readonly string[];
  /** Short options without an argument. With these the grammar is complete: what it does not name is not known. */
  plain?: string;
  /** Long options without an argument, or with one that can only follow `=`. */
  flags?: readonly string[];
  /** True where `+x` is an option as well (shells). */
  plus?: boolean;
}

export interface Options {
  /** Flags as written apart: `-rf` gives `-r` and `-f`. */
  flags: Set<string>;
  /** Arguments of options, last one wins; null where it is computed. */
  values: Map<string, Word | null>;
  /** Every option with an argument, in order: of those that stand several times, `values` has the last. */
  given: (readonly [flag: string, word: Word])[];
  /** Index of the first operand among the words, which may be their number. */
  operand: number;
  /** True where a word that is not known stands where an option or the first operand does. */
  uncertain: boolean;
  /** An option that a complete grammar does not name: it was taken for a flag, and may have an argument. */
  strange: string | null;
}

/** @param words the whole command; options are read from `start` on. */
export function readOptions(words: readonly Word[], grammar: Grammar, start = 1): Options {
  const found: Options = {
    flags: new Set(),
    values: new Map(),
    given: [],
    operand: start,
    uncertain: false,
    strange: null,
  };
  for (; found.operand < words.length; found.operand++) {
    const text = words[found.operand]!.value;
    if (text === null) {
      found.uncertain = true;
      return found;
    }
    if (text === '--') {
      found.operand++;
      return found;
    }
    const plus = grammar.plus === true && text.startsWith('+') && text.length > 1;
    if (!plus && (!text.startsWith('-') || text === '-')) return found;
    if (text.startsWith('--')) readLong(words, text, grammar, found);
    else readCluster(words, text, grammar, found);
  }
  found.operand = Math.min(found.operand, words.length);
  return found;
}

/** The words with the options in front of the operands, as getopt leaves them. */
export function permuted(words: readonly Word[], grammar: Grammar): Word[] {
  const options: Word[] = [];
  const operands: Word[] = [];
  for (let at = 1; at < words.length; ) {
    const { operand } = readOptions(words, grammar, at);
    options.push(...words.slice(at, operand));
    if (words[operand - 1]?.value === '--' && operand > at)
      return [words[0]!, ...options, ...operands, ...words.slice(operand)];
    if (operand < words.length) operands.push(words[operand]!);
    at = operand + 1;
  }
  return [words[0]!, ...options, literalWord('--'), ...operands];
}

/** What is left of a word behind an option's name, in which nothing is quoted for a glob. */
function behind(word: Word, from: number): Word {
  return { ...word, value: word.value!.slice(from), pattern: word.pattern.slice(from) };
}

function give(found: Options, flag: string, word: Word | null): void {
  found.values.set(flag, word);
  if (word !== null) found.given.push([flag, word]);
}

/** `cIf command archive`: letters without a dash, whose arguments follow in their order, as tar takes them. */
export function dashed(words: readonly Word[], grammar: Grammar): readonly Word[] {
  const letters = words[1]?.value ?? '';
  if (!/^[A-Za-z]+$/.test(letters)) return words;
  const result = [words[0]!];
  let next = 2;
  for (const letter of letters) {
    result.push(literalWord(`-${letter}`));
    if (grammar.short?.includes(letter) && next < words.length) result.push(words[next++]!);
  }
  return [...result, ...words.slice(next)];
}

function readLong(words: readonly Word[], text: string, grammar: Grammar, found: Options): void {
  const equals = text.indexOf('=');
  const { full, takes } = longNamed(equals < 0 ? text.slice(2) : text.slice(2, equals), grammar, found);
  found.flags.add(`--${full}`);
  if (equals >= 0) {
    const word = words[found.operand]!;
    give(found, `--${full}`, behind(word, equals + 1));
  } else if (takes) {
    found.operand++;
    give(found, `--${full}`, words[found.operand] ?? null);
  }
}

/** getopt_long takes the beginning of a name for it where no other begins so. */
function longNamed(name: string, grammar: Grammar, found: Options): { full: string; takes: boolean } {
  const { long = [], flags = [] } = grammar;
  if (long.includes(name)) return { full: name, takes: true };
  if (flags.includes(name)) return { full: name, takes: false };
  const withArgument = long.find((one) => one.startsWith(name));
  if (withArgument !== undefined) return { full: withArgument, takes: true };
  const flag = flags.find((one) => one.startsWith(name));
  if (flag === undefined && grammar.plain !== undefined) found.strange ??= `--${name}`;
  return { full: flag ?? name, takes: false };
}

function readCluster(words: readonly Word[], text: string, grammar: Grammar, found: Options): void {
  for (let at = 1; at < text.length; at++) {
    const letter = text[at]!;
    const flag = `${text[0]}${letter}`;
    found.flags.add(flag);
    if (grammar.attached?.includes(letter)) {
      if (at + 1 < text.length) give(found, flag, behind(words[found.operand]!, at + 1));
      return;
    }
    if (!grammar.short?.includes(letter)) {
      if (grammar.plain?.includes(letter) === false) found.strange ??= flag;
      continue;
    }
    if (at + 1 < text.length) {
      give(found, flag, behind(words[found.operand]!, at + 1));
    } else {
      found.operand++;
      give(found, flag, words[found.operand] ?? null);
    }
    return;
  }
}
