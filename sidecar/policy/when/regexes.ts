/**
 * Regular expressions of one `when`, on the engine of a policy's patterns: linear, but far from free. What they look at is
 * paid for, and what one has said of a text is not worked out twice in a row: a line is the same for all of its commands.
 */
import { RE2JS } from 're2js';
import type { Purse } from './facts.ts';
import { TooHeavy } from './value.ts';

/** What a character of a text costs, and what one of a pattern does. */
const LOOK = 5;
const COMPILE = 50;
/** Instructions of a pattern that a look is meant for; one with more takes longer by as much. */
const INSTRUCTIONS = 64;
const REMEMBERED = 64;

interface Regex {
  find(text: string): boolean;
  look: number;
  text: string | null;
  found: boolean;
}

export class Regexes {
  /** What pays for the evaluation that is under way. */
  purse: Purse | null = null;
  readonly #known = new Map<string, Regex>();

  /** @throws TooHeavy where the purse does not hold so much; what RE2 does not understand throws as well */
  compile(source: string): { test(text: string): boolean } {
    const regex = this.#known.get(source) ?? this.#make(source);
    return { test: (text) => this.#test(regex, text) };
  }

  #make(source: string): Regex {
    this.#pay(source.length * COMPILE);
    const compiled = RE2JS.compile(source);
    const size = compiled.programSize();
    this.#pay(size * LOOK);
    const look = LOOK * Math.max(1, size / INSTRUCTIONS);
    const find = (text: string) => compiled.matcher(text).find();
    const regex = { find, look, text: null, found: false };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(source, regex);
    return regex;
  }

  #test(regex: Regex, text: string): boolean {
    if (regex.text === text) return regex.found;
    this.#pay(text.length * regex.look);
    regex.found = regex.find(text);
    regex.text = text;
    return regex.found;
  }

  #pay(price: number): void {
    if (this.purse === null) return;
    this.purse.left -= price;
    if (this.purse.left < 0) throw new TooHeavy();
  }
}
