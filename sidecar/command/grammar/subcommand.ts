/** The words that name what a tool of many commands is to do: `push` in `git -C dir push --force`. */

/** Options with an argument that may stand among the operands, for the tools where this matters most. */
const OPTIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['git', new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--exec-path', '--config-env'])],
  [
    'kubectl',
    new Set([
      '-n',
      '--namespace',
      '--context',
      '--cluster',
      '--kubeconfig',
      '-s',
      '--server',
      '--token',
      '--user',
      '--as',
      '--as-group',
      '-v',
      '--request-timeout',
      '-l',
      '--selector',
      '-o',
      '--output',
      '-f',
      '--filename',
      '--cache-dir',
      '--certificate-authority',
      '--client-certificate',
      '--client-key',
      '--tls-server-name',
      '--username',
      '--password',
      '--profile',
      '-c',
      '--container',
      '--field-selector',
      '--grace-period',
      '--timeout',
      '--cascade',
      '-k',
      '--kustomize',
    ]),
  ],
  [
    'helm',
    new Set(['-n', '--namespace', '--kube-context', '--kubeconfig', '--kube-token', '--kube-apiserver']),
  ],
  [
    'docker',
    new Set([
      '-H',
      '--host',
      '-c',
      '--context',
      '-l',
      '--log-level',
      '--config',
      '--tlscacert',
      '--tlscert',
      '--tlskey',
    ]),
  ],
  ['podman', new Set(['-c', '--connection', '--log-level', '--root', '--runroot', '--url', '--identity'])],
  [
    'systemctl',
    new Set([
      '-H',
      '--host',
      '-M',
      '--machine',
      '-t',
      '--type',
      '-p',
      '--property',
      '-n',
      '--lines',
      '-o',
      '--output',
      '-s',
      '--signal',
    ]),
  ],
  ['npm', new Set(['--prefix', '-w', '--workspace', '--registry', '--userconfig', '--cache', '--loglevel'])],
  ['aws', new Set(['--profile', '--region', '--output', '--endpoint-url', '--query', '--cli-read-timeout'])],
  ['gcloud', new Set(['--project', '--account', '--configuration', '--format', '--verbosity'])],
  ['terraform', new Set(['-chdir'])],
]);

/** The operands of a command: its arguments without options and their arguments. Null where one is computed. */
export function operandsOf(program: string, argv: readonly (string | null)[]): (string | null)[] {
  const withArgument = OPTIONS.get(program);
  const operands: (string | null)[] = [];
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') return [...operands, ...argv.slice(at + 1)];
    if (word === null || !/^-./.test(word)) operands.push(word);
    else if (withArgument?.has(word)) at++;
  }
  return operands;
}
