/** Reads a whole command line by the option grammar of its tool, where options may stand among the operands. */

import { ANYWHERE, quoteGlob } from '../../match/path.ts';
import type { Word } from '../words/fields.ts';
import { headOf } from './host.ts';
import type { Known } from './known.ts';

export interface Syntax {
  /** Long names of the options with an argument. */
  values: ReadonlySet<string>;
  /** Long names of those without one; any other option is `strange`. Left out where unknown ones are taken for flags. */
  flags?: ReadonlySet<string>;
  /** Letters of short options, and the long names that they stand for. */
  short: Readonly<Record<string, string>>;
  /** Letters of short options whose argument, if they have one, stands in the same word (`-psecret`). */
  attached?: string;
  /** `-n=x` gives `x`: https://pkg.go.dev/github.com/spf13/pflag#hdr-Command_line_flag_syntax */
  equals?: boolean;
  /** Long names may be shortened, as getopt_long has it. */
  shortened?: boolean;
  /** Long names that are not short for another, although they begin it. */
  exact?: ReadonlySet<string>;
  /** Options end at the first operand. */
  leading?: boolean;
}

export interface Arguments {
  /** What each option was given, by its long name and in order; a flag by itself is given `true`. */
  options: ReadonlyMap<string, readonly Word[]>;
  operands: readonly Word[];
  /** What stands behind `--`; null where there is none. */
  rest: readonly Word[] | null;
  /** An expansion may have added words. */
  open: boolean;
  /** An option that the grammar has not: whether it has an argument is not known. */
  strange: boolean;
}

/** What the tool is certain to see; null for an expansion, and for a glob that the file system expands. */
export function known(word: Word | undefined): Known {
  return word === undefined || word.glob ? null : word.value;
}

/** @param strangers whether an option that the grammar has not takes the next word */
export function readArguments(words: readonly Word[], syntax: Syntax, strangers = false): Arguments {
  const reading = new Reading(words, syntax, strangers);
  reading.run();
  return reading;
}

class Reading implements Arguments {
  readonly options = new Map<string, Word[]>();
  readonly operands: Word[] = [];
  rest: readonly Word[] | null = null;
  open = false;
  strange = false;
  readonly #words: readonly Word[];
  readonly #syntax: Syntax;
  readonly #strangers: boolean;
  #at = 0;

  constructor(words: readonly Word[], syntax: Syntax, strangers: boolean) {
    this.#words = words;
    this.#syntax = syntax;
    this.#strangers = strangers;
  }

  run(): void {
    for (const word of this.#words) this.open ||= word.splits;
    for (; this.#at < this.#words.length; this.#at++) {
      const word = this.#words[this.#at]!;
      const { text, whole } = headOf(word);
      if (text === '--' && whole) {
        this.rest = this.#words.slice(this.#at + 1);
        return;
      }
      if (!text.startsWith('-') || (text === '-' && whole)) {
        this.operands.push(word);
        if (this.#syntax.leading !== true) continue;
        this.operands.push(...this.#words.slice(this.#at + 1));
        return;
      }
      if (text.startsWith('--')) this.#long(word, text);
      else this.#cluster(word, text);
    }
  }

  #long(word: Word, text: string): void {
    const equals = text.indexOf('=');
    const name = this.#nameOf(equals < 0 ? text.slice(2) : text.slice(2, equals));
    if (equals >= 0) this.#give(name, part(word, text.slice(equals + 1)));
    else if (word.value === null) this.strange = true;
    else if (this.#takesNext(name)) this.#giveNext(name);
    else this.#give(name, part(word, 'true'));
  }

  #nameOf(name: string): string {
    const { values, flags, shortened, exact } = this.#syntax;
    if (!shortened || values.has(name) || flags?.has(name) || exact?.has(name)) return name;
    for (const known of values) if (known.startsWith(name)) return known;
    return name;
  }

  #cluster(word: Word, text: string): void {
    for (let at = 1; at < text.length; at++) {
      const letter = text[at]!;
      const name = this.#syntax.short[letter] ?? letter;
      const rest = text.slice(at + 1);
      if (this.#syntax.equals && rest.startsWith('=')) {
        this.#give(name, part(word, rest.slice(1)));
        return;
      }
      if (this.#syntax.attached?.includes(letter)) {
        this.#give(name, part(word, rest === '' ? 'true' : rest));
        return;
      }
      if (!this.#takesNext(name)) {
        this.#give(name, part(word, 'true'));
        continue;
      }
      if (rest === '' && word.value !== null) this.#giveNext(name);
      else this.#give(name, part(word, rest));
      return;
    }
    if (word.value === null) this.strange = true;
  }

  #takesNext(name: string): boolean {
    const { values, flags } = this.#syntax;
    if (values.has(name)) return true;
    if (flags === undefined || flags.has(name)) return false;
    this.strange = true;
    return this.#strangers;
  }

  #giveNext(name: string): void {
    this.#at++;
    const next = this.#words[this.#at];
    if (next !== undefined) this.#give(name, next);
  }

  #give(name: string, value: Word): void {
    const given = this.options.get(name);
    if (given === undefined) this.options.set(name, [value]);
    else given.push(value);
  }
}

/** What stands behind the name in the same word, of which the end may be computed. */
function part(word: Word, value: string): Word {
  const end = word.value === null ? ANYWHERE : '';
  return { ...word, value: word.value === null ? null : value, pattern: `${quoteGlob(value)}${end}` };
}

/** The argument of an option, the last one where it stands several times; undefined where it does not. */
export function option({ options }: Arguments, name: string): Known | undefined {
  const given = options.get(name);
  return given === undefined ? undefined : known(given.at(-1));
}

/** Whether a flag is set, by itself or as `--flag=true`; null where that is computed. */
export function isSet({ options }: Arguments, name: string): boolean | null {
  const last = options.get(name)?.at(-1);
  if (last === undefined) return false;
  return last.value === null ? null : !/^(0|f|false)$/i.test(last.value);
}
