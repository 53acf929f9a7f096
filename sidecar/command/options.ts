/** Reads a command's options by its grammar, as getopt_long does, up to its first operand. */
import type { Word } from './fields.ts';

/** Which options take an argument; all others are taken as flags. */
export interface Grammar {
  /** Short options with a required argument, e.g. `ugh` for `-u root -groot`. */
  short?: string;
  /** Short options whose argument, if they have one, stands in the same word, e.g. `i` for `-iX` of xargs. */
  attached?: string;
  /** Long options with an argument, without the dashes; `--name=value` needs no mention. */
  long?: readonly string[];
  /** Long options without an argument whose name is the beginning of another's. */
  flags?: readonly string[];
  /** True where `+x` is an option as well (shells). */
  plus?: boolean;
}

export interface Options {
  /** Flags as written apart: `-rf` gives `-r` and `-f`. */
  flags: Set<string>;
  /** Arguments of options, last one wins; null where it is computed. */
  values: Map<string, Word | null>;
  /** Index of the first operand among the words, which may be their number. */
  operand: number;
  /** True where a word that is not known stands where an option or the first operand does. */
  uncertain: boolean;
}

/** @param words the whole command; options are read from `start` on. */
export function readOptions(words: readonly Word[], grammar: Grammar, start = 1): Options {
  const found: Options = { flags: new Set(), values: new Map(), operand: start, uncertain: false };
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

function readLong(words: readonly Word[], text: string, grammar: Grammar, found: Options): void {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text.slice(2) : text.slice(2, equals);
  const full =
    grammar.long?.find((long) => long === name) ??
    (grammar.flags?.includes(name) ? undefined : grammar.long?.find((long) => long.startsWith(name)));
  found.flags.add(`--${full ?? name}`);
  if (equals >= 0) {
    const word = words[found.operand]!;
    found.values.set(`--${full ?? name}`, { ...word, value: text.slice(equals + 1) });
  } else if (full !== undefined) {
    found.operand++;
    found.values.set(`--${full}`, words[found.operand] ?? null);
  }
}

function readCluster(words: readonly Word[], text: string, grammar: Grammar, found: Options): void {
  for (let at = 1; at < text.length; at++) {
    const flag = `${text[0]}${text[at]}`;
    found.flags.add(flag);
    if (grammar.attached?.includes(text[at]!)) {
      if (at + 1 < text.length)
        found.values.set(flag, { ...words[found.operand]!, value: text.slice(at + 1) });
      return;
    }
    if (!grammar.short?.includes(text[at]!)) continue;
    if (at + 1 < text.length) {
      found.values.set(flag, { ...words[found.operand]!, value: text.slice(at + 1) });
    } else {
      found.operand++;
      found.values.set(flag, words[found.operand] ?? null);
    }
    return;
  }
}
