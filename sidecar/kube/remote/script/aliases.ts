/**
 * Aliases that a script defines. sh and dash put them in the place of the words that they name, and bash does as soon as
 * it is told to: each later statement is read with and without. Pure.
 */
import type { CommandAction, Unknown } from '../../../action.ts';

/** Words and options: whatever else (a quote, a here-document, a brace) may change where later statements end. */
const PLAIN = /^[\w .,:@%+=/~-]*$/;
const NAME = /^[\w.:@%+-]+$/;
/** Aliases of aliases. */
const ROUNDS = 4;
const MOST = 64;
const TEXT_LIMIT = 1 << 14;

export class Aliases {
  readonly #values = new Map<string, string>();

  /** Takes note of what a statement defines; what comes of it, where that cannot be told. */
  learn({ commands }: CommandAction): Unknown | null {
    for (const { program, argv, text } of commands) {
      if (program !== 'alias') continue;
      for (const word of argv.slice(1)) if (!this.#define(word)) return doubt(text);
    }
    return null;
  }

  /** The statement as a shell reads it that expands aliases; null where that makes no difference. */
  expanded(statement: string): string | null {
    if (this.#values.size === 0) return null;
    let text = statement;
    for (let round = 0; round < ROUNDS && text.length < TEXT_LIMIT; round += 1) {
      const next = text.replace(/[\w.:@%+-]+/g, (word) => this.#values.get(word) ?? word);
      if (next === text) break;
      text = next;
    }
    return text === statement ? null : text;
  }

  /** False where it is not known what is defined. */
  #define(word: string | null): boolean {
    if (word === null) return false;
    const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(word) ?? [];
    // An option, or the name of one that is to be printed.
    if (name === undefined || value === undefined) return true;
    if (!NAME.test(name) || !PLAIN.test(value)) return false;
    this.#values.set(name, value);
    return this.#values.size <= MOST;
  }
}

function doubt(text: string): Unknown {
  return { code: 'computed-command', message: 'an alias may stand in the place of any later word', text };
}
