/**
 * Programs that run the command given in their arguments, each with its own option grammar: which options
 * take an argument, and where the command starts. Sources: the manual pages of sudo, doas, coreutils,
 * util-linux, findutils, busybox and bash.
 */
import { byName } from './by-name.ts';
import { CODE_OPTIONS } from './code-options.ts';
import { LAUNCHERS } from './launchers.ts';
import type { Wrapper } from './wrapper.ts';

const ENV: Wrapper = {
  short: 'uCSa',
  plain: 'i0v',
  long: ['unset', 'chdir', 'split-string', 'argv0'],
  flags: [
    'ignore-environment',
    'null',
    'block-signal',
    'default-signal',
    'ignore-signal',
    'list-signal-handling',
    'debug',
    'help',
    'version',
  ],
  assignments: true,
  directory: ['-C', '--chdir'],
};

export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  [
    'sudo',
    {
      short: 'CDghpRrTtUu',
      plain: 'AbBEeHiKklnNPSsVv',
      flags: [
        'askpass',
        'background',
        'bell',
        'preserve-env',
        'edit',
        'set-home',
        'help',
        'login',
        'remove-timestamp',
        'reset-timestamp',
        'list',
        'non-interactive',
        'no-update',
        'preserve-groups',
        'stdin',
        'shell',
        'version',
        'validate',
      ],
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
      edits: ['-e', '--edit'],
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
  ['doas', { short: 'Cu', plain: 'Lns', inert: ['-C', '-L'], shell: ['-s'] }],
  ['pkexec', { plain: '', long: ['user'], flags: ['version', 'help', 'disable-internal-agent', 'keep-cwd'] }],
  ['env', ENV],
  ['nice', { short: 'n', long: ['adjustment'] }],
  [
    'ionice',
    {
      short: 'cnpPu',
      plain: 'thV',
      long: ['class', 'classdata', 'pid', 'pgid', 'uid'],
      flags: ['ignore', 'help', 'version'],
      inert: ['-p', '-P', '-u'],
    },
  ],
  [
    'chrt',
    {
      short: 'TPD',
      plain: 'bdfiorRampvhV',
      flags: [
        'batch',
        'deadline',
        'fifo',
        'idle',
        'other',
        'rr',
        'reset-on-fork',
        'all-tasks',
        'max',
        'pid',
        'verbose',
        'help',
        'version',
      ],
      long: ['sched-runtime', 'sched-period', 'sched-deadline'],
      operands: 1,
      inert: ['-p', '--pid', '-m'],
    },
  ],
  [
    'taskset',
    {
      plain: 'apchV',
      flags: ['all-tasks', 'pid', 'cpu-list', 'help', 'version'],
      operands: 1,
      inert: ['-p', '--pid'],
    },
  ],
  [
    'timeout',
    {
      short: 'ks',
      plain: 'v',
      long: ['kill-after', 'signal'],
      flags: ['preserve-status', 'foreground', 'verbose', 'help', 'version'],
      operands: 1,
    },
  ],
  ['nohup', { plain: '', flags: ['help', 'version'] }],
  ['setsid', { plain: 'cfwhV', flags: ['ctty', 'fork', 'wait', 'help', 'version'] }],
  ['stdbuf', { short: 'ioe', plain: '', long: ['input', 'output', 'error'], flags: ['help', 'version'] }],
  ['unbuffer', { plain: 'p' }],
  [
    'time',
    {
      writes: ['-o', '--output'],
      short: 'fo',
      plain: 'apqvhVl',
      long: ['format', 'output'],
      flags: ['append', 'portability', 'quiet', 'verbose', 'help', 'version'],
      inert: ['-V', '--version'],
    },
  ],
  ['command', { plain: 'pvV', inert: ['-v', '-V'] }],
  ['builtin', {}],
  ['exec', { short: 'a', plain: 'cl' }],
  ['noglob', {}],
  ['nocorrect', {}],
  // zsh's precommand modifier, which runs it with a name that starts with a dash.
  ['-', {}],
  ['coproc', {}],
  [
    'chroot',
    {
      plain: '',
      long: ['groups', 'userspec'],
      flags: ['skip-chdir', 'help', 'version'],
      operands: 1,
      shellByDefault: true,
      root: true,
    },
  ],
  [
    'xargs',
    {
      short: 'adEILnPs',
      attached: 'eil',
      plain: '0oprtx',
      flags: [
        'null',
        'eof',
        'replace',
        'open-tty',
        'interactive',
        'no-run-if-empty',
        'show-limits',
        'verbose',
        'exit',
        'help',
        'version',
      ],
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
export const wrapperNamed = byName((program): Wrapper | undefined => {
  return WRAPPERS.get(program) ?? (/^ld(-linux|-musl|64|\.so)[\w.-]*$/.test(program) ? LOADER : undefined);
});
