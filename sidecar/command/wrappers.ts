/**
 * Programs that run the command given in their arguments, each with its own option grammar: which options
 * take an argument, and where the command starts. Sources: the manual pages of sudo, doas, coreutils,
 * util-linux, findutils, busybox and bash.
 */
import type { Grammar } from './options.ts';

export interface Wrapper extends Grammar {
  /** Operands before the command, e.g. 1 for the duration of `timeout`. */
  operands?: number;
  /** `NAME=value` words may stand before the command and set its environment. */
  assignments?: boolean;
  /** Options with which it runs no command at all. */
  inert?: readonly string[];
  /** Options with which it starts a shell, or hands the command to one. */
  shell?: readonly string[];
  /** Words of its own making follow the command (`xargs`). */
  appends?: boolean;
  /** True if it starts a shell when no command is given. */
  shellByDefault?: boolean;
}

const ENV: Wrapper = {
  short: 'uCSa',
  long: ['unset', 'chdir', 'split-string', 'argv0'],
  assignments: true,
};

export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  [
    'sudo',
    {
      short: 'CDghpRrTtUu',
      long: [
        'close-from',
        'chdir',
        'group',
        'host',
        'prompt',
        'chroot',
        'role',
        'command-timeout',
        'type',
        'other-user',
        'user',
      ],
      assignments: true,
      inert: [
        '-l',
        '--list',
        '-v',
        '--validate',
        '-K',
        '--remove-timestamp',
        '-V',
        '--version',
        '-e',
        '--edit',
      ],
      shell: ['-i', '--login', '-s', '--shell'],
    },
  ],
  ['doas', { short: 'Cu', inert: ['-C', '-L'], shell: ['-s'] }],
  ['pkexec', { long: ['user'] }],
  ['env', ENV],
  ['nice', { short: 'n', long: ['adjustment'] }],
  [
    'ionice',
    { short: 'cnpPu', long: ['class', 'classdata', 'pid', 'pgid', 'uid'], inert: ['-p', '-P', '-u'] },
  ],
  [
    'chrt',
    {
      short: 'TPD',
      long: ['sched-runtime', 'sched-period', 'sched-deadline'],
      operands: 1,
      inert: ['-p', '--pid', '-m'],
    },
  ],
  ['taskset', { operands: 1, inert: ['-p', '--pid'] }],
  ['timeout', { short: 'ks', long: ['kill-after', 'signal'], operands: 1 }],
  ['nohup', {}],
  ['setsid', {}],
  ['stdbuf', { short: 'ioe', long: ['input', 'output', 'error'] }],
  ['unbuffer', {}],
  ['time', { short: 'fo', long: ['format', 'output'], inert: ['-V', '--version'] }],
  ['command', { inert: ['-v', '-V'] }],
  ['builtin', {}],
  ['exec', { short: 'a' }],
  ['noglob', {}],
  ['nocorrect', {}],
  // zsh's precommand modifier, which runs it with a name that starts with a dash.
  ['-', {}],
  ['coproc', {}],
  ['chroot', { long: ['groups', 'userspec'], operands: 1, shellByDefault: true }],
  [
    'xargs',
    {
      short: 'adEILnPs',
      long: ['arg-file', 'delimiter', 'max-lines', 'max-args', 'max-procs', 'max-chars', 'process-slot-var'],
      appends: true,
    },
  ],
  ['busybox', { inert: ['--list', '--install', '--list-full', '--help'] }],
  ['toybox', { inert: ['--long', '--version'] }],
]);
