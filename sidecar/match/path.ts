/** Paths as globs: absolute, normalised, without asking the file system (so symbolic links are not followed). */

/** Stands for any number of path segments: what cannot be known before the command runs. */
export const ANYWHERE = '**';

/** `text` as a glob that matches only itself. */
export function quoteGlob(text: string): string {
  return /[*?[\]\\]/.test(text) ? text.replace(/[*?[\]\\]/g, '\\$&') : text;
}

/** The one path that the glob stands for; null where it stands for more. */
export function plainPath(glob: string): string | null {
  const plain = glob.replace(/\\[*?[\]\\]/g, '');
  return /[*?[\]\\]/.test(plain) ? null : glob.replace(/\\(.)/g, '$1');
}

/**
 * The absolute, normalised form of a path glob: `//`, `/./`, `/../` and a trailing slash resolved.
 * A segment that is unknown in part counts as unknown whole. An unknown part is taken not to climb by `..`.
 */
export function resolvePath(cwd: string, path: string): string {
  const relative = !path.startsWith('/') && !path.startsWith(ANYWHERE);
  if (!relative) return normalised(path);
  if (PLAIN.test(path) && path !== 'root' && isNormalised(cwd))
    return cwd === '/' ? `/${path}` : `${cwd}/${path}`;
  return normalised(`${cwd}/${path}`);
}

/** The name of a file in the directory, with nothing to resolve: what most words are. */
const PLAIN = /^[\w-][\w.-]*$/;

/** The last directory that was found to be so: as a rule it stays the same. */
let known = '/';

function isNormalised(path: string): boolean {
  if (path !== known && normalised(path) === path) known = path;
  return path === known;
}

function normalised(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (kept.at(-1) !== ANYWHERE) kept.pop();
    } else if (segment === 'root' && kept.length === 2 && kept[0] === 'proc') {
      // `/proc/self/root` is the root directory.
      kept.length = 0;
    } else if (!segment.includes(ANYWHERE)) {
      kept.push(segment);
    } else if (kept.at(-1) !== ANYWHERE) {
      kept.push(ANYWHERE);
    }
  }
  return `/${kept.join('/')}`;
}

/** Segments that stand for everything in a directory, or everything hidden in it. */
const WHOLE_CONTENTS = new Set(['*', '.*', '?*', '*?', '.??*', '.[!.]*', '.[^.]*', '[!.]*', '.?*', '*.*']);

/** `/srv/*` → `/srv`: to delete all that is in a directory recursively is to delete the directory. */
export function withoutContentsGlob(path: string): string {
  let end = path.length;
  for (;;) {
    const slash = path.lastIndexOf('/', end - 1);
    if (slash < 0 || !WHOLE_CONTENTS.has(path.slice(slash + 1, end))) break;
    end = slash;
    if (end === 0) return '/';
  }
  return path.slice(0, end);
}

/** The last segment of a path as the name of a program. */
export function basename(path: string): string {
  const end = path.endsWith('/') ? path.length - 1 : path.length;
  return path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}
