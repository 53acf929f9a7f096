/** A copy of a closed store to try things on: LevelDB rewrites the files that it opens. */
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
