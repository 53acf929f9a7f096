/** Small files that are either the old or the new one, whatever happens in between. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces `path` and makes that last: written and synced beside it, renamed, the directory synced. */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncDirectory(dirname(path));
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
