/** Files that a program which runs another one opens for itself: `strace -o log`, `script file`. */
import type { Touch } from '../../action.ts';
import { readOptions } from '../grammar/options.ts';
import type { Wrapper } from '../grammar/wrapper.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { touch } from './touch.ts';

export function openedByWrapper(wrapper: Wrapper, words: readonly Word[], scope: Scope): Touch[] {
  const { writes, writesTo, edits } = wrapper;
  if (writes === undefined && edits === undefined && !writesTo) return [];
  const { given, operand, flags } = readOptions(words, wrapper);
  if (edits?.some((flag) => flags.has(flag)))
    return words.slice(operand).map((word) => ({ ...touch('writes', word, scope), certain: false }));
  const named = given.flatMap(([flag, word]) => (writes?.includes(flag) ? [word] : []));
  const file = writesTo && words[operand];
  // What is given to a program begins with a sign.
  return [...named, ...(file ? [file] : [])]
    .filter(({ pattern }) => !/^[|!]/.test(pattern))
    .map((word) => touch('writes', word, scope));
}
