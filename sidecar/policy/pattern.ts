/** A policy's patterns, made ready to be asked often. */
import { RE2JS } from 're2js';
import { glob, matches } from '../../recorder/glob.ts';
import type { Pattern } from './schema/text.ts';

/** True of a whole text. */
export type TextTest = (text: string) => boolean;

export function compilePattern(pattern: Pattern): TextTest {
  if (typeof pattern === 'string') {
    const compiled = glob(pattern);
    return (text) => matches(compiled, text);
  }
  const compiled = RE2JS.compile(pattern.regex);
  return (text) => compiled.matches(text);
}

export function anyOf(patterns: readonly Pattern[]): TextTest {
  const tests = patterns.map(compilePattern);
  return (text) => tests.some((test) => test(text));
}
