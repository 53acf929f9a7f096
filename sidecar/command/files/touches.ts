/** Which paths a command reads, writes, deletes or changes, by the grammar of its arguments. */
import type { Touch } from '../../action.ts';
import { readSearch } from '../grammar/find.ts';
import { OPERANDS } from '../grammar/operands.ts';
import { wrapperNamed } from '../grammar/wrappers.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { COPIERS, copied, exchanged, mirrored, moved } from './copies.ts';
import { copiedByDd, LISTING, overwrites, partitions, wiped } from './disks.ts';
import { fetched, transferred } from './downloads.ts';
import { byOperands } from './operand-touches.ts';
import { checkedOut } from './repositories.ts';
import { edited, opensToEdit, scanned } from './scripted.ts';
import { SEARCHERS, searched } from './searches.ts';
import { touch } from './touch.ts';
import { archived, compressed, isCompressor, unpacked } from './unpacking.ts';
import { openedByWrapper } from './wrapper-files.ts';

export function touchesOf(program: string, words: readonly Word[], scope: Scope): Touch[] {
  if (words[1]?.value === '-m' && program.startsWith('py')) return byModule(words.slice(2), scope);
  const touches = ownTouches(program, words, scope);
  const more = unpacked(program, words, scope);
  return more.length === 0 ? touches : [...touches, ...more];
}

function ownTouches(program: string, words: readonly Word[], scope: Scope): Touch[] {
  switch (program) {
    case 'dd':
    case 'dcfldd':
    case 'dc3dd':
      return copiedByDd(words, scope);
    case 'mv':
      return moved(words, scope);
    case 'find': {
      const { deletes, reach, written, open } = readSearch(words, scope);
      const prints = written.map((word) => touch('writes', word, scope));
      const gone = reach.map((place) => ({ role: 'deletes' as const, ...place }));
      if (deletes) return [...prints, ...gone];
      return open ? [...prints, ...gone.map((one) => ({ ...one, certain: false }))] : prints;
    }
    case 'tar':
    case 'gtar':
    case 'bsdtar':
      return archived(words, scope);
    case 'badblocks':
      return byOperands(words, { each: overwrites(words) ? 'writes' : 'reads', short: 'bcdeiopt' }, scope);
    case 'wipefs':
      return wiped(words, scope);
    case 'rsync':
      return mirrored(words, scope);
    case 'curl':
      return transferred(words, scope);
    case 'wget':
    case 'wget2':
      return fetched(words, scope);
    case 'docker':
    case 'podman':
    case 'nerdctl':
      return exchanged(words, scope) ?? [];
    case 'trash':
    case 'trash-put':
    case 'rmtrash':
    case 'gio':
      return removed(words, scope);
    case 'cmake':
      return words[1]?.value === '-E' ? byCmake(words.slice(1), scope) : [];
    case 'getent':
      return hashesOf(words, scope);
    case 'git':
      return checkedOut(words, scope);
    case 'sed':
    case 'gsed':
      return edited(words, scope);
  }
  if (COPIERS.has(program)) return copied(program, words, scope);
  if (/^([gmn]|original-)?awk$/.test(program)) return scanned(words, scope);
  if (SEARCHERS.has(program)) return searched(program, words, scope);
  if (EDITORS.test(program)) return opensToEdit(program, words, scope);
  if (isCompressor(program)) return compressed(program, words, scope);
  const listing = LISTING.get(program);
  if (listing !== undefined) return partitions(words, listing, scope);
  const operands = OPERANDS.get(program) ?? (program.startsWith('mkfs') ? { each: 'writes' } : undefined);
  if (operands !== undefined) return byOperands(words, operands, scope);
  const wrapper = wrapperNamed(program);
  return wrapper === undefined ? [] : openedByWrapper(wrapper, words, scope);
}

/** `python -m module`: what the module is as a program. */
function byModule(words: readonly Word[], scope: Scope): Touch[] {
  const module = words[0]?.value ?? '';
  if (module !== 'http.server') return unpacked(module, words, scope);
  const place = words.findIndex(({ value }) => value === '-d' || value === '--directory');
  const directory = place < 0 ? undefined : words[place + 1];
  return directory === undefined ? [] : [{ ...touch('reads', directory, scope, true), certain: false }];
}

/** With everything below it. */
function removed(words: readonly Word[], scope: Scope): Touch[] {
  return byOperands(words, { each: 'deletes' }, scope).map((one) => ({ ...one, recursive: true }));
}

/** The tools of `cmake -E`: https://cmake.org/cmake/help/latest/manual/cmake.1.html#run-a-command-line-tool */
function byCmake(words: readonly Word[], scope: Scope): Touch[] {
  const [, tool, ...rest] = words;
  const call = [tool!, ...rest];
  switch (tool?.value) {
    case 'rm':
    case 'remove':
    case 'remove_directory':
      return removed(call, scope);
    case 'copy':
    case 'copy_directory':
    case 'copy_if_different':
      return copied('cp', call, scope);
    case 'rename':
      return moved(call, scope);
    case 'touch':
      return byOperands(call, { each: 'writes' }, scope);
    case 'tar':
      return unpacked('tar', call, scope);
    default:
      return [];
  }
}

/** The database of passwords by another door. */
function hashesOf(words: readonly Word[], scope: Scope): Touch[] {
  const name = words.find(({ value }) => value === 'shadow' || value === 'gshadow')?.value;
  return name == null ? [] : [touch('reads', literalWord(`/etc/${name}`), scope)];
}

const EDITORS = /^(vi|vim|nvim|nano|emacs|ed|red|ex|view)$/;

/** Programs that have a function of their own above, by which it is known which operands are paths. */
const OWN: ReadonlySet<string> = new Set([
  ...['dd', 'dcfldd', 'dc3dd', 'mv', 'find', 'tar', 'bsdtar', 'badblocks', 'wipefs', 'rsync', 'sed'],
]);

/** Whether it is known which operands of the program are paths. */
export function hasGrammar(program: string): boolean {
  return OPERANDS.get(program)?.each !== undefined || OWN.has(program) || LISTING.has(program);
}
