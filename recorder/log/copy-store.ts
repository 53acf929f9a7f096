/** A copy of a closed store to try things on: LevelDB rewrites the files that it opens. */
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Tables never change once they are written, so they are linked, and cost no space. */
export async function copyStore(directory: string, copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { mode: 0o700 });
  for (const name of await readdir(directory)) {
    const table = /\.(ldb|sst)$/.test(name);
    if (!table && !/^(CURRENT|MANIFEST-\d+|\d+\.log)$/.test(name)) continue;
    await (table ? link : copyFile)(join(directory, name), join(copy, name));
  }
}

/** What a process left behind that was killed while it had a copy: `.verify-PID`, `.mend-PID`. */
export async function removeStaleCopies(data: string): Promise<void> {
  for (const name of await readdir(data)) {
    const pid = /^\.(?:verify|mend)-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(data, name), { recursive: true, force: true });
  }
}
