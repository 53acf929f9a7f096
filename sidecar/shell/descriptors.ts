/**
 * What a child would inherit of this process beside its stdin, stdout and stderr.
 *
 * Neither node-pty nor LevelDB marks its descriptors as closing on exec, and Node cannot: a shell would hold the store's log,
 * writable, and the terminals of other sessions. So where there are any, a shell closes them before it turns into
 * the child.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { ChaperoneError } from '../../recorder/errors.ts';
import { findProgram } from './find-program.ts';

/** O_CLOEXEC as /proc/self/fdinfo shows it (proc(5), fcntl.h). */
const CLOSES_ON_EXEC = 0o2000000;

/** Descriptors above 2 that an exec would leave open. */
export function inheritable(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && !closesOnExec(fd));
}

function closesOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & CLOSES_ON_EXEC) !== 0;
  } catch {
    return true; // closed since it was listed: the list's own descriptor
  }
}

/**
 * The argv that runs `argv` and leaves it nothing of ours.
 * @throws ChaperoneError `SHELL_NOT_FOUND` where there is something to close and no shell that can: a POSIX
 *   shell closes no descriptor above 9
 */
export function withoutOurs(argv: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const ours = inheritable();
  if (ours.length === 0) return [...argv];
  const path = env.PATH ?? '';
  const closing = (form: (fd: number) => string) => `${ours.map(form).join('; ')}; exec "$@"`;
  for (const [name, flags, form] of CLOSERS) {
    try {
      return [findProgram(name, path, '/'), flags, closing(form), name, ...argv];
    } catch {
      // the next one may be there
    }
  }
  throw new ChaperoneError('SHELL_NOT_FOUND', 'chaperone: neither bash nor zsh is on PATH: install one');
}

/** With no start-up files: `-p` keeps bash from BASH_ENV, `-f` zsh from its own. */
const CLOSERS: readonly [name: string, flags: string, form: (fd: number) => string][] = [
  ['bash', '-pc', (fd) => `exec ${fd}>&-`],
  ['zsh', '-fc', (fd) => `fd=${fd}; exec {fd}>&-`],
];
