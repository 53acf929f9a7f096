/** A policy's patterns, made ready to be asked often. */
import { RE2JS } from 're2js';
import { glob, matches } from '../../recorder/glob.ts';
import type { Pattern } from './schema/text.ts';

/** True of a whole text. */
export type TextTest = (text: string) => boolean;

export function compilePattern(pattern: Pattern): TextTest {
  if (typeof pattern === 'string') {
    const compiled = glob(pattern);
    const { literal } = compiled;
    if (literal !== null) return (text) => text === literal;
    const [first] = compiled.tokens;
    if (first?.kind !== 'char' || first.char > 0xffff) return (text) => matches(compiled, text);
    // Thousands of words are told apart by how they begin.
    return (text) => text.charCodeAt(0) === first.char && matches(compiled, text);
  }
  const compiled = RE2JS.compile(pattern.regex);
  return (text) => compiled.matches(text);
}

export function anyOf(patterns: readonly Pattern[]): TextTest {
  const tests = patterns.map(compilePattern);
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  const literals = patterns.map((pattern) => (typeof pattern === 'string' ? glob(pattern).literal : null));
  const names = new Set(literals.filter((literal) => literal !== null));
  if (names.size === 0) return (text) => tests.some((test) => test(text));
  const globs = tests.filter((_, place) => literals[place] === null);
  return (text) => names.has(text) || globs.some((test) => test(text));
}
