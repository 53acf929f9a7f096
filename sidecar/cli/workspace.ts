/** What is worked on: the repository that a directory lies in, or the directory itself. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @returns undefined where that would be the whole machine, or the whole home directory */
export function workspaceOf(directory: string, home: string | null): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return isTooWide(at, home) ? undefined : at;
    if (at === dirname(at)) return isTooWide(directory, home) ? undefined : directory;
  }
}

function isTooWide(directory: string, home: string | null): boolean {
  return directory === '/' || directory === home;
}
