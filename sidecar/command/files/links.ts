/** Paths that a command touches through symbolic links, as far as the file system can be seen. */
import type { Touch } from '../../action.ts';
import { ANYWHERE, plainPath, quoteGlob, resolvePath } from '../../match/path.ts';
import type { Scope } from '../scope.ts';
import type { FileView } from './file-view.ts';

/**
 * How a path is spelled, where following its links needs to know; null where the normalised path says as much.
 * @param whole the directory that is meant where all of its contents are
 */
export function leadsOn(pattern: string, whole: string | null, scope: Scope): string | null {
  if (whole !== null) return `${whole}/`;
  const climbs = /(^|\/)\.\.(\/|$)/.test(pattern);
  if (!climbs && !/\/\.?$/.test(pattern)) return null;
  return pattern.startsWith('/') ? pattern : `${scope.cwd}/${pattern}`;
}

/** With each path that leads through a link stands the one that it leads to. */
export function withLinks(touches: readonly Touch[], files: FileView): Touch[] {
  return touches.flatMap((touch) => {
    const led = leadTo(touch, files);
    if (led === touch.path) return [touch];
    if (led === null) return [touch, { ...touch, path: `/${ANYWHERE}`, certain: false }];
    const { spelled: _, ...plain } = touch;
    return [touch, { ...plain, path: led }];
  });
}

/** As a glob; null where it cannot be told. */
function leadTo({ role, path, spelled }: Touch, files: FileView): string | null {
  const text = spelled ?? path;
  const plain = plainPath(text);
  if (plain !== null) {
    // What is deleted is a link itself, unless a slash says that it is what is in there.
    const real = files.follow(plain, role !== 'deletes' || /\/\.?$/.test(text));
    return real === null ? null : quoteGlob(real);
  }
  // A glob: as far as it is known, a directory.
  const [head, rest] = plainHead(path);
  const real = files.follow(head, true);
  return real === null ? null : resolvePath('/', `${quoteGlob(real)}/${rest}`);
}

/** The directory in front of the first segment that is not plain, and what follows it. */
function plainHead(path: string): [head: string, rest: string] {
  const segments = path.split('/');
  const first = segments.findIndex((segment) => plainPath(segment) === null);
  const head = plainPath(segments.slice(0, first).join('/')) ?? '';
  return [head === '' ? '/' : head, segments.slice(first).join('/')];
}
