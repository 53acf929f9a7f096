/** The launcher as it is shipped, and with what finds its faults built in; compiled once and kept while its source is the same. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SOURCES = resolve(import.meta.dirname, '../../../sidecar/launcher');
const CACHE = resolve(import.meta.dirname, '../../../node_modules/.cache/chaperone-launcher');
const NAMES = ['chaperone-hook', 'bash', 'sh', 'zsh', 'dash', 'ash'];

/** As the build has them. */
export const WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror'];
export const SANITIZED = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const FLAVOURS = { shipped: ['-O2', '-static', '-s'], sanitized: SANITIZED } as const;
export type Flavour = keyof typeof FLAVOURS;

/** A directory that holds the launcher under every name that it answers to. */
export async function launchers(flavour: Flavour = 'shipped'): Promise<string> {
  const sources = globSync(join(SOURCES, '*.{c,h}')).sort();
  const hash = createHash('sha256').update(NAMES.join());
  for (const source of sources) hash.update(source).update(readFileSync(source));
  const directory = join(CACHE, `${flavour}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(directory)) return directory;
  const fresh = `${directory}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  compile(join(fresh, 'chaperone-launcher'), [
    ...FLAVOURS[flavour],
    ...sources.filter((path) => path.endsWith('.c')),
  ]);
  for (const name of NAMES) symlinkSync('chaperone-launcher', join(fresh, name));
  try {
    renameSync(fresh, directory);
  } catch {
    // another test was faster
  }
  return directory;
}

/** @throws where it does not compile without a warning */
export function compile(program: string, args: string[]): void {
  const { status, stderr } = spawnSync('cc', ['-std=c11', ...WARNINGS, '-o', program, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`it does not compile: ${stderr}`);
}

export async function launcher(flavour: Flavour, name: string): Promise<string> {
  return join(await launchers(flavour), name);
}
