/**
 * The option grammar of kubectl, of all its commands: they agree on what a name means but for a few.
 * https://kubernetes.io/docs/reference/kubectl/generated/
 */
import type { Word } from '../../words/fields.ts';
import { type Arguments, readArguments, type Syntax } from '../arguments.ts';

/** Before the command only these are known. */
const GLOBAL_VALUES =
  'as as-group as-uid as-user-extra cache-dir certificate-authority client-certificate client-key cluster context ' +
  'kubeconfig kuberc log-backtrace-at log-dir log-file log-file-max-size log-flush-frequency namespace password ' +
  'profile profile-output request-timeout server stderrthreshold tls-server-name token user username v vmodule';

const GLOBAL_FLAGS =
  'add-dir-header alsologtostderr disable-compression help insecure-skip-tls-verify logtostderr ' +
  'match-server-version one-output skip-headers skip-log-headers version warnings-as-errors';

const VALUES =
  'accept-hosts accept-paths address aggregation-rule annotation annotations api-group api-prefix api-version ' +
  'appendarg audience auth-provider auth-provider-arg bound-object-kind bound-object-name bound-object-uid ' +
  'categories cert chunk-size class cluster-ip clusterip clusterrole concurrency container copy-to cpu cpu-percent ' +
  'current-replicas custom default-backend description docker-email docker-password docker-server docker-username ' +
  'duration env exec-api-version exec-arg exec-command exec-env exec-interactive-mode external-ip external-name ' +
  'field-manager field-selector filename for from from-env-file from-file from-literal generator grace-period group ' +
  'hard helm-api-versions helm-command helm-kube-version hostport image image-pull-policy keepalive key keys ' +
  'kustomize label-columns labels limit-bytes limits load-balancer-ip load-restrictor max max-log-requests ' +
  'max-unavailable memory min min-available mount name namespaces network-name node-port non-resource-url option ' +
  'output output-directory output-version override-type overrides patch patch-file pod pod-running-timeout ' +
  'pod-selector port preemption-policy prependarg profile protocol proxy-url prune-allowlist prune-whitelist raw ' +
  'reject-methods reject-paths replicas requests resource resource-name resource-version restart retries revision ' +
  'role rule schedule scopes section selector service-generator service-overrides serviceaccount session-affinity ' +
  'set-image since since-time skip-wait-for-delete-timeout sort-by subresource tail target target-port tcp template ' +
  'timeout to-revision type types unix-socket value verb verbs www www-prefix';

/** Those with an argument of their own word alone (`--dry-run=server`) are among them. */
const FLAGS =
  'all all-containers all-namespaces all-pods allow-missing-template-keys append-hash append-server-path ' +
  'arguments-only as-current-user attach cached cascade client command containers create-annotation current ' +
  'delete-emptydir-data delete-local-data disable-eviction disable-filter dry-run edit embed-certs ' +
  'enable-alpha-plugins enable-helm exec-provide-cluster-info export expose flatten follow force force-conflicts ' +
  'global-default helm-debug ignore-daemonsets ignore-errors ignore-not-found include-extended-apis ' +
  'include-uninitialized insecure-skip-tls-verify-backend interactive keep-annotations keep-init-containers ' +
  'keep-labels keep-liveness keep-readiness keep-startup leave-stdin-open list local merge minify name-only ' +
  'namespaced network no-headers no-preserve now openapi-patch openapi-validation output-patch ' +
  'output-watch-events overwrite prefix preserve-resources previous privileged prune quiet record recursive ' +
  'remove-extra-permissions remove-extra-subjects resolve rm same-node save-config schema-cache-dir server-dry-run ' +
  'server-print server-side set-raw-bytes share-processes short show-all show-capacity show-events show-kind ' +
  'show-labels show-managed-fields show-swap stdin sum timestamps tty use-openapi-print-columns ' +
  'use-protocol-buffers validate wait warnings-as-errors watch watch-only windows-line-endings';

const SHORT = {
  ...{
    A: 'all-namespaces',
    L: 'label-columns',
    P: 'www-prefix',
    R: 'recursive',
    a: 'show-all',
    c: 'container',
  },
  ...{
    e: 'env',
    f: 'filename',
    h: 'help',
    i: 'stdin',
    k: 'kustomize',
    l: 'selector',
    n: 'namespace',
    o: 'output',
  },
  ...{ p: 'patch', q: 'quiet', r: 'replicas', s: 'server', t: 'tty', u: 'unix-socket', v: 'v', w: 'watch' },
};

const set = (...texts: string[]) => new Set(texts.flatMap((text) => text.split(' ')));

/** To cobra, which looks for the command, any other option has an argument. */
const ROOT: Syntax = {
  values: set(GLOBAL_VALUES),
  flags: set(GLOBAL_FLAGS),
  short: { n: 'namespace', s: 'server', v: 'v', h: 'help' },
  equals: true,
};

const COMMAND: Syntax = {
  values: set(GLOBAL_VALUES, VALUES),
  flags: set(GLOBAL_FLAGS, FLAGS),
  short: SHORT,
  equals: true,
};

/** Where a name means something else. */
const OWN: ReadonlyMap<string, Syntax> = new Map<string, Syntax>([
  ['logs', { ...COMMAND, short: { ...SHORT, f: 'follow', p: 'previous' } }],
  ['log', { ...COMMAND, short: { ...SHORT, f: 'follow', p: 'previous' } }],
  ['exec', { ...COMMAND, short: { ...SHORT, p: 'pod' } }],
  ['attach', { ...COMMAND, short: { ...SHORT, p: 'pod' } }],
  ['port-forward', { ...COMMAND, short: { ...SHORT, p: 'pod' } }],
  ['proxy', { ...COMMAND, short: { ...SHORT, p: 'port', w: 'www' } }],
  ['set', { ...COMMAND, values: set(GLOBAL_VALUES, VALUES, 'prefix'), short: { ...SHORT, c: 'containers' } }],
  ['config', { ...COMMAND, flags: set(GLOBAL_FLAGS, FLAGS, 'raw') }],
]);

/** Index of the word that names the command; the number of words where none does. */
export function commandAt(words: readonly Word[]): number {
  const { operands } = readArguments(words.slice(1), { ...ROOT, leading: true }, true);
  const [first] = operands;
  return first === undefined ? words.length : words.indexOf(first, 1);
}

/** @param words all of kubectl's words but the one that names the command */
export function readCommand(command: string, words: readonly Word[], strangers: boolean): Arguments {
  return readArguments(words, OWN.get(command) ?? COMMAND, strangers);
}
