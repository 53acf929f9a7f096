/**
 * Which commands of a script may take from its standard input what the shell would have read as the next statement. Pure.
 */
import type { CommandAction, SimpleCommand } from '../../../action.ts';
import { FOREIGN, shellNamed } from '../../../command/code/shells.ts';
import { wrapperNamed } from '../../../command/grammar/wrappers.ts';

/** What a statement leaves of the script behind it. */
export type Consumption =
  | { kind: 'none' }
  /** Perhaps some lines are gone. */
  | { kind: 'lines' }
  /** What follows begins anywhere, or is no script any more. */
  | { kind: 'lost'; message: string; text: string };

/** Programs that never read their standard input, whatever they are called with. Wrappers stand beside what they run. */
const ABSTAINERS: ReadonlySet<string> = new Set(
  [
    '. : [ alias basename break builtin cd chgrp chmod chown command continue date declare dirname echo env eval exec',
    'exit export false getopts hash hostname id kill let local ls mkdir nice nohup popd printenv printf ps pushd pwd',
    'readlink readonly realpath return rmdir set shift shopt sleep source stat test timeout touch trap true type',
    'typeset ulimit umask unalias uname unset wait which whoami',
  ]
    .join(' ')
    .split(' '),
);

export function consumption({ commands, unknown }: CommandAction): Consumption {
  const readers = commands.filter(sharesInput);
  for (const command of readers) {
    const { program, text } = command;
    const isCode = unknown.some((part) => part.code === 'code-on-stdin' && part.text === text);
    if (isCode && program !== null && !isShell(program))
      return { kind: 'lost', message: `${program} runs what follows, and that is not judged as such`, text };
    if (takesPartOfLine(command))
      return { kind: 'lost', message: `${program} may have taken a part of a line`, text };
    if (program === 'exec' && redirectsInput(command) && command.argv.length === 1)
      return { kind: 'lost', message: 'the shell goes on with a script whose text is not seen here', text };
  }
  return { kind: readers.length === 0 ? 'none' : 'lines' };
}

/** A shell that reads the script, or what starts one. */
export function startsShell({ program, capabilities }: SimpleCommand): boolean {
  if (program === null || FOREIGN.has(program)) return false;
  if (isShell(program)) return capabilities.includes('stdin-script');
  return program === 'su' || wrapperNamed(program) !== undefined;
}

function isShell(program: string): boolean {
  const shell = shellNamed(program);
  return shell !== null && !FOREIGN.has(shell);
}

/** Whether it has the script itself as its input. */
function sharesInput(command: SimpleCommand): boolean {
  const { program, pipeline } = command;
  if (program === 'exec') return redirectsInput(command);
  if (program === '' || pipeline.place > 0 || redirectsInput(command)) return false;
  if (program !== null && shellNamed(program) !== null && hasCode(command)) return false;
  return program === null || !ABSTAINERS.has(program);
}

/** `sh -c code`: what the code runs stands beside it. */
function hasCode({ argv }: SimpleCommand): boolean {
  return argv.some((word) => word !== null && /^-[a-zA-Z]*c/.test(word));
}

function redirectsInput({ redirections }: SimpleCommand): boolean {
  return redirections.some(({ operator, fd }) => operator.startsWith('<') && (fd === null || fd === 0));
}

/** Programs that leave the rest of a line to the shell. */
function takesPartOfLine({ program, argv }: SimpleCommand): boolean {
  const given = (option: RegExp) => argv.slice(1).some((word) => word === null || option.test(word));
  switch (program) {
    case 'dd':
    case 'sysread':
      return true;
    case 'read':
      return given(/^-[a-zA-Z]*[dknNqtu]/);
    case 'head':
      return given(/^(-[a-zA-Z]*c|--bytes)/);
    default:
      return false;
  }
}
