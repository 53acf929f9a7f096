/** Small files that are either the old or the new one, whatever happens in between. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storeFault } from './fault.ts';

/** Nobody can put a link in the way of a name that nobody knows; `O_EXCL` would refuse it, too. */
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const DRAFT = /\.[0-9a-f]{16}\.new$/;

/**
 * Replaces `path` and makes that last: written and synced beside it, renamed, the directory synced.
 * @throws ChaperoneError `STORE_FULL`, `STORE_FAILED`
 */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    await writeDraft(draft, text, mode);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw storeFault(error, path);
  }
  await syncDirectory(dirname(path));
}

/** Removes what a process left behind that was killed in the middle of `replaceFile`. The store must be ours. */
export async function removeStaleDrafts(directory: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!DRAFT.test(name) || !names.includes(name.replace(DRAFT, ''))) continue;
    await rm(join(directory, name), { force: true });
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeDraft(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, NEW, mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
