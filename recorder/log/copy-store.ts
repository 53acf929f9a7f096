/** A copy of a closed store to try things on: LevelDB rewrites the files that it opens. */
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { storeFault } from '../store/fault.ts';

/** Tables never change once they are written, so they are linked, and cost no space. */
export async function copyStore(directory: string, copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { mode: 0o700 });
  await fill(directory, copy, link);
}

/**
 * A copy of DATA/log in DATA, or in a private temporary directory where DATA cannot be written to; the caller removes
 * it. From there a table may be on another disk, so it is pointed at.
 * @throws ChaperoneError `STORE_FULL`, `STORE_FAILED`
 */
export async function copyForReading(data: string): Promise<string> {
  const copy = join(data, `.verify-${process.pid}`);
  const directory = join(data, 'log');
  try {
    await copyStore(directory, copy);
    return copy;
  } catch {
    await rm(copy, { recursive: true, force: true }).catch(() => undefined);
  }
  return await copyElsewhere(directory);
}

async function copyElsewhere(directory: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'chaperone-verify-')).catch((error) => {
    throw storeFault(error, `a copy of ${directory} (in TMPDIR, ${tmpdir()})`);
  });
  try {
    await fill(directory, copy, (table, name) => symlink(resolve(table), name));
    return copy;
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw storeFault(error, `a copy of ${directory} in ${tmpdir()}`);
  }
}

type Link = (table: string, name: string) => Promise<void>;

async function fill(directory: string, copy: string, linkTable: Link): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const { name } = entry;
    const table = /\.(ldb|sst)$/.test(name);
    if (!table && !/^(CURRENT|MANIFEST-\d+|\d+\.log)$/.test(name)) continue;
    if (!entry.isFile()) continue;
    await (table ? linkTable : copyFile)(join(directory, name), join(copy, name));
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
