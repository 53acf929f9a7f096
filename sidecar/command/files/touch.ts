/** One path that a word names, touched: resolved, and in all the directories that the command may run in. */
import type { PathRole, Touch } from '../../action.ts';
import { ANYWHERE, resolvePath, withoutContentsGlob } from '../../match/path.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { leadsOn, withLinks } from './links.ts';

/** What is touched; not certain is what is touched only if it runs in another directory than it should. */
export function everywhere(scope: Scope, touched: (scope: Scope) => Touch[]): Touch[] {
  const touches = inAll(scope, touched);
  return scope.files === null || touches.length === 0 ? touches : withLinks(touches, scope.files);
}

function inAll(scope: Scope, touched: (scope: Scope) => Touch[]): Touch[] {
  const touches = touched(scope);
  if (touches.length === 0) return touches;
  if (scope.elsewhere.length === 0) return touches;
  const others = scope.elsewhere.flatMap((cwd) => touched({ ...scope, cwd, elsewhere: [] }));
  const known = new Set(touches.map(({ path }) => path));
  return [
    ...touches,
    ...others.filter(({ path }) => !known.has(path)).map((one) => ({ ...one, certain: false })),
  ];
}

/** The part of a word that says which path it names. */
export type Named = Pick<Word, 'pattern' | 'splits' | 'unnamed'>;

export function touch(role: PathRole, word: Named, scope: Scope, recursive = false): Touch {
  const path = resolvePath(scope.cwd, word.pattern);
  const whole = recursive && role === 'deletes' ? withoutContentsGlob(path) : path;
  const spelled = scope.files === null ? null : leadsOn(word.pattern, whole === path ? null : whole, scope);
  return {
    role,
    path: whole,
    recursive,
    certain: !word.splits && !word.unnamed && !path.includes(ANYWHERE),
    ...(spelled !== null && { spelled }),
    ...(word.unnamed && { unnamed: true as const }),
  };
}

/** What an archive, a server or a repository names: files somewhere below a directory. */
export function unnamedBelow(directory: Named, scope: Scope): Touch {
  const path = resolvePath(scope.cwd, `${directory.pattern}/${ANYWHERE}`);
  return { role: 'writes', path, recursive: false, certain: false, unnamed: true };
}

/** What may be any file at all. */
export function anyFile(role: PathRole): Touch {
  return { role, path: `/${ANYWHERE}`, recursive: false, certain: false };
}

/** A word that names `pattern`, as the one that it stands in does. */
export function naming(word: Word, value: string | null, pattern: string): Word {
  return { ...word, value, pattern };
}
