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
  /** Options that name the directory it runs in. */
  directory?: readonly string[];
  /** It runs in the root directory of another tree. */
  root?: boolean;
  /** Options whose argument is a line for a shell, run instead of, or beside, a command. */
  code?: readonly string[];
  /** It takes a command only with this option. */
  needs?: string;
  /** A shell reads its words, joined by blanks, as code. */
  joins?: boolean;
  /** Words of its own making follow the command (`xargs`). */
  appends?: boolean;
  /** True if it starts a shell when no command is given. */
  shellByDefault?: boolean;
}

const ENV: Wrapper = {
  short: 'uCSa',
  long: ['unset', 'chdir', 'split-string', 'argv0'],
  assignments: true,
  directory: ['-C', '--chdir'],
};

/** What only names the command to run, after options of its own. */
const LAUNCHERS: readonly [string, Wrapper][] = [
  ['repeat', { operands: 1 }],
  ['watch', { short: 'nsq', long: ['interval', 'equexit'], joins: true }],
  [
    'flock',
    {
      short: 'wEc',
      long: ['wait', 'timeout', 'conflict-exit-code', 'command'],
      operands: 1,
      code: ['-c', '--command'],
    },
  ],
  [
    'script',
    {
      short: 'cEIBmOTot',
      long: ['command'],
      code: ['-c', '--command'],
      operands: 1,
      inert: ['-V', '--version'],
    },
  ],
  [
    'unshare',
    {
      short: 'RwSG',
      long: ['root', 'wd', 'setuid', 'setgid', 'map-user', 'map-group', 'propagation', 'setgroups'],
      attached: 'muinpUCT',
      shellByDefault: true,
      directory: ['-w', '--wd'],
    },
  ],
  [
    'nsenter',
    {
      short: 'tSGW',
      long: ['target', 'setuid', 'setgid', 'wdns'],
      attached: 'muinpUCTrw',
      shellByDefault: true,
    },
  ],
  [
    'setpriv',
    {
      long: [
        'reuid',
        'regid',
        'ruid',
        'euid',
        'rgid',
        'egid',
        'groups',
        'inh-caps',
        'ambient-caps',
        'bounding-set',
        'securebits',
        'pdeathsig',
        'selinux-label',
        'apparmor-profile',
        'ptracer',
      ],
      inert: ['-d', '--dump'],
    },
  ],
  ['prlimit', { short: 'op', long: ['output', 'pid'], inert: ['-p', '--pid'] }],
  [
    'strace',
    { short: 'abeEIoOpPsSuX', long: ['attach', 'user', 'output', 'expr', 'env'], inert: ['-p', '--attach'] },
  ],
  ['ltrace', { short: 'aAeFlnopsuwx', inert: ['-p'] }],
  [
    'systemd-run',
    {
      short: 'HMpuEGdt',
      long: [
        'host',
        'machine',
        'property',
        'unit',
        'slice',
        'description',
        'uid',
        'gid',
        'nice',
        'working-directory',
        'setenv',
        'service-type',
        'on-active',
        'on-boot',
        'on-calendar',
        'timer-property',
      ],
      shell: ['-S', '--shell'],
      directory: ['--working-directory'],
    },
  ],
  ['systemd-inhibit', { long: ['what', 'who', 'why', 'mode'], inert: ['--list'] }],
  [
    'numactl',
    {
      short: 'iNCmplPwSI',
      long: ['interleave', 'cpunodebind', 'physcpubind', 'membind', 'preferred'],
      inert: ['-H', '--hardware', '-s', '--show'],
    },
  ],
  ['setarch', { short: '', operands: 1, shellByDefault: true }],
  [
    'parallel',
    {
      short: 'jaICdLnNPsSX',
      long: [
        'jobs',
        'arg-file',
        'colsep',
        'delimiter',
        'max-args',
        'results',
        'joblog',
        'sshlogin',
        'timeout',
        'retries',
        'tmpdir',
        'workdir',
      ],
      appends: true,
      joins: true,
    },
  ],
  [
    'start-stop-daemon',
    {
      short: 'nxpucgrdNaKPI',
      long: ['exec', 'startas', 'pidfile', 'name', 'user', 'chuid', 'group', 'chroot', 'chdir', 'nicelevel'],
      code: ['-x', '--exec', '-a', '--startas'],
    },
  ],
  ['dumb-init', { short: 'r', long: ['rewrite'] }],
  ['tini', { short: 'pe' }],
  ['dbus-run-session', { long: ['config-file', 'dbus-daemon'] }],
  ['ssh-agent', { short: 'aEtPO', inert: ['-k'] }],
  ['xvfb-run', { short: 'enfpsw', long: ['error-file', 'server-num', 'auth-file', 'server-args', 'wait'] }],
  ...['linux32', 'linux64', 'i386', 'x86_64'].map((name): [string, Wrapper] => [
    name,
    { shellByDefault: true },
  ]),
  ...['gosu', 'su-exec', 'setuidgid'].map((name): [string, Wrapper] => [name, { operands: 1 }]),
  [
    'runuser',
    { short: 'ucgGsw', long: ['user', 'group', 'supp-group', 'whitelist-environment'], needs: '-u' },
  ],
  ['sg', { operands: 1 }],
  ['newgrp', { operands: 1 }],
  ...[
    'fakeroot',
    'eatmydata',
    'chronic',
    'catchsegv',
    'proxychains',
    'proxychains4',
    'torsocks',
    'caffeinate',
  ].map((name): [string, Wrapper] => [name, {}]),
];

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
]);

const LOADER: Wrapper = {
  long: ['library-path', 'preload', 'argv0', 'audit', 'inhibit-rpath'],
  inert: ['--list', '--verify'],
};

/** The dynamic loader runs the program that it is given, as `ld-linux-x86-64.so.2 /bin/ls`. */
export function wrapperNamed(program: string): Wrapper | undefined {
  return WRAPPERS.get(program) ?? (/^ld(-linux|-musl|64|\.so)[\w.-]*$/.test(program) ? LOADER : undefined);
}
