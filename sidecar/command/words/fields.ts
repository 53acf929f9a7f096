/** Builds the fields that one word becomes: literal text, globs, known and unknown expansions, field splitting. */

import { ANYWHERE, quoteGlob } from '../../match/path.ts';
import { LIMITS, LimitReached } from '../limits.ts';
import type { Range } from '../scope.ts';

/** One word of a command as far as it can be known before it runs. */
export interface Word {
  /** Names that only what is read tells: see `Touch.unnamed`. */
  unnamed?: true;
  /** Exactly what the program will see, globs apart; null where an expansion decides. */
  value: string | null;
  /** A glob that covers every value it can take; `**` for an unknown part. */
  pattern: string;
  /** True if it holds an unquoted `*`, `?` or `[…]`, which the file system expands. */
  glob: boolean;
  /** True if it is unquoted and unknown, so that it may become no word, one or many. */
  splits: boolean;
  /** The commands whose output it holds, by substitution or through a variable. */
  sources: readonly Range[];
  /** Its own text. */
  text: string;
}

/** A word that is being put together. */
type Field = { -readonly [Member in keyof Word]: Word[Member] };

/** Collects the pieces of one word. */
export class Fields {
  readonly #done: Field[] = [];
  readonly #sources: Range[] = [];
  #field: Field | null = null;
  /** The pattern ends in a `*` that stands for something. */
  #star = false;

  /** Quoted or plain text: never split. */
  literal(text: string): void {
    const field = this.#open();
    if (field.value !== null) field.value += text;
    field.pattern += quoteGlob(text);
    if (text !== '') this.#star = false;
  }

  /** Unquoted glob characters. */
  glob(text: string): void {
    const field = this.#open();
    if (field.value !== null) field.value += text;
    // `**` is kept for what is unknown: here it names no more than `*` below a directory already named.
    const single = text.replace(/\*+/g, '*');
    field.pattern += this.#star && single.startsWith('*') ? single.slice(1) : single;
    this.#star = single.endsWith('*');
    field.glob = true;
  }

  /** Output of these commands is part of it. */
  holds(sources: readonly Range[]): void {
    if (this.#sources.length + sources.length <= LIMITS.sources) this.#sources.push(...sources);
  }

  /** An expansion that is not known; `quoted` keeps it one word. */
  unknown(quoted: boolean, pattern: string = ANYWHERE): void {
    const field = this.#open();
    field.value = null;
    field.pattern += quoted ? pattern : ANYWHERE;
    if (!quoted) field.splits = true;
    this.#star = true;
  }

  /** A known expansion without quotes: split at blanks, its glob characters active. */
  split(value: string): void {
    const parts = value.split(/[ \t\n]+/);
    if (parts.length > LIMITS.fields) throw new LimitReached('fields');
    parts.forEach((part, place) => {
      if (place > 0) this.#close();
      if (part === '') return;
      if (/[*?[]/.test(part)) this.glob(part);
      else this.literal(part);
    });
  }

  finish(text: string): Word[] {
    this.#close();
    for (const field of this.#done) field.text = text;
    return this.#done;
  }

  #open(): Field {
    if (this.#field === null) {
      this.#field = { value: '', pattern: '', glob: false, splits: false, sources: this.#sources, text: '' };
      this.#star = false;
    }
    return this.#field;
  }

  #close(): void {
    if (this.#field !== null) {
      if (this.#field.pattern.length > 2 * LIMITS.source) throw new LimitReached('source');
      this.#done.push(this.#field);
    }
    this.#field = null;
  }
}

/** A word that is nothing but `text`. */
export function literalWord(value: string, text = value): Word {
  return { value, pattern: quoteGlob(value), glob: false, splits: false, sources: [], text };
}

/** A word of which nothing is known, not even how many words it is. */
export function unknownWord(text: string): Word {
  return { value: null, pattern: ANYWHERE, glob: false, splits: true, sources: [], text };
}
