/** Where a program is, as execvp(3) would find it. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { ChaperoneError } from '../../recorder/errors.ts';

/** @throws ChaperoneError `SHELL_NOT_FOUND` */
export function findProgram(name: string, path: string, cwd: string): string {
  const candidates = name.includes('/')
    ? [resolve(cwd, name)]
    : path.split(delimiter).map((directory) => resolve(cwd, directory, name));
  const found = name === '' ? undefined : candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new ChaperoneError(
    'SHELL_NOT_FOUND',
    `chaperone: ${name || "''"}: not found on PATH, or not executable`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
