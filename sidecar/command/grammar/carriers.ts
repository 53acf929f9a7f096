/**
 * Tools of many commands, some of which run a command that they are given: elsewhere (in a container, on another
 * machine, in another terminal), or in an environment of their own. Sources: their manual pages and `--help`.
 */
import type { Grammar } from './options.ts';
import type { Wrapper } from './wrapper.ts';

/** Runs beyond this file system: no path and no home directory of here means anything there. */
const AWAY = { away: true } as const;

const PLAIN: Wrapper = {};
const DOCKER_GLOBAL = 'Hclna';
/** Of `docker run` and `docker exec`, of compose and of podman. https://docs.docker.com/reference/cli/docker/container/run/ */
const CONTAINER: Wrapper = {
  ...AWAY,
  short: 'euwvplamhcn',
  plain: 'dDitPqT',
  long: `add-host annotation arch attach authfile blkio-weight blkio-weight-device cap-add cap-drop cgroup-conf cgroup-parent cgroupns cgroups chrootdirs cidfile config conmon-pidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns dns-option dns-opt dns-search domainname entrypoint env env-file env-merge env-from-file expose gidmap gpus group-add health-cmd health-interval health-log-destination health-max-log-count health-max-log-size health-on-failure health-retries health-start-interval health-start-period health-startup-cmd health-timeout hostname hosts-file hostuser image-volume index init-path io-maxbandwidth io-maxiops ip ip6 ipc isolation label label-file link link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name net network network-alias oom-score-adj os passwd-entry personality pid pidfile pids-limit platform pod pod-id-file preserve-fd preserve-fds project-directory publish pull rdt-class requires restart retry retry-delay runtime scale sdnotify seccomp-policy secret security-opt shm-size shm-size-systemd stop-signal stop-timeout storage-opt subgidname subuidname sysctl systemd tmpfs tz uidmap ulimit umask unsetenv user userns uts variant volume volume-driver volumes-from workdir`.split(
    /\s+/,
  ),
  flags:
    `build debug detach disable-content-trust env-host help http-proxy init interactive latest no-deps no-healthcheck no-hostname no-hosts no-TTY oom-kill-disable passwd privileged publish-all quiet quiet-build quiet-pull read-only read-only-tmpfs remove-orphans replace rm rmi rootfs service-ports sig-proxy tls-verify tty unsetenv-all use-aliases use-api-socket version`.split(
      /\s+/,
    ),
  operands: 1,
  entry: ['--entrypoint'],
  code: ['--health-cmd', '--health-startup-cmd'],
  mounts: ['-v', '--volume', '--mount', '--device'],
  doubtful: ['--privileged'],
  opens: {
    '--pid': /^host$/,
    '--cap-add': /^(ALL|(CAP_)?(SYS_(ADMIN|PTRACE|MODULE|RAWIO|BOOT)|DAC_READ_SEARCH))$/i,
    '--userns': /^host$/,
  },
};
/** Options between `compose` and its command. */
const COMPOSE: Grammar = {
  short: 'fp',
  long: ['file', 'project-name', 'profile', 'env-file', 'project-directory', 'ansi', 'parallel', 'progress'],
};
const KUBECTL: Wrapper = {
  ...AWAY,
  judged: true,
  short: 'nclfsvo',
  long: [
    ...[
      'namespace',
      'container',
      'context',
      'cluster',
      'kubeconfig',
      'server',
      'token',
      'user',
      'as',
      'as-group',
      'filename',
    ],
    ...[
      'request-timeout',
      'pod-running-timeout',
      'cache-dir',
      'image',
      'target',
      'profile',
      'env',
      'labels',
      'overrides',
    ],
    ...[
      'restart',
      'copy-to',
      'port',
      'annotations',
      'image-pull-policy',
      'custom',
      'output',
      'selector',
      'v',
    ],
  ],
  // Of kubectl only what stands after `--` is the command; without it, what follows the pod (deprecated).
  operands: 1,
  anyPlace: true,
};
const TERMINAL: Wrapper = { short: 'cFnstxyefl', joins: true };

