/** Making directories, one at a time: `mkdir -p` of Node never returns where the kernel has the last word (/proc). */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ChaperoneError } from '../errors.ts';
import { reasonOf, storeFault } from './fault.ts';

/**
 * Makes `path` and what is missing above it, for its owner only; what is there stays as it is.
 * @throws ChaperoneError `STORE_FULL`, `STORE_FAILED`
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  const missing: string[] = [];
  let at = resolve(path);
  while (!(await isDirectory(at))) {
    missing.push(at);
    if (at === dirname(at)) break;
    at = dirname(at);
  }
  for (const one of missing.reverse()) await makeOne(one);
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Another process was faster.
    if (code === 'EEXIST' && (await isDirectory(path))) return;
    const fault = storeFault(error, path);
    if (fault.code === 'STORE_FULL') throw fault;
    const reason = code === 'EEXIST' ? 'a link to nothing is in its place' : reasonOf(message);
    throw refusal(path, reason, error);
  }
}

/** False where there is nothing. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    throw refusal(path, reasonOf(message), error);
  }
  throw refusal(path, 'a file is in its place', null);
}

function refusal(path: string, reason: string, cause: unknown): ChaperoneError {
  const message = `the directory ${path} cannot be made: ${reason}: name one that can be`;
  return new ChaperoneError('STORE_FAILED', message, { cause });
}
