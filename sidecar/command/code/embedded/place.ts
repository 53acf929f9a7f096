/** Where code of another language stands, and what becomes of it. */
import type { Found } from '../../found.ts';
import { type Grammar, readOptions } from '../../grammar/options.ts';
import type { Scope } from '../../scope.ts';
import type { Word } from '../../words/fields.ts';

export interface Place {
  found: Found;
  program: string;
  scope: Scope;
}

/** Code whose text is known is read; other code makes the line unknown. */
export function run({ found, program, scope }: Place, code: string | null, text: string): void {
  if (code !== null) found.script(code, scope);
  else found.doubt('computed-code', `${program} runs what is not known`, text);
}

export function runAll(at: Place, codes: readonly (string | null)[], text: string): void {
  for (const code of codes) run(at, code, text);
}

/** A word that is code of the language: what it runs, or that this is not known. */
export function readCode(
  at: Place,
  word: Word | null | undefined,
  read: (code: string) => readonly (string | null)[],
): void {
  if (word === undefined || word === null) return;
  if (word.value === null) {
    at.found.runsOutputOf(word.sources, at.program);
    at.found.doubt('computed-code', `the code that ${at.program} runs is computed`, word.text);
  } else runAll(at, read(word.value), word.text);
}

export function isInput({ value }: Word): boolean {
  return value === '-' || value === '/dev/stdin' || value === '/dev/fd/0';
}

/** What the program reads, as a word of its own. */
export function inputOf({ found, scope }: Place): Word {
  const { input } = scope;
  const sources = input.kind === 'pipe' || input.kind === 'here' ? input.from : [];
  const value = found.textOf(input);
  return { value, pattern: '**', glob: false, splits: false, sources, text: value ?? 'standard input' };
}

interface AllOptions {
  flags: ReadonlySet<string>;
  /** Each with all its arguments. */
  values: ReadonlyMap<string, readonly Word[]>;
  /** Index of the first operand. */
  operand: number;
}

/** All options, also those behind operands. */
export function readAll(words: readonly Word[], grammar: Grammar): AllOptions {
  const flags = new Set<string>();
  const values = new Map<string, Word[]>();
  let operand = -1;
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    if (word.value === null || !/^-./.test(word.value)) {
      if (operand < 0) operand = at;
      continue;
    }
    if (word.value === '--') {
      if (operand < 0) operand = at + 1;
      break;
    }
    const one = readOptions([words[0]!, word], grammar);
    for (const flag of one.flags) flags.add(flag);
    for (const [name, given] of one.values) {
      const value = given ?? words[++at];
      if (value === undefined) continue;
      const before = values.get(name);
      if (before === undefined) values.set(name, [value]);
      else before.push(value);
    }
  }
  return { flags, values, operand: operand < 0 ? words.length : operand };
}
