/** Directories that tests make in passing, where nobody is at hand to remove them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A directory of its own, removed when the process ends: by then nothing holds on to what is in it. */
export function temporaryDirectory(): string {
  if (made.length === 0) process.once('exit', removeAll);
  const path = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
  made.push(path);
  return path;
}

function removeAll(): void {
  for (const path of made) rmSync(path, { recursive: true, force: true });
}
