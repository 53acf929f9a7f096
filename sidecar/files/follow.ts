/** Symbolic links followed as the kernel does: path_resolution(7). */
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';

/** Links followed in one path, and segments of it that are looked at. */
const MAX_LINKS = 40;
const MAX_SEGMENTS = 256;

/** Where names mean something else for each process. */
const OF_A_PROCESS = /^\/+(proc|dev)(\/|$)/;

/**
 * A part that is not there stands for itself.
 * @param path absolute
 * @param last whether a link at its end is followed as well
 * @returns null where it cannot be told
 */
export function follow(path: string, last: boolean): string | null {
  if (OF_A_PROCESS.test(path)) return path;
  if (last) {
    try {
      return realpathSync.native(path);
    } catch {
      return walk(path, true);
    }
  }
  return walk(path, false);
}

function walk(path: string, last: boolean): string | null {
  const ahead = segmentsOf(path).reverse();
  const done: string[] = [];
  let links = 0;
  let looks = 0;
  let there = true;
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '..') {
      done.pop();
      there = true;
      continue;
    }
    done.push(name);
    if (!there || (!last && ahead.length === 0)) continue;
    if (++looks > MAX_SEGMENTS) return null;
    const target = linkAt(`/${done.join('/')}`);
    if (target === null) return null;
    if (target === 'nothing') there = false;
    if (target === 'nothing' || target === 'no link') continue;
    if (++links > MAX_LINKS) return null;
    if (target.to.startsWith('/')) done.length = 0;
    else done.pop();
    ahead.push(...segmentsOf(target.to).reverse());
    if (ahead.length > MAX_SEGMENTS) return null;
  }
  return `/${done.join('/')}`;
}

/** Null where it may not be looked at. */
function linkAt(path: string): { to: string } | 'no link' | 'nothing' | null {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 'nothing';
    return found.isSymbolicLink() ? { to: readlinkSync(path) } : 'no link';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'nothing' : null;
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}
