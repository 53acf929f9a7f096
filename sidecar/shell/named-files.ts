/**
 * Digests of the files that a command line names: what is in a script is part of what was approved. Another file of the
 * same name, or one that appears only later, is another action.
 */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandAction } from '../action.ts';

const MAX_FILES = 64;
/** Larger ones are known by size and time: they are data rather than scripts. */
const MAX_BYTES = 1024 * 1024;

export async function namedFiles({ commands, cwd }: CommandAction): Promise<string[]> {
  const words = commands.flatMap(({ argv }) => argv).filter((word) => word !== null && word !== '');
  const paths = new Set(words.map((word) => resolve(cwd, word!)));
  const named: string[] = [];
  for (const path of [...paths].slice(0, MAX_FILES)) {
    const found = await stat(path, { bigint: true }).catch(() => null);
    if (found?.isFile()) named.push(`${path} ${await contentOf(path, found)}`);
  }
  return named;
}

async function contentOf(path: string, { size, mtimeNs, ino }: BigIntStats): Promise<string> {
  if (size > MAX_BYTES) return `${size} ${mtimeNs} ${ino}`;
  const bytes = await readFile(path).catch(() => null);
  return bytes === null ? 'unreadable' : createHash('sha256').update(bytes).digest('hex');
}
