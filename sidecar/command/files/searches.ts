/** grep and its kin: what they look through, with everything below it where they are told to, or always do. */
import type { Touch } from '../../action.ts';
import { OPERANDS } from '../grammar/operands.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { sorted } from './operand-touches.ts';
import { touch } from './touch.ts';

const DEEP = /^(-[A-Za-z]*[rR]|--rec|--deref)/;
/** Without these ripgrep and ag leave out what a dot hides, and homes keep their secrets in such directories. */
const HIDDEN = /^(-[a-zA-Z]*[u.]|--hidden|--unr)/;

export const SEARCHERS: ReadonlySet<string> = new Set(['grep', 'egrep', 'fgrep', 'zgrep', 'rg', 'ag']);

/** What lies below is read only where nothing narrows the search, and where whoever runs it may read it. */
export function searched(program: string, words: readonly Word[], scope: Scope): Touch[] {
  const { touches, operands, skip } = sorted(words, OPERANDS.get(program)!, scope);
  const places = operands.slice(skip);
  const read = places.map((word) => touch('reads', word, scope));
  const some = (sign: RegExp) => words.some(({ value }) => sign.test(value ?? ''));
  const always = program === 'rg' || program === 'ag';
  if (!always && !some(DEEP)) return [...touches, ...read];
  const home = scope.variables.get('HOME')?.pattern;
  const below = (places.length > 0 ? places : [literalWord('.')])
    .map((word): Touch => ({ ...touch('reads', word, scope, true), certain: false }))
    .filter(
      ({ path }) => !always || some(HIDDEN) || home === undefined || !`${path}/`.startsWith(`${home}/`),
    );
  return [...touches, ...read, ...below];
}
