/** What lines of kubectl mean where manifests and kubeconfigs can be seen; the namespace as a real kubectl says it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { analyse, type Context } from '../../../../../sidecar/command/analyse.ts';
import { MachineFiles } from '../../../../../sidecar/files/machine-files.ts';
import { kubectl } from '../../../../kubectl.ts';
import { temporaryDirectory } from '../../../../temporary.ts';

const home = temporaryDirectory();
const at = (name: string) => join(home, name);
const machine = new MachineFiles();

function look(line: string, environment: Record<string, string> = {}): string[] {
  const context: Context = { cwd: home, home, environment, files: machine.view() };
  return analyse(line, context).commands.flatMap(({ requests }) =>
    requests.map(
      ({ verb, namespace, resource, name }) =>
        `${verb} ${namespace ?? '?'} ${resource ?? '?'} ${name ?? '?'}`,
    ),
  );
}

interface Chosen {
  current?: string;
  contexts: Record<string, string | null>;
}

function kubeconfig(name: string, { current, contexts }: Chosen): string {
  const listed = Object.entries(contexts).map(([context, namespace]) => ({
    name: context,
    context: { cluster: 'c', user: 'u', ...(namespace !== null && { namespace }) },
  }));
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    ...(current !== undefined && { 'current-context': current }),
    contexts: listed,
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }],
    users: [{ name: 'u', user: {} }],
  });
  writeFileSync(at(name), text);
  return at(name);
}

mkdirSync(at('.kube'));
kubeconfig('.kube/config', { current: 'prod', contexts: { prod: 'kube-system', dev: 'team-a', bare: null } });
const other = kubeconfig('other', { current: 'dev', contexts: { dev: 'team-b', more: 'team-c' } });
const half = kubeconfig('half', { contexts: { dev: 'team-d' } });

const LINES: readonly (readonly [line: string, environment: Record<string, string>, namespace: string])[] = [
  ['kubectl delete pod x', {}, 'kube-system'],
  ['kubectl delete pod x -n other', {}, 'other'],
  ['kubectl --context dev delete pod x', {}, 'team-a'],
  ['kubectl delete pod x --context=bare', {}, 'default'],
  ['kubectl delete pod x', { KUBECONFIG: other }, 'team-b'],
  ['kubectl delete pod x --kubeconfig other --context more', {}, 'team-c'],
  ['kubectl delete pod x', { KUBECONFIG: `${half}:${other}` }, 'team-d'],
  ['kubectl delete pod x', { KUBECONFIG: `${at('missing')}:${other}` }, 'team-b'],
  [`KUBECONFIG=${other} kubectl delete pod x`, {}, 'team-b'],
];

t.test('the namespace of the context in force, as kubectl has it', async (t) => {
  const real = kubectl('current');
  for (const [line, environment, namespace] of LINES) {
    t.strictSame(look(line, environment), [`delete ${namespace} pods x`], line);
    if (real === null || / -n /.test(line)) continue;
    const config = line.replace(/delete pod x/, 'config view --minify -o "jsonpath={..namespace}"');
    const said = execFileSync('sh', ['-c', config.replace('kubectl', real)], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, ...environment },
      encoding: 'utf8',
    });
    t.equal(said || 'default', namespace, `kubectl: ${line}`);
  }
});

t.test('it is not known', async (t) => {
  const lines = [
    'kubectl --context nowhere delete pod x',
    'kubectl --context "$C" delete pod x',
    'kubectl --kubeconfig missing delete pod x',
    'kubectl config use-context dev; kubectl delete pod x',
    'kubectl config set-context --current --namespace=y && kubectl delete pod x',
    'kubens y; kubectl delete pod x',
    'KUBECONFIG=$(mktemp) kubectl delete pod x',
    'export KUBECONFIG=$C; kubectl delete pod x',
    'cp other ~/.kube/config; kubectl delete pod x',
    'sudo kubectl delete pod x',
    'cd "$D"; kubectl --kubeconfig other delete pod x',
  ];
  for (const line of lines)
    t.strictSame(
      look(line).filter((one) => one.startsWith('delete')),
      ['delete ? pods x'],
      line,
    );
  t.strictSame(look('ssh host kubectl delete pod x'), ['delete ? pods x'], 'elsewhere');
  t.strictSame(
    look('kubectl config view; kubectl delete pod x'),
    ['delete kube-system pods x'],
    'nothing was changed',
  );
});

const manifest = (kind: string, name: string, namespace?: string) =>
  stringify({ apiVersion: 'v1', kind, metadata: { name, ...(namespace && { namespace }) } });

writeFileSync(at('both.yaml'), `${manifest('ConfigMap', 'a')}---\n${manifest('Secret', 'b', 'kube-public')}`);
writeFileSync(
  at('ns.json'),
  JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } }),
);
writeFileSync(at('broken.yaml'), 'kind: [');
writeFileSync(at('large.yaml'), `${manifest('ConfigMap', 'a')}${'# long\n'.repeat(4000)}`);

t.test('manifests in files', async (t) => {
  t.strictSame(look('kubectl delete -f both.yaml'), [
    'delete kube-system configmaps a',
    'delete kube-public secrets b',
  ]);
  t.strictSame(look('kubectl delete -f ns.json -f both.yaml').length, 3);
  t.strictSame(look('kubectl create -n here -f both.yaml'), [
    'create here configmaps a',
    'create kube-public secrets b',
  ]);
  t.match(look('kubectl apply -f ns.json'), ['create  namespaces n', 'patch n namespaces n']);
  t.match(look('cd / && kubectl replace -f ~/ns.json'), ['update n namespaces n']);
  t.strictSame(look(`cat > new.yaml <<'E'\n${manifest('Namespace', 'made')}E\nkubectl delete -f new.yaml`), [
    'delete made namespaces made',
  ]);
  for (const line of [
    'kubectl delete -f broken.yaml',
    'kubectl delete -f large.yaml',
    'kubectl delete -f missing.yaml',
    'kubectl delete -f .',
    'kubectl delete -k .',
    'kubectl delete -f "$F"',
    'kubectl delete -f https://127.0.0.1:9/x.yaml',
    'sed -i s/a/b/ both.yaml; kubectl delete -f both.yaml',
    'curl -o both.yaml http://127.0.0.1:9/; kubectl delete -f both.yaml',
  ])
    t.strictSame(look(line).slice(-1), ['delete ? ? ?'], line);
});
