/**
 * Tools of many commands, some of which run a command that they are given: elsewhere (in a container, on another
 * machine, in another terminal), or in an environment of their own. Sources: their manual pages and `--help`.
 */
import type { Wrapper } from './wrapper.ts';

/** Runs beyond this file system: no path and no home directory of here means anything there. */
const AWAY = { away: true } as const;

const DOCKER_GLOBAL = 'Hcl';
const CONTAINER: Wrapper = {
  ...AWAY,
  short: 'euwvplamhcn',
  long: [
    ...[
      'env',
      'env-file',
      'user',
      'workdir',
      'volume',
      'publish',
      'label',
      'attach',
      'mount',
      'name',
      'network',
      'net',
    ],
    ...[
      'entrypoint',
      'hostname',
      'memory',
      'cpus',
      'gpus',
      'device',
      'cap-add',
      'cap-drop',
      'security-opt',
      'platform',
    ],
    ...[
      'add-host',
      'dns',
      'expose',
      'ip',
      'link',
      'log-driver',
      'log-opt',
      'pid',
      'ipc',
      'restart',
      'runtime',
      'shm-size',
    ],
    ...[
      'tmpfs',
      'ulimit',
      'userns',
      'volumes-from',
      'cidfile',
      'detach-keys',
      'pull',
      'annotation',
      'cgroup-parent',
    ],
    ...[
      'cgroupns',
      'cpu-shares',
      'cpuset-cpus',
      'health-cmd',
      'isolation',
      'label-file',
      'memory-swap',
      'network-alias',
    ],
    ...[
      'oom-score-adj',
      'pids-limit',
      'stop-signal',
      'stop-timeout',
      'storage-opt',
      'sysctl',
      'uts',
      'volume-driver',
    ],
    ...['group-add', 'pod', 'secret', 'arch', 'os', 'scale', 'index', 'project-directory'],
  ],
  operands: 1,
  entry: ['--entrypoint'],
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
const PLAIN: Wrapper = {};

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
    ],
    commands: {
      ...{ exec: CONTAINER, run: CONTAINER, create: CONTAINER },
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
  commands: Readonly<Record<string, Wrapper>>;
}

function same(tools: string[], carrier: Carrier): [string, Carrier][] {
  return tools.map((tool) => [tool, carrier]);
}

function named(commands: string[], wrapper: Wrapper): Record<string, Wrapper> {
  return Object.fromEntries(commands.map((command) => [command, wrapper]));
}
