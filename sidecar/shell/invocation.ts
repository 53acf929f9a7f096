/** What is to be started, and whether its commands can be judged one by one. Pure. */
import { basename } from 'node:path';

export type Hooks = 'bash' | 'zsh';

/** What `chaperone shell` was asked for. */
export type Request =
  | { kind: 'shell'; shell: string; login?: boolean }
  | { kind: 'argv'; argv: readonly string[] };

/**
 * - `hooked`: an interactive bash or zsh, every command judged before it runs;
 * - `session`: an interactive shell without such hooks, judged once, as a whole, as unknown;
 * - `command`: something that ends by itself, judged before it starts.
 */
export type Invocation =
  | { kind: 'hooked'; hooks: Hooks; program: string; login: boolean }
  | { kind: 'session'; argv: readonly string[] }
  | { kind: 'command'; argv: readonly string[] };

const SHELLS = new Set(['sh', 'dash', 'ash', 'ksh', 'mksh', 'busybox', 'fish', 'csh', 'tcsh', 'bash', 'zsh']);
const INTERACTIVE = new Set(['-i', '-l', '-il', '-li', '--login']);

export function plan(request: Request): Invocation {
  if (request.kind === 'shell') return interactive(request.shell, request.login ?? false);
  const [program = '', ...options] = request.argv;
  const shell = SHELLS.has(basename(program)) && options.every((option) => INTERACTIVE.has(option));
  if (!shell) return { kind: 'command', argv: request.argv };
  return interactive(
    program,
    options.some((option) => option.includes('l')),
  );
}

function interactive(program: string, login: boolean): Invocation {
  const name = basename(program);
  if (name === 'bash' || name === 'zsh') return { kind: 'hooked', hooks: name, program, login };
  return { kind: 'session', argv: login ? [program, '-l', '-i'] : [program, '-i'] };
}
