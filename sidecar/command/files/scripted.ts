/** Files that a script of awk or sed opens, and those that an editor is given. */
import type { Touch } from '../../action.ts';
import { quoteGlob } from '../../match/path.ts';
import { readAwk } from '../code/awk.ts';
import { awkScripts, INPLACE, sedScripts } from '../code/embedded/scripted.ts';
import { type Opened, type OpenedFile, readSed } from '../code/sed.ts';
import { OPERANDS } from '../grammar/operands.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { byOperands } from './operand-touches.ts';
import { anyFile, touch, unnamedBelow } from './touch.ts';

/** `sed -i` writes what it reads. */
export function edited(words: readonly Word[], scope: Scope): Touch[] {
  const touches = byOperands(words, OPERANDS.get('sed')!, scope);
  const opened = openedBy(sedScripts(words).inline, readSed, scope);
  const inPlace = words.some(({ value }) => /^(-[nErsuzb]*i|--i)/.test(value ?? ''));
  return [...(inPlace ? written(touches) : touches), ...opened];
}

/** What awk reads, and with gawk's `-i inplace` writes. */
export function scanned(words: readonly Word[], scope: Scope): Touch[] {
  const { inline, operand } = awkScripts(words);
  const read = words
    .slice(operand)
    .filter(({ pattern }) => !/^([A-Za-z_]\w*=|-$)/.test(pattern))
    .map((word) => touch('reads', word, scope));
  const inPlace = words.some(
    ({ value }, at) =>
      value?.endsWith(INPLACE) &&
      /^(-i|--in)/.test(value.startsWith('-') ? value : (words[at - 1]?.value ?? '')),
  );
  return [...(inPlace ? written(read) : read), ...openedBy(inline, readAwk, scope)];
}

function written(touches: readonly Touch[]): Touch[] {
  return touches.flatMap((one) => (one.role === 'reads' ? [one, { ...one, role: 'writes' }] : [one]));
}

function openedBy(scripts: readonly Word[], read: (script: string) => Opened, scope: Scope): Touch[] {
  return scripts.flatMap(({ value }) =>
    value === null || !/[wWrR>]|getline/.test(value)
      ? []
      : read(value).files.map((file) => opened(file, scope)),
  );
}

function opened({ role, name, below }: OpenedFile, scope: Scope): Touch {
  if (name !== null) return touch(role, literalWord(name), scope);
  return below === true && role === 'writes'
    ? unnamedBelow({ pattern: quoteGlob('.'), splits: false }, scope)
    : anyFile(role);
}

const LOOKS_ONLY = /^(view|rview|less|more)$|^-[a-zA-Z]*[RM]$/;

/** What an editor is given it may write; for certain it only reads it. */
export function opensToEdit(program: string, words: readonly Word[], scope: Scope): Touch[] {
  const touches = byOperands(words, OPERANDS.get(program)!, scope);
  if ([program, ...words.map(({ value }) => value ?? '')].some((word) => LOOKS_ONLY.test(word)))
    return touches;
  return touches.flatMap((one) =>
    one.role === 'reads' ? [one, { ...one, role: 'writes', certain: false }] : [one],
  );
}
