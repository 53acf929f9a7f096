/** Paths among the operands and options of a program, by its grammar. */
import type { PathRole, Touch } from '../../action.ts';
import type { Operands } from '../grammar/operands.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { naming, touch } from './touch.ts';

/** The words of a command told apart. */
export interface Sorted {
  /** What its options name. */
  touches: Touch[];
  /** Those that are no options, nor belong to one. */
  operands: Word[];
  /** It works on everything below. */
  recursive: boolean;
  /** A word that is not known may be an option. */
  uncertain: boolean;
  /** Where it writes, by an option. */
  target: Word | null;
  /** Operands in front that are no paths. */
  skip: number;
}

export function sorted(words: readonly Word[], grammar: Operands, scope: Scope): Sorted {
  const found: Sorted = {
    touches: [],
    operands: [],
    recursive: false,
    uncertain: false,
    target: null,
    skip: grammar.skip ?? 0,
  };
  let options = true;
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    const text = optionText(word);
    if (word.value === null) found.uncertain ||= word.splits;
    if (!options || text === null) {
      found.operands.push(word);
      continue;
    }
    if (text === '--') options = false;
    found.recursive ||= grammar.recursive?.test(text) ?? false;
    if (grammar.noSkip?.test(text)) found.skip = 0;
    const named = namedByOption(words, at, { text, grammar });
    // A dash is standard input or output.
    if (named?.role && named.word.value !== '-') found.touches.push(touch(named.role, named.word, scope));
    if (named?.role === 'writes' && grammar.last === 'writes') found.target = named.word;
    if (named?.takesNext) at++;
    // Whatever it may be beside an option.
    if (word.value === null && named?.role === undefined) found.operands.push(word);
  }
  return found;
}

/** As far as it is known to be an option; null of what is none. */
function optionText({ value, pattern }: Word): string | null {
  const text = value ?? pattern;
  return /^-./.test(text) ? text : null;
}

export function byOperands(words: readonly Word[], grammar: Operands, scope: Scope): Touch[] {
  const { touches, operands, recursive, uncertain, target, skip } = sorted(words, grammar, scope);
  for (let at = skip; at < operands.length; at++) {
    const word = operands[at]!;
    const isLast = target === null && at > skip && at === operands.length - 1;
    const role = (isLast ? grammar.last : undefined) ?? grammar.each;
    if (role === undefined || (role === 'reads' && word.value === '-')) continue;
    // What is copied to is written itself; what lies below it is not known.
    touches.push(touch(role, word, scope, recursive && role !== 'writes'));
    // A word that may hold `-r`: perhaps everything below is touched.
    if (uncertain && !recursive && grammar.recursive && role !== 'writes') {
      touches.push({ ...touch(role, word, scope, true), certain: false });
    }
  }
  return touches;
}

/** The path that an option names, and whether the next word is that option's argument. */
function namedByOption(
  words: readonly Word[],
  at: number,
  { text, grammar }: { text: string; grammar: Operands },
): { role: PathRole | undefined; word: Word; takesNext: boolean } | null {
  const word = words[at]!;
  const equals = text.startsWith('--') ? text.indexOf('=') : -1;
  const name = equals > 0 ? text.slice(0, equals) : text;
  const whole = roleOf(name, grammar);
  const attached = whole === undefined && equals < 0 ? attachedTo(word, text, grammar) : null;
  if (attached !== null) return attached;
  const role = whole ?? grammar.options?.[clusterEnd(text)];
  if (equals > 0) return { role, word: behind(word, text, equals + 1), takesNext: false };
  const takesNext =
    role !== undefined || (!text.startsWith('--') && (grammar.short?.includes(text.at(-1)!) ?? false));
  const next = words[at + 1];
  return next === undefined || !takesNext ? null : { role, word: next, takesNext };
}

/** Of a long option also where it is shortened. */
function roleOf(name: string, { options }: Operands): PathRole | undefined {
  const role = options?.[name];
  if (role !== undefined || options === undefined || !/^--./.test(name)) return role;
  for (const long in options) if (long.startsWith(name)) return options[long];
  return undefined;
}

/** What stands in the word from a place of its text on. */
function behind(word: Word, text: string, from: number): Word {
  return naming(word, word.value === null ? null : text.slice(from), word.pattern.slice(from));
}

/** `-o/dev/x`: the first letter of a cluster that takes an argument takes the rest of it. */
function attachedTo(
  word: Word,
  text: string,
  grammar: Operands,
): { role: PathRole | undefined; word: Word; takesNext: boolean } | null {
  if (text.startsWith('--')) return null;
  for (let at = 1; at < text.length - 1; at++) {
    const role = grammar.options?.[`-${text[at]}`];
    if (role === undefined && !grammar.short?.includes(text[at]!)) continue;
    return { role, word: behind(word, text, at + 1), takesNext: false };
  }
  return null;
}

/** `-qO` → `-O`: the option of a cluster that takes the next word. */
function clusterEnd(text: string): string {
  return text.startsWith('--') ? text : `-${text.at(-1)}`;
}
