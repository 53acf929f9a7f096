/**
 * Programs that prepare something, and then run the command in their arguments. Sources: the manual pages of
 * util-linux, procps, strace, systemd, moreutils and the like.
 */
import type { Wrapper } from './wrapper.ts';

export const LAUNCHERS: readonly [string, Wrapper][] = [
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
