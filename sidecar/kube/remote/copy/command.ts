/** The commands by which `kubectl cp` and `oc cp` copy: tar, writing to its output or reading from its input. Pure. */
import { posix } from 'node:path';

export interface Copy {
  direction: 'to' | 'from';
  /** Where the names in the archive begin. */
  base: string;
}

/** Flags that change nothing about what an archive is: modification times, owners, permissions. */
const HARMLESS = new Set(['m', 'o', 'p']);
const HARMLESS_WORDS = new Set(['--no-same-owner', '--no-same-permissions']);

/** Null for any other command, also for tar in ways that nobody copies. */
export function copyOf(argv: readonly string[]): Copy | null {
  if (posix.basename(argv[0] ?? '') !== 'tar') return null;
  let mode: string | null = null;
  let archive: string | null = null;
  let directory: string | null = null;
  const operands: string[] = [];
  const rest = argv.slice(1);
  // The first word may do without its hyphen.
  if (/^[a-z]+$/.test(rest[0] ?? '')) rest[0] = `-${rest[0]}`;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (HARMLESS_WORDS.has(word)) continue;
    if (word === '-C') directory = rest.shift() ?? null;
    else if (/^-[a-zA-Z]/.test(word)) {
      for (const flag of word.slice(1)) {
        if (flag === 'f' && archive === null) archive = rest.shift() ?? null;
        else if ((flag === 'x' || flag === 'c') && mode === null) mode = flag;
        else if (!HARMLESS.has(flag)) return null;
      }
    } else if (word.startsWith('-')) return null;
    else operands.push(word);
  }
  if (archive !== '-' || mode === null) return null;
  if (mode === 'x') return operands.length === 0 ? { direction: 'to', base: directory ?? '' } : null;
  const absolute = operands.length > 0 && operands.every((operand) => operand.startsWith('/'));
  return operands.length > 0 ? { direction: 'from', base: directory ?? (absolute ? '/' : '') } : null;
}

/** Where a member is, or will be: tar takes no name for absolute. */
export function placeOf({ base }: Copy, name: string): string {
  return posix.join(base, name.replace(/^\/+/, ''));
}
