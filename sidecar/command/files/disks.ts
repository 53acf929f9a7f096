/** Programs that write to a disk, or only list what is on it. */
import type { Touch } from '../../action.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { byOperands } from './operand-touches.ts';
import { touch } from './touch.ts';

/** Tools that write to a disk unless told only to list or to pretend. */
export const LISTING: ReadonlyMap<string, RegExp> = new Map([
  ['fdisk', /^(-[a-z]*[lsxV]|--list.*|--getsz|--version|--help)$/],
  ['sfdisk', /^(-[a-z]*[ldJFTVn]|--list.*|--dump|--json|--verify|--no-act|--version|--help)$/],
  ['cfdisk', /^(-h|-V|--help|--version)$/],
  ['gdisk', /^-l$/],
  ['cgdisk', /^$/],
  ['sgdisk', /^(-[pviP]|--print|--verify|--info.*|--pretend)$/],
  ['parted', /^(-l|--list|print|-v|--version)$/],
  ['hdparm', /^(-[a-zA-Z]*[iItTgC])$/],
]);

export function partitions(words: readonly Word[], listing: RegExp, scope: Scope): Touch[] {
  const lists = words.some((word) => word.value !== null && listing.test(word.value));
  return byOperands(words, { each: lists ? 'reads' : 'writes' }, scope);
}

/** wipefs only lists unless an option says what to erase. */
export function wiped(words: readonly Word[], scope: Scope): Touch[] {
  const erases = words.some(
    (word) => word.value === null || /^(-[a-z]*[ao]|--all|--offset)/.test(word.value),
  );
  return byOperands(words, { each: erases ? 'writes' : 'reads', short: 'ot' }, scope);
}

/** `dd if=FILE of=FILE`: its operands are settings. */
export function copiedByDd(words: readonly Word[], scope: Scope): Touch[] {
  return words.slice(1).flatMap((word) => {
    const found = /^(if|of)=/.exec(word.pattern);
    if (found === null)
      return word.value === null ? [{ ...touch('writes', word, scope), certain: false }] : [];
    const rest: Word = { ...word, value: word.value?.slice(3) ?? null, pattern: word.pattern.slice(3) };
    return [touch(found[1] === 'of' ? 'writes' : 'reads', rest, scope)];
  });
}

export function overwrites(words: readonly Word[]): boolean {
  return words.some(({ value }) => value === null || /^-[a-z]*[wn]/.test(value));
}
