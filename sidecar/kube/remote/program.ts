/** What is run in the container, and what reads its standard input there. Pure. */
import type { CommandAction } from '../../action.ts';
import type { Whereabouts } from '../../session/session-log.ts';
import { type Copy, copyOf } from './copy/command.ts';
import type { RemoteParameters } from './parameters.ts';

export interface Program {
  /** To be judged before the server is asked; null for attach, which runs nothing. */
  action: CommandAction | null;
  /** `commands`: a shell does; `data`: another program; `unknown`: whatever the container runs. */
  reads: 'commands' | 'data' | 'unknown';
  /** Where it copies files. */
  copy: Copy | null;
}

/** Where it runs in the container is not known: what is relative is taken from the root. */
const CWD = '/';

export function readProgram(
  { command, stdin, stdout, tty }: Pick<RemoteParameters, 'command' | 'stdin' | 'stdout' | 'tty'>,
  analyseArgv: (argv: readonly string[], context: Whereabouts) => CommandAction,
): Program {
  if (command.length === 0) return { action: null, reads: 'unknown', copy: null };
  const action = actionOfArgv({ command, stdin }, analyseArgv);
  const unwatched = analyseArgv(command, { cwd: CWD }).unknown;
  const isShell = stdin && unwatched.some(({ code }) => code === 'no-hooks');
  const copy = tty ? null : copyOf(command);
  const copies = copy?.direction === 'to' ? stdin : stdout;
  return { action, reads: isShell ? 'commands' : 'data', copy: copies ? copy : null };
}

/** What the argv comes to. What a shell reads is judged as it comes: that it reads something is nothing unknown then. */
export function actionOfArgv(
  { command, stdin }: Pick<RemoteParameters, 'command' | 'stdin'>,
  analyseArgv: (argv: readonly string[], context: Whereabouts) => CommandAction,
): CommandAction {
  return analyseArgv(command, { cwd: CWD, input: stdin ? 'judged' : 'empty' });
}
