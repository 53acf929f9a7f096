/**
 * helm: what a line asks of the API server. What a chart holds is not seen, so that it may be any kind anywhere; the
 * release itself is a Secret in its namespace. https://helm.sh/docs/helm/
 */
import type { ApiIntent } from '../../action.ts';
import { isSet, known, readArguments, type Syntax } from './arguments.ts';
import { urlHosts } from './host.ts';
import { builtIn, UNKNOWN_KIND } from './kubectl/kinds.ts';
import { anything, type Line, lineOf, request } from './kubectl/line.ts';
import type { Tool, ToolUse } from './tool.ts';

const set = (text: string) => new Set(text.split(' '));

const SYNTAX: Syntax = {
  values: set(
    'burst-limit kube-apiserver kube-as-group kube-as-user kube-ca-file kube-context kube-tls-server-name kube-token ' +
      'kubeconfig namespace qps registry-config repository-cache repository-config ca-file cert-file key-file keyring ' +
      'version repo timeout description set set-string set-file set-json set-literal values post-renderer ' +
      'post-renderer-args username password history-max output revision max filter offset selector cascade labels ' +
      'api-versions kube-version show-only output-dir release-name name-template destination untardir template',
  ),
  // --dry-run and --wait take theirs in the same word alone.
  flags: set(
    'debug help version-only dry-run create-namespace atomic rollback-on-failure cleanup-on-fail devel disable-openapi-validation ' +
      'dependency-update enable-dns force force-replace force-conflicts server-side generate-name hide-notes hide-secret ' +
      'insecure-skip-tls-verify install keep-history no-hooks plain-http pass-credentials render-subchart-notes replace ' +
      'reset-then-reuse-values reset-values reuse-values skip-crds skip-schema-validation take-ownership verify wait ' +
      'wait-for-jobs all all-namespaces date deployed failed pending reverse short superseded time-format uninstalled ' +
      'uninstalling no-headers recreate-pods ignore-not-found logs hide-logs is-upgrade include-crds validate ' +
      'show-resources show-desc force-update no-update prov untar regexp versions client',
  ),
  short: {
    A: 'all-namespaces',
    a: 'all',
    f: 'values',
    g: 'generate-name',
    h: 'help',
    i: 'install',
    l: 'selector',
    n: 'namespace',
    o: 'output',
    q: 'short',
    s: 'show-only',
  },
  equals: true,
};

type Meaning = (line: Line) => ApiIntent[];

const release: Meaning = (line) => [
  ...['create', 'update', 'patch', 'delete'].map((verb) => content(line, verb)),
  stored(line, 'create'),
];
const reading: Meaning = (line) => [stored(line, 'list'), stored(line, 'get')];
const removing: Meaning = (line) => [content(line, 'delete'), stored(line, 'delete')];

const COMMANDS: Readonly<Record<string, Meaning>> = {
  install: (line) => [content(line, 'create'), content(line, 'patch'), stored(line, 'create')],
  upgrade: release,
  rollback: release,
  uninstall: removing,
  delete: removing,
  del: removing,
  un: removing,
  test: (line) => [request(line, 'create', builtIn('pods'), { name: null })],
  list: reading,
  ls: reading,
  get: reading,
  status: reading,
  history: reading,
  hist: reading,
};

const LOCAL = set(
  'completion create dependency dep env help inspect lint package plugin pull fetch push registry repo search show ' +
    'template verify version',
);

function content(line: Line, verb: string): ApiIntent {
  return request(line, verb, UNKNOWN_KIND, { name: null });
}

function stored(line: Line, verb: string): ApiIntent {
  return request(line, verb, builtIn('secrets'), { name: verb === 'list' ? '' : null });
}

export const helm: Tool = ({ words }): ToolUse => {
  const args = readArguments(words.slice(1), SYNTAX);
  const line = lineOf(args, 1, { certain: !args.strange, objects: () => null, usual: () => null });
  const named = ['repo', 'kube-apiserver'].flatMap((name) => args.options.get(name) ?? []);
  const urls = args.operands.filter((word) => /^(https?|oci):\/\//.test(word.value ?? word.pattern));
  const requests = isSet(args, 'help') === true ? [] : requestsOf(line, known(args.operands[0]));
  const impersonates = args.options.has('kube-as-user') || args.options.has('kube-as-group');
  return {
    requests: impersonates ? requests.map((one) => ({ ...one, impersonates })) : requests,
    hosts: [...named, ...urls].flatMap(urlHosts),
    capabilities: ['kubernetes'],
  };
};

function requestsOf(line: Line, command: string | null): ApiIntent[] {
  if (command === null) return line.args.operands.length === 0 && !line.args.open ? [] : [anything(line)];
  if (LOCAL.has(command)) return [];
  const meaning = Object.hasOwn(COMMANDS, command) ? COMMANDS[command]! : () => [anything(line)];
  const requests = meaning(line);
  return line.dryRun === 'client'
    ? requests.filter(({ verb }) => verb === 'get' || verb === 'list')
    : requests;
}

/** They act on a cluster by their own ways: that they do is all that is told. */
const OTHERS = [
  ...[
    'argocd',
    'cilium',
    'clusterctl',
    'eksctl',
    'flux',
    'helmfile',
    'istioctl',
    'k9s',
    'karmadactl',
    'kn',
    'kops',
  ],
  ...[
    'kubeadm',
    'kubectx',
    'kubens',
    'kubeseal',
    'linkerd',
    'skaffold',
    'stern',
    'telepresence',
    'tilt',
    'tkn',
    'velero',
  ],
];

export const CLUSTER_TOOLS: readonly (readonly [string, Tool])[] = [
  ['helm', helm],
  ...OTHERS.map((program) => [program, (): ToolUse => ({ capabilities: ['kubernetes'] })] as const),
];