/** For each tool, by the words of its command. `''` stands for the tool itself. */
export const CARRIERS: ReadonlyMap<string, Carrier> = new Map<string, Carrier>([
  ...same(['docker', 'podman', 'nerdctl'], {
    short: DOCKER_GLOBAL,
    long: [
      'host',
      'context',
      'config',
      'log-level',
      'connection',
      'url',
      'root',
      'runroot',
      'namespace',
      'address',
      'tlscacert',
      'tlscert',
      'tlskey',
      'identity',
      'storage-driver',
    ],
    between: COMPOSE,
    commands: {
      ...{ exec: CONTAINER, run: CONTAINER, create: CONTAINER },
      ...{ unshare: PLAIN, 'machine ssh': { ...AWAY, joins: true } },
      ...{ 'container exec': CONTAINER, 'container run': CONTAINER, 'container create': CONTAINER },
      ...{ 'compose exec': CONTAINER, 'compose run': CONTAINER },
    },
  }),
  ...same(['docker-compose', 'podman-compose'], {
    short: 'fpH',
    long: ['file', 'project-name', 'profile', 'env-file', 'project-directory', 'host'],
    commands: { exec: CONTAINER, run: CONTAINER },
  }),
  ...same(['kubectl', 'oc'], {
    short: 'nsv',
    long: KUBECTL.long!,
    commands: { exec: KUBECTL, run: KUBECTL, debug: KUBECTL, rsh: { ...KUBECTL, anyPlace: false } },
  }),
  [
    'crictl',
    { short: 'rit', long: ['runtime-endpoint', 'timeout'], commands: { exec: { ...AWAY, operands: 1 } } },
  ],
  [
    'ctr',
    {
      short: 'na',
      long: ['namespace', 'address'],
      commands: {
        't exec': { ...AWAY, long: ['exec-id', 'user', 'cwd'], operands: 1 },
        'task exec': { ...AWAY, long: ['exec-id', 'user', 'cwd'], operands: 1 },
        'tasks exec': { ...AWAY, long: ['exec-id', 'user', 'cwd'], operands: 1 },
        run: { ...AWAY, long: ['mount', 'env', 'runtime', 'snapshotter'], operands: 2 },
      },
    },
  ],
  ...same(['lxc', 'incus'], {
    commands: { exec: { ...AWAY, long: ['env', 'cwd', 'user', 'group'], operands: 1 } },
  }),
  [
    'tmux',
    {
      short: 'cfLST',
      commands: {
        ...{ '': { code: ['-c'] } },
        ...named(['new-session', 'new'], TERMINAL),
        ...named(['new-window', 'neww'], { ...TERMINAL, short: 'ceFnSt' }),
        ...named(['split-window', 'splitw'], { ...TERMINAL, short: 'ceFlpt' }),
        ...named(['respawn-window', 'respawnw', 'respawn-pane', 'respawnp'], { ...TERMINAL, short: 'cet' }),
        ...named(['run-shell', 'run'], { ...TERMINAL, short: 'cdt' }),
        ...named(['if-shell', 'if'], { opaque: true }),
        ...named(['send-keys', 'send'], { ...TERMINAL, short: 'ctN', each: true }),
        ...named(['pipe-pane', 'pipep'], { ...TERMINAL, short: 't' }),
        ...named(['popup', 'display-popup'], { ...TERMINAL, short: 'bcdehsStTwxy' }),
        ...named(['set-hook', 'bind-key', 'bind', 'source-file', 'source', 'set-option', 'set'], {
          opaque: true,
        }),
      },
    },
  ],
  [
    'git',
    {
      short: 'Cc',
      long: ['git-dir', 'work-tree', 'namespace', 'exec-path', 'config-env', 'super-prefix'],
      commands: {
        'bisect run': PLAIN,
        'submodule foreach': { joins: true },
        rebase: { short: 'xsXSC', long: ['exec', 'onto', 'strategy'], code: ['-x', '--exec'], bare: true },
        difftool: { short: 'xt', long: ['extcmd', 'tool'], code: ['-x', '--extcmd'], bare: true },
        'filter-branch': {
          long: [
            'env-filter',
            'tree-filter',
            'index-filter',
            'msg-filter',
            'commit-filter',
            'parent-filter',
            'setup',
          ],
          code: [
            '--env-filter',
            '--tree-filter',
            '--index-filter',
            '--msg-filter',
            '--commit-filter',
            '--setup',
          ],
          bare: true,
        },
        ...named(['clone', 'fetch', 'pull', 'ls-remote', 'fetch-pack'], {
          short: 'ubojc',
          long: ['upload-pack', 'branch', 'origin', 'depth', 'config', 'template', 'reference'],
          code: ['--upload-pack', '-u'],
          bare: true,
        }),
        ...named(['push', 'send-pack'], {
          long: ['receive-pack', 'exec', 'repo'],
          code: ['--receive-pack', '--exec'],
          bare: true,
        }),
        archive: {
          short: 'o',
          long: ['exec', 'remote', 'format', 'output', 'prefix'],
          code: ['--exec'],
          bare: true,
        },
        daemon: { long: ['access-hook'], code: ['--access-hook'], bare: true },
        instaweb: {
          short: 'dbpm',
          long: ['httpd', 'browser'],
          code: ['-d', '--httpd', '-b', '--browser'],
          bare: true,
        },
        'filter-repo': { opaque: true },
        grep: { short: 'OefmABC', code: ['-O', '--open-files-in-pager'], bare: true },
      },
    },
  ],
  ...same(['npm', 'pnpm', 'yarn', 'bun'], {
    short: 'wC',
    long: ['prefix', 'workspace', 'filter', 'dir', 'cwd', 'registry'],
    commands: {
      ...named(['exec', 'x', 'dlx'], { short: 'pc', long: ['package', 'call'], code: ['-c', '--call'] }),
    },
  }),
  ['npx', { commands: { '': { short: 'pc', long: ['package', 'call'], code: ['-c', '--call'] } } }],
  ...same(['poetry', 'uv', 'pipenv', 'pdm', 'hatch', 'rye', 'conda', 'mamba', 'micromamba'], {
    long: ['directory', 'project', 'python'],
    commands: {
      run: {
        short: 'npC',
        long: ['name', 'prefix', 'with', 'python', 'extra', 'group', 'env-file', 'directory', 'project'],
      },
    },
  }),
  ['bundle', { commands: { exec: PLAIN } }],
  ...same(['rbenv', 'pyenv', 'nodenv', 'goenv', 'asdf'], { commands: { exec: PLAIN } }),
  ['direnv', { commands: { exec: { operands: 1 } } }],
  [
    'mise',
    {
      commands: {
        ...named(['exec', 'x'], { short: 'cj', code: ['-c', '--command'], operandsBeforeDash: true }),
      },
    },
  ],
  ['aws-vault', { commands: { exec: { operands: 1, short: 'dn', long: ['duration', 'region'] } } }],
  ['op', { commands: { run: { long: ['env-file', 'account'] } } }],
  ['cargo', { commands: { watch: { short: 'sxwd', code: ['-s', '--shell'], long: ['shell'], bare: true } } }],
  [
    'perf',
    {
      commands: { ...named(['stat', 'record', 'trace'], { short: 'eorFcpCgx', long: ['event', 'output'] }) },
    },
  ],
  ['machinectl', { commands: { shell: { ...AWAY, operands: 1, long: ['uid', 'setenv'] } } }],
  [
    'vagrant',
    { commands: { ssh: { ...AWAY, short: 'c', long: ['command'], code: ['-c', '--command'], bare: true } } },
  ],
  ['adb', { short: 'stHPL', commands: { shell: { ...AWAY, joins: true } } }],
  ['zmv', { commands: { '': { opaque: true } } }],
]);

/** A tool, its own options, and those of its commands that run something. */
export interface Carrier {
  short?: string;
  long?: readonly string[];
  /** Options between the two words of a command. */
  between?: Grammar;
  commands: Readonly<Record<string, Wrapper>>;
}

function same(tools: string[], carrier: Carrier): [string, Carrier][] {
  return tools.map((tool) => [tool, carrier]);
}

function named(commands: string[], wrapper: Wrapper): Record<string, Wrapper> {
  return Object.fromEntries(commands.map((command) => [command, wrapper]));
}
