/** Tools that fetch or send packages, code and images: the hosts that their lines name. */
import type { Word } from '../../words/fields.ts';
import { type Arguments, readArguments, type Syntax } from '../arguments.ts';
import { headOf, hostIn, urlHosts } from '../host.ts';
import type { Known } from '../known.ts';
import type { Tool, ToolUse } from '../tool.ts';
import { placeHosts } from './remote.ts';

const set = (text: string) => new Set(text.split(' '));

/** Options that name a host or a URL, and operands that may be URLs; everything else they know by configuration. */
function fetching(values: string, short: Readonly<Record<string, string>> = {}): Tool {
  const syntax: Syntax = { values: set(values), short };
  return ({ words }): ToolUse => {
    const args = readArguments(words.slice(1), syntax);
    const named = [...syntax.values].flatMap((name) => args.options.get(name) ?? []);
    return { hosts: [...named.flatMap(hostOrUrl), ...urlOperands(args)] };
  };
}

function hostOrUrl(word: Word): Known[] {
  const { text, whole } = headOf(word);
  if (/^[a-z+]+:\/\//i.test(text)) return urlHosts(word);
  if (!whole) return [null];
  return /^[./~]/.test(text) ? [] : [hostIn(text)];
}

function urlOperands({ operands, rest }: Arguments): Known[] {
  return [...operands, ...(rest ?? [])].flatMap((word) => {
    const { text } = headOf(word);
    const at = text.search(/(^|[\s@])([a-z]+\+)?[a-z]+:\/\//i);
    if (at < 0) return [];
    const url = text.slice(at).replace(/^[\s@]/, '');
    return urlHosts({
      ...word,
      value: word.value === null ? null : url,
      pattern: word.value === null ? url : word.pattern,
    });
  });
}

const GIT: Syntax = {
  values: set('git-dir work-tree namespace exec-path config-env C c'),
  short: {},
  leading: true,
};
/** Of these an operand may be a repository. */
const GIT_REMOTE = /^(clone|fetch|pull|push|ls-remote|remote|submodule|archive|subtree)$/;
const GIT_VALUES: Syntax = {
  values: set(
    'branch depth origin upload-pack reference separate-git-dir jobs template config filter shallow-since ' +
      'shallow-exclude recurse-submodules server-option exec receive-pack push-option repo o b c j u',
  ),
  short: {},
};

/** `git clone URL`; a remote that has a name is configured elsewhere. */
export const git: Tool = ({ words }): ToolUse => {
  const { operands } = readArguments(words.slice(1), GIT);
  const [command, ...rest] = operands;
  if (command?.value == null || !GIT_REMOTE.test(command.value)) return {};
  const args = readArguments(rest, GIT_VALUES);
  const repository = args.options.get('repo') ?? args.options.get('remote') ?? [];
  const named = [...repository, ...args.operands];
  const first =
    command.value === 'clone' || command.value === 'ls-remote' ? named.slice(0, 1) : named.filter(isPlace);
  return { hosts: first.flatMap(placeHosts) };
};

/** `https://…` or `git@host:path`; `HEAD:main` is a refspec. */
function isPlace(word: Word): boolean {
  return /^([a-z+]+:\/\/|[\w.-]+@[\w.-]+:)/i.test(headOf(word).text);
}

const DOCKER: Syntax = {
  values: set('config context c host H log-level l tlscacert tlscert tlskey'),
  short: {},
  leading: true,
};
const DOCKER_RUN: Syntax = {
  values: set(
    'add-host annotation attach blkio-weight cap-add cap-drop cgroup-parent cgroupns cidfile cpus cpu-shares cpuset-cpus ' +
      'device dns entrypoint env env-file expose gpus group-add health-cmd hostname ip ipc label link log-driver log-opt ' +
      'memory mount name net network network-alias pid platform publish pull restart runtime security-opt shm-size ' +
      'stop-signal stop-timeout storage-opt sysctl tmpfs ulimit user userns volume volumes-from workdir a c e h l m p u v w',
  ),
  short: {},
  leading: true,
};
const IMAGES = /^(pull|push|run|create|manifest)$/;

/** `docker pull registry/image`, `docker run -p 80:80 image`. https://docs.docker.com/reference/cli/docker/ */
export const docker: Tool = ({ words }): ToolUse => {
  const own = readArguments(words.slice(1), DOCKER).operands;
  const isGroup = own[0]?.value === 'image' || own[0]?.value === 'container';
  const [command, ...rest] = isGroup ? own.slice(1) : own;
  if (command?.value === 'login')
    return {
      hosts: readArguments(rest, { values: set('username password u p'), short: {} }).operands.flatMap(
        hostOrUrl,
      ),
    };
  if (command?.value == null || !IMAGES.test(command.value)) return {};
  const { options, operands } = readArguments(rest, DOCKER_RUN);
  const publishes = ['publish', 'p', 'publish-all', 'P'].some((name) => options.has(name));
  const shares = ['network', 'net'].some((name) => options.get(name)?.at(-1)?.value === 'host');
  const runs = command.value === 'run' || command.value === 'create';
  return {
    hosts: operands.slice(0, 1).map(registryOf),
    capabilities: runs && (publishes || shares) ? ['network-listen'] : [],
  };
};

/** https://pkg.go.dev/github.com/distribution/reference: what has a dot or a port in front of the first slash is a host. */
function registryOf(word: Word): Known {
  const { text, whole } = headOf(word);
  const slash = text.indexOf('/');
  if (slash < 0) return whole ? 'docker.io' : null;
  const first = text.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? hostIn(first) : 'docker.io';
}

const NPM = fetching('registry', {});
const PIP = fetching('index-url extra-index-url find-links trusted-host proxy', {
  i: 'index-url',
  f: 'find-links',
});

export const REGISTRY_TOOLS: readonly (readonly [string, Tool])[] = [
  ['git', git],
  ...['docker', 'podman', 'nerdctl'].map((program) => [program, docker] as const),
  ...['npm', 'npx', 'pnpm', 'yarn', 'bun'].map((program) => [program, NPM] as const),
  ...['pip', 'pip3', 'uv', 'pipx'].map((program) => [program, PIP] as const),
  ['cargo', fetching('git index registry')],
  ['gem', fetching('source', { s: 'source' })],
  ['go', fetching('')],
  ['apt', fetching('')],
  ['aria2c', fetching('all-proxy http-proxy https-proxy')],
  ['axel', fetching('')],
  ['lynx', fetching('')],
  ['links', fetching('')],
  ['w3m', fetching('')],
  ['youtube-dl', fetching('proxy')],
  ['yt-dlp', fetching('proxy')],
  ['svn', fetching('')],
  ['hg', fetching('')],
];
