/**
 * Programs that prepare something, and then run the command in their arguments. Sources: the manual pages of
 * util-linux, procps, strace, systemd, moreutils and the like.
 */
import type { Wrapper } from './wrapper.ts';

/** Many words, as lines of text. */
const words = (text: string): string[] => text.split(/\s+/);

const PERSONALITY: Wrapper = {
  shellByDefault: true,
  plain: 'BFILRSTXZ3vhV',
  flags: words(
    `32bit fdpic-funcptrs short-inode addr-compat-layout addr-no-randomize whole-seconds sticky-timeouts
    read-implies-exec mmap-page-zero 3gb 4gb uname-2.6 verbose list show help version`,
  ),
};

export const LAUNCHERS: readonly [string, Wrapper][] = [
  ['repeat', { operands: 1 }],
  [
    'watch',
    {
      short: 'nsq',
      attached: 'd',
      plain: 'bcegptwxhvCrS',
      long: ['interval', 'equexit', 'shotsdir'],
      flags: words(
        `beep color no-color differences errexit chgexit precise no-rerun no-title no-wrap follow exec help
        version`,
      ),
      joins: true,
    },
  ],
  [
    'flock',
    {
      short: 'wEc',
      plain: 'sxeunoFhV',
      long: words('wait timeout conflict-exit-code command'),
      flags: words('shared exclusive unlock nonblock nb close no-fork verbose help version'),
      operands: 1,
      code: ['-c', '--command'],
    },
  ],
  [
    'script',
    {
      writes: words('-I -B -O -T --log-in --log-out --log-io --log-timing --timing'),
      writesTo: true,
      short: 'cEIBmOTo',
      attached: 't',
      plain: 'aefqhV',
      long: words('log-in log-out log-io log-timing logging-format command echo output-limit'),
      flags: words('timing append return flush force quiet help version'),
      code: ['-c', '--command'],
      operands: 1,
      inert: ['-V', '--version'],
    },
  ],
  [
    'unshare',
    {
      short: 'RwSGl',
      plain: 'frchV',
      long: words(
        `root wd setuid setgid map-user map-group map-users map-groups propagation setgroups monotonic
        boottime owner load-interp`,
      ),
      flags: words(
        `mount uts ipc net pid user cgroup time fork map-root-user map-current-user map-auto map-subids
        kill-child mount-proc mount-binfmt keep-caps forward-signals help version`,
      ),
      attached: 'muinpUCT',
      shellByDefault: true,
      directory: ['-w', '--wd'],
    },
  ],
  [
    'nsenter',
    {
      short: 'tSGWN',
      plain: 'aFZcehV',
      long: words('target setuid setgid wdns net-socket'),
      flags: words(
        `all mount uts ipc net pid cgroup user time root wd preserve-credentials no-fork keep-caps env
        join-cgroup user-parent follow-context help version`,
      ),
      attached: 'muinpUCTrw',
      shellByDefault: true,
    },
  ],
  [
    'setpriv',
    {
      plain: 'dhV',
      flags: words(
        'dump nnp no-new-privs clear-groups keep-groups init-groups reset-env list-caps help version',
      ),
      long: words(
        `landlock-access landlock-rule seccomp-filter reuid regid ruid euid rgid egid groups inh-caps
        ambient-caps bounding-set securebits pdeathsig selinux-label apparmor-profile ptracer`,
      ),
      inert: ['-d', '--dump'],
    },
  ],
  [
    'prlimit',
    {
      short: 'op',
      attached: 'cdefilmnqrstuvxy',
      plain: 'hV',
      long: ['output', 'pid'],
      flags: words(
        `noheadings raw verbose help version core data nice fsize sigpending memlock rss nofile msgqueue
        rtprio stack cpu nproc as locks rttime`,
      ),
      inert: ['-p', '--pid'],
    },
  ],
  [
    'strace',
    {
      writes: ['-o', '--output'],
      short: 'abeEIoOpPsSuUX',
      plain: 'dDfFciknqrtTvVwxyYzZCAhL',
      long: words(
        `attach user output env detach-on interruptible signal status trace-path columns abbrev verbose raw
        read write kvm string-limit const-print-style summary-sort-by summary-columns inject fault trace
        summary-syscall-overhead argv0 stack-trace-frame-limit`,
      ),
      flags: words(
        `daemonize follow-forks output-separately output-append-mode successful-only failed-only
        instruction-pointer stack-traces stack-trace syscall-number relative-timestamps absolute-timestamps
        syscall-times no-abbrev strings-in-hex decode-fds decode-pids quiet silent silence seccomp-bpf
        summary-only summary summary-wall-clock secontext syscall-limit tips debug help version`,
      ),
    },
  ],
  [
    'ltrace',
    {
      writes: ['-o', '--output'],
      short: 'aADeFlnopsuwx',
      plain: 'bcCfhiLrStTV',
      long: words('align debug config library indent output where'),
      flags: words('no-signals demangle help version'),
    },
  ],
  [
    'systemd-run',
    {
      short: 'CHMpuE',
      plain: 'hrdtPqGSTv',
      long: words(
        `host machine property unit slice description uid gid nice working-directory setenv service-type
        on-active on-boot on-calendar on-startup on-unit-active on-unit-inactive timer-property
        path-property socket-property capsule background job-mode root-directory`,
      ),
      flags: words(
        `help version no-ask-password user system scope slice-inherit no-block remain-after-exit wait
        send-sighup same-dir same-root-dir pty pty-late pipe quiet collect shell on-timezone-change
        on-clock-change ignore-failure expand-environment json verbose`,
      ),
      shell: ['-S', '--shell'],
      directory: ['--working-directory'],
    },
  ],
  [
    'systemd-inhibit',
    {
      plain: 'h',
      long: words('what who why mode'),
      flags: words('help version no-pager no-legend no-ask-password list'),
      inert: ['--list'],
    },
  ],
  [
    'numactl',
    {
      short: 'iNCmpPwSIfLoMcx',
      plain: 'ablHstuTdDhv',
      long: words(
        `interleave weighted-interleave cpunodebind physcpubind cpubind membind preferred preferred-many shm
        file shmid length offset shmmode`,
      ),
      flags: words(
        'all balancing localalloc show hardware strict huge touch dump dump-nodes help version verify',
      ),
      inert: words('-H --hardware -s --show'),
    },
  ],
  // The architecture may be left out where an option stands.
  ['setarch', { ...PERSONALITY, maybe: 1 }],
  [
    'parallel',
    {
      short: 'jaICdLnNPsSX',
      long: words(
        'jobs arg-file colsep delimiter max-args results joblog sshlogin timeout retries tmpdir workdir',
      ),
      appends: true,
      joins: true,
    },
  ],
  [
    'start-stop-daemon',
    {
      short: 'nxpucgsrdNakPIOR',
      plain: 'KSTHVbCmtoqvD',
      long: words(
        `exec startas pid ppid pidfile name user chuid group signal chroot chdir nicelevel procsched iosched
        umask notify-timeout output retry`,
      ),
      flags: words(
        `start stop status help version background notify-await no-close make-pidfile remove-pidfile test
        oknodo quiet verbose`,
      ),
      entry: words('-x --exec -a --startas'),
      operandsBeforeDash: true,
    },
  ],
  [
    'dumb-init',
    { short: 'r', plain: 'cvhV', long: ['rewrite'], flags: words('single-child verbose help version') },
  ],
  ['tini', { short: 'pe', plain: 'hsvwgl', flags: ['version'], permutes: true }],
  [
    'dbus-run-session',
    { plain: '', long: ['config-file', 'dbus-daemon'], flags: ['help', 'version'], code: ['--dbus-daemon'] },
  ],
  ['ssh-agent', { short: 'aEtPO', inert: ['-k'] }],
  [
    'xvfb-run',
    {
      writes: words('-e --error-file -f --auth-file'),
      short: 'enfpsw',
      long: words('error-file server-num auth-file server-args wait'),
    },
  ],
  ...words('linux32 linux64 i386 x86_64').map((name): [string, Wrapper] => [name, PERSONALITY]),
  ...['gosu', 'su-exec', 'setuidgid'].map((name): [string, Wrapper] => [name, { operands: 1 }]),
  [
    'runuser',
    {
      short: 'ucgGsw',
      plain: 'mplfPThV',
      long: words('user group supp-group whitelist-environment command session-command shell'),
      flags: words('preserve-environment login fast pty no-pty help version'),
      needs: '-u',
      permutes: true,
    },
  ],
  ['sg', { operands: 1 }],
  ['newgrp', { operands: 1 }],
  [
    'fakeroot',
    {
      short: 'lfisb',
      plain: 'uhv',
      long: ['lib', 'faked', 'fd-base'],
      flags: ['unknown-is-real', 'help', 'version'],
      code: ['-f', '--faked'],
    },
  ],
  ...['proxychains', 'proxychains4'].map((name): [string, Wrapper] => [
    name,
    // What follows `-fFILE` is taken for its argument as well.
    { short: 'f', plain: 'q', doubtful: ['-f'] },
  ]),
  [
    'torsocks',
    {
      short: 'upaP',
      plain: 'hdi6',
      long: words('user pass address port'),
      flags: words('help shell version debug isolate ipv6'),
      shell: ['--shell'],
    },
  ],
  ...['eatmydata', 'catchsegv'].map((name): [string, Wrapper] => [name, {}]),
  ['chronic', { plain: 'ev' }],
  ['ifne', { plain: 'n' }],
  ['caffeinate', { short: 'tw', plain: 'disum' }],
  // Of daemontools, runit and s6: https://cr.yp.to/daemontools.html
  ...words('setlock envdir envuidgid s6-envdir s6-envuidgid').map((name): [string, Wrapper] => [
    name,
    { plain: 'nNxXfiIuguGDt', operands: 1 },
  ]),
  ...['pgrphack', 'fghack', 'zrun'].map((name): [string, Wrapper] => [name, {}]),
];
