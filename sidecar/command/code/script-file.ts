/** Scripts in files of their own, and manifests: read where the line itself has written them, or where they can be seen. */
import { plainPath, resolvePath } from '../../match/path.ts';
import type { Found } from '../found.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { FOREIGN } from './shells.ts';

/** The absolute path of the one file that a word names; null where that is not known. */
export function fileNamed(word: Word, scope: Scope): string | null {
  if (word.value === null || word.glob || word.value === '' || scope.elsewhere.length > 0) return null;
  return plainPath(resolvePath(scope.cwd, word.pattern));
}

/** What is in a file when the line gets there; null where that is not known. */
export function textAt(found: Found, path: string | null, { files }: Scope): string | null {
  if (path === null) return null;
  if (found.made.covers(path)) return found.made.textOf(path);
  // What stands there may have been replaced.
  if (found.made.mayCover(path)) return null;
  const text = files?.text(path) ?? null;
  if (text !== null) found.taken.push(path);
  return text;
}

/** Reads a script as the code of `shell`, in a scope that it may change. */
export function followScript(
  found: Found,
  shell: string,
  path: string | null,
  { text: shown, scope }: { text: string; scope: Scope },
): void {
  // One that starts itself has been read already.
  if (path !== null && found.reading.has(path)) return;
  const text = FOREIGN.has(shell) ? null : textAt(found, path, scope);
  if (path === null || text === null) {
    found.doubt('unreadable-script', `${shell} runs a script whose text is not seen here`, shown);
  } else if (!found.affords(text.length)) {
    found.doubt('limit', 'more scripts than are read for one line', shown);
  } else {
    found.reading.add(path);
    found.script(text, scope);
    found.reading.delete(path);
  }
}
