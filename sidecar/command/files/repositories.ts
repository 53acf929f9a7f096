/** Where git writes files whose names only a repository, or a patch, tells. */
import type { Touch } from '../../action.ts';
import { readOptions } from '../grammar/options.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { anyFile, naming, touch, unnamedBelow } from './touch.ts';

const GLOBAL = { short: 'Cc', long: ['git-dir', 'work-tree', 'namespace', 'exec-path', 'config-env'] };
const CLONES = {
  short: 'obucj',
  long: [
    'origin',
    'branch',
    'upload-pack',
    'config',
    'depth',
    'reference',
    'template',
    'separate-git-dir',
    'jobs',
    'filter',
    'shallow-since',
  ],
};

/** They change files of the tree that is checked out. */
const CHECKS_OUT =
  /^(apply|am|checkout|switch|restore|reset|pull|merge|rebase|cherry-pick|revert|stash|clean|read-tree|checkout-index|bisect|sparse-checkout)$/;

/**
 * Of the tree that it stands in nothing is said, or every `git pull` would be about any file: only of one that it is told
 * to go to.
 */
export function checkedOut(words: readonly Word[], scope: Scope): Touch[] {
  const { values, given, operand } = readOptions(words, GLOBAL);
  const from = given.reduce((at, [flag, word]) => (flag === '-C' ? goTo(at, word) : at), scope);
  const command = words[operand]?.value;
  const tree = values.get('--work-tree');
  const elsewhere = tree != null ? goTo(scope, tree) : from;
  if (CHECKS_OUT.test(command ?? '') && elsewhere !== scope)
    return [unnamedBelow(literalWord('.'), elsewhere)];
  if (words.some(({ value }) => value === '--unsafe-paths')) return [anyFile('writes')];
  const rest = words.slice(operand);
  switch (command) {
    case 'clone':
      return cloned(rest, from);
    case 'worktree':
      return rest[1]?.value === 'add' ? placed(rest.slice(1), 'bB', from) : [];
    case 'init':
      return [...placed(rest, 'b', from), ...options(rest, ['--separate-git-dir'], from)];
    case 'format-patch':
      return options(rest, ['-o', '--output-directory'], from);
    case 'checkout-index':
      return options(rest, ['--prefix'], from);
    default:
      return [];
  }
}

function goTo(scope: Scope, word: Word): Scope {
  return { ...scope, cwd: touch('reads', word, scope).path, elsewhere: [] };
}

/** `git clone url [directory]`. */
function cloned(words: readonly Word[], scope: Scope): Touch[] {
  const { operand } = readOptions(words, CLONES);
  const [directory] = words.slice(operand + 1).filter(({ value }) => !value?.startsWith('-'));
  const apart = options(words, ['--separate-git-dir'], scope);
  if (directory !== undefined) return [unnamedBelow(directory, scope), ...apart];
  const name = /([^/:]+?)(\.git)?\/*$/.exec(words[operand]?.value ?? '')?.[1];
  return name === undefined ? apart : [unnamedBelow(naming(literalWord(name), name, name), scope), ...apart];
}

/** The first operand is a directory that it fills. */
function placed(words: readonly Word[], short: string, scope: Scope): Touch[] {
  const directory =
    words[readOptions(words, { short, long: ['reason', 'template', 'initial-branch'] }).operand];
  return directory === undefined ? [] : [unnamedBelow(directory, scope)];
}

function options(words: readonly Word[], names: readonly string[], scope: Scope): Touch[] {
  return words.flatMap((word, at) => {
    const name = names.find((one) => word.pattern.startsWith(one));
    if (name === undefined) return [];
    const text = word.pattern.slice(name.length).replace(/^=/, '');
    const directory = text === '' ? words[at + 1] : naming(word, null, text);
    return directory === undefined ? [] : [unnamedBelow(directory, scope)];
  });
}
