/** What a line of helm comes to: a chart may hold anything. */
import t from 'tap';
import { capabilities, hosts, intents } from './intents.ts';

const TABLE: Readonly<Record<string, readonly string[]>> = {
  'helm install web ./chart -n shop': ['create ?/? ?:?', 'patch ?/? ?:?', 'create secrets shop:?'],
  'helm -n shop uninstall web': ['delete ?/? ?:?', 'delete secrets shop:?'],
  'helm upgrade --install web chart --set a=b -f values.yaml --namespace=shop': [
    ...['create', 'update', 'patch', 'delete'].map((verb) => `${verb} ?/? ?:?`),
    'create secrets shop:?',
  ],
  'helm upgrade web chart --dry-run': [],
  'helm rollback web 1 --dry-run=none -nshop': [
    ...['create', 'update', 'patch', 'delete'].map((verb) => `${verb} ?/? ?:?`),
    'create secrets shop:?',
  ],
  'helm list -A': ['list secrets :', 'get secrets ?:?'],
  'helm get values web -n shop': ['list secrets shop:', 'get secrets shop:?'],
  'helm template web ./chart': [],
  'helm repo add x https://charts.example': [],
  'helm dependency update': [],
  helm: [],
  'helm install --help': [],
  'helm $COMMAND': ['? ?/?/? ?:? dry-run? maybe'],
  'helm diff upgrade web chart': ['? ?/?/? ?:? dry-run? maybe'],
  'helm uninstall web -n shop --kube-as-user=root': ['delete ?/? ?:? as', 'delete secrets shop:? as'],
};
for (const [line, expected] of Object.entries(TABLE)) t.strictSame(intents(line), expected, line);

t.strictSame(hosts('helm repo add x https://charts.example/stable'), ['charts.example']);
t.strictSame(hosts('helm install web oci://registry.example/charts/web'), ['registry.example']);
t.strictSame(hosts('helm install web web --repo https://charts.example'), ['charts.example']);
for (const line of ['helm list', 'flux get all', 'argocd app sync web', 'stern web'])
  t.strictSame(capabilities(line), ['kubernetes'], line);
