/** Where a program is, as execvp(3) would find it. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { ChaperoneError } from '../../recorder/errors.ts';

/** @throws ChaperoneError `SHELL_NOT_FOUND` */
export function findProgram(name: string, path: string, cwd: string): string {
  const found = lookUp(name, path, cwd);
  if (found !== null) return found;
  throw new ChaperoneError(
    'SHELL_NOT_FOUND',
    `chaperone: ${name || "''"}: not found on PATH, or not executable`,
  );
}

/** The same, null where it is not. */
export function lookUp(name: string, path: string, cwd: string): string | null {
  const candidates = name.includes('/')
    ? [resolve(cwd, name)]
    : path.split(delimiter).map((directory) => resolve(cwd, directory, name));
  return name === '' ? null : (candidates.find(isExecutable) ?? null);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
