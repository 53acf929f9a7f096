/**
 * Programs that run the command given in their arguments, each with its own option grammar: which options
 * take an argument, and where the command starts. Sources: the manual pages of sudo, doas, coreutils,
 * util-linux, findutils, busybox and bash.
 */
import { CODE_OPTIONS } from './code-options.ts';
import { LAUNCHERS } from './launchers.ts';
import type { Wrapper } from './wrapper.ts';

const ENV: Wrapper = {
  short: 'uCSa',
  long: ['unset', 'chdir', 'split-string', 'argv0'],
  assignments: true,
  directory: ['-C', '--chdir'],
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
      interleaves: true,
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
      directory: ['-D', '--chdir'],
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
  ['chroot', { long: ['groups', 'userspec'], operands: 1, shellByDefault: true, root: true }],
  [
    'xargs',
    {
      short: 'adEILnPs',
      attached: 'eil',
      long: ['arg-file', 'delimiter', 'max-lines', 'max-args', 'max-procs', 'max-chars', 'process-slot-var'],
      appends: true,
    },
  ],
  ['busybox', { inert: ['--list', '--install', '--list-full', '--help'] }],
  ['toybox', { inert: ['--long', '--version'] }],
  ...LAUNCHERS,
  ...CODE_OPTIONS,
]);

const LOADER: Wrapper = {
  long: ['library-path', 'preload', 'argv0', 'audit', 'inhibit-rpath'],
  inert: ['--list', '--verify'],
};

/** The dynamic loader runs the program that it is given, as `ld-linux-x86-64.so.2 /bin/ls`. */
export function wrapperNamed(program: string): Wrapper | undefined {
  return WRAPPERS.get(program) ?? (/^ld(-linux|-musl|64|\.so)[\w.-]*$/.test(program) ? LOADER : undefined);
}
