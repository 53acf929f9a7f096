/** What a kubectl line comes to, where a real kubectl cannot say it: what is computed, what it only might ask. */
import fc from 'fast-check';
import t from 'tap';
import { capabilities, hosts, intents } from '../intents.ts';

const ANY = '? ?/?/? ?:? dry-run? maybe';

const TABLE: Readonly<Record<string, readonly string[]>> = {
  // Nothing of the API
  kubectl: [],
  'kubectl version': [],
  'kubectl config use-context prod': [],
  'kubectl api-resources': [],
  'kubectl delete --help': [],
  'kubectl delete ns x --dry-run=client': [],
  'kubectl delete ns x --dry-run': [],
  'kubectl apply -f x.yaml --dry-run=none --dry-run=client': [],
  'kubectl label --local -f x.yaml a=b': [],
  // The last one counts
  'kubectl delete ns x --dry-run=client --dry-run=none': ['delete namespaces x:x'],
  'kubectl delete pod x -n a -n b': ['delete pods b:x'],
  'kubectl delete pods --all=false x -n a': ['delete pods a:x'],
  // All, and what a selector finds
  'kubectl delete pods --all -A': ['deletecollection pods :'],
  'kubectl delete pods -l a=b -n s': ['delete pods s:?'],
  'kubectl delete crd --all': ['deletecollection apiextensions.k8s.io/customresourcedefinitions :'],
  'kubectl get pods -w': ['list pods ?:', 'watch pods ?:'],
  // Spellings
  'kubectl delete Namespace/x': ['delete namespaces x:x'],
  'kubectl delete ns/x,pv/y': ['delete namespaces x:x', 'delete persistentvolumes :y'],
  'kubectl delete -- ns x': ['delete namespaces x:x'],
  "ku'bectl' \"delete\" $'n\\x73' x": ['delete namespaces x:x'],
  '/usr/local/bin/kubectl delete ns x': ['delete namespaces x:x'],
  'sudo -u me kubectl delete ns x': ['delete namespaces x:x'],
  'oc delete ns x': ['delete namespaces x:x'],
  // Computed
  'kubectl $VERB ns x': [ANY],
  'kubectl delete $WHAT x': ['delete ?/? ?:?', 'deletecollection ?/? ?: maybe'],
  'kubectl delete pod x -n"$NS"': ['delete pods ?:x'],
  'kubectl delete pod x -n s "--$MODE"': ['delete pods s:x maybe'],
  'kubectl delete pod x -n s --context="$CONTEXT"': ['delete pods s:x'],
  'kubectl delete pod "$NAME" -n s': ['delete pods s:?'],
  'kubectl delete "pod/$NAME" -n s': ['delete pods s:?'],
  'kubectl delete pod x -n "$NS"': ['delete pods ?:x'],
  'kubectl delete pod x -n s $MORE': ['delete pods ?:x', 'delete pods ?:?', 'deletecollection pods ?: maybe'],
  'kubectl delete pod x --dry-run="$MODE"': ['delete pods ?:x dry-run?'],
  'kubectl exec "$POD" -n s -- ls': ['create pods/exec s:? command=ls'],
  'kubectl exec -it web -c app -n s -- sh -c "$CODE"': [
    'create pods/exec s:web container=app&stdin=true&tty=true',
  ],
  'kubectl apply -f "$FILE"': ['create ?/? ?:?', 'patch ?/? ?:?'],
  // Somebody else's
  'kubectl delete certificate x -n s': ['delete ?/(custom) s:x'],
  'kubectl frobnicate x': [ANY],
  'kubectl delete pod x --unheard-of y -n s': ['delete pods s:x maybe', 'delete pods s:y maybe'],
  // What only those commands do
  'kubectl drain n1 --ignore-daemonsets': ['patch nodes :n1', 'create pods/eviction ?:?'],
  'kubectl drain n1 --disable-eviction --force': ['patch nodes :n1', 'delete pods ?:? gracePeriodSeconds=0'],
  'kubectl delete pod x --force -n s': ['delete pods s:x gracePeriodSeconds=0'],
  'kubectl delete pod x --as=root -n s': ['delete pods s:x as'],
  'kubectl apply --prune -l a=b -f x.yaml': ['create ?/? ?:?', 'patch ?/? ?:?', 'delete ?/? ?:?'],
  'kubectl proxy': [ANY],
  'kubectl get --raw /api/v1/namespaces/s/secrets?limit=2': ['list secrets s: limit=2'],
  'kubectl get --raw /healthz': ['get /healthz'],
  'kubectl create --raw /api/v1/namespaces/s/pods/p/eviction -f e.json': ['create pods/eviction s:p'],
  'kubectl set env deploy/web --from=secret/db -n s': ['patch apps/deployments s:web', 'get secrets s:db'],
  'kubectl top pod web': ['get metrics.k8s.io/pods ?:?'],
  'kubectl certificate deny c': ['update certificates.k8s.io/certificatesigningrequests/approval :c'],
};

for (const [line, expected] of Object.entries(TABLE)) t.strictSame(intents(line), expected, line);

t.test('manifests on standard input', async (t) => {
  const apply = (text: string) => intents(`kubectl apply -n s -f - <<'EOF'\n${text}\nEOF`);
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}';
  t.strictSame(apply(secret), ['create secrets s:a', 'patch secrets s:a']);
  t.strictSame(
    apply(`apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {generateName: p}}`),
    ['create pods s:?', 'patch pods s:?'],
  );
  const ANYTHING = ['create ?/? ?:?', 'patch ?/? ?:?'];
  for (const [why, text] of Object.entries({
    'not YAML': 'a: [',
    'a name twice': `${secret}\nkind: Pod`,
    'no kind': 'metadata: {name: a}',
    'too long': `${secret}\n# ${'x'.repeat(20_000)}`,
    'many references': `a: &a [1,1]\nb: &b [${'*a,'.repeat(30)}]\nc: [${'*b,'.repeat(30)}]`,
  }))
    t.strictSame(apply(text), ANYTHING, why);
  const many = `kubectl apply -n s -f - <<'EOF'\n${secret}\n# ${'x'.repeat(12_000)}\nEOF\n`;
  t.strictSame(intents(many), ['create secrets s:a', 'patch secrets s:a']);
  t.ok(intents(many.repeat(4)).includes(ANYTHING[0]!), 'several that are too much together');
  t.strictSame(intents('kubectl apply -n s -f - <<EOF\nkind: $KIND\nEOF'), ANYTHING, 'an expansion');
  t.strictSame(intents('cat x.yaml | kubectl apply -n s -f -'), ANYTHING, 'a file');
});

t.test('hosts and capabilities', async (t) => {
  t.strictSame(hosts('kubectl apply -f https://Example.com:8443/x.yaml'), ['example.com']);
  t.strictSame(hosts('kubectl -s https://10.0.0.1:6443 get pods'), ['10.0.0.1']);
  t.strictSame(hosts('kubectl get pods'), []);
  t.strictSame(capabilities('kubectl get pods'), ['kubernetes']);
  t.strictSame(capabilities('kubectl -n s port-forward web 8080:80'), ['kubernetes', 'network-listen']);
});

t.test('the order of options, and quotes, change nothing', async (t) => {
  const options = [
    ['-n', 's'],
    ['--force'],
    ['--context=prod'],
    ['--wait', '-v=3'],
    ['--as', 'me'],
    ['-l', 'a=b'],
  ];
  const quotings = [(word: string) => word, (word: string) => `'${word}'`, (word: string) => `"${word}"`];
  const operands = ['po,ns', 'x'];
  const expected = intents('kubectl delete po,ns x -n s --force --context=prod --wait -v=3 --as me -l a=b');
  t.equal(expected.length, 2);
  const run = fc.property(
    fc.shuffledSubarray(options, { minLength: options.length }),
    fc.tuple(fc.nat(options.length), fc.nat(options.length)),
    fc.array(fc.nat(2), { minLength: 20, maxLength: 20 }),
    (order, places, quotes) => {
      const words = order.map((option) => [...option]);
      for (const [at, operand] of operands.entries())
        words.splice(Math.max(...places.slice(0, at + 1)) + at, 0, [operand]);
      const line = ['kubectl', 'delete', ...words.flat()].map((word, at) => quotings[quotes[at]!]!(word));
      return JSON.stringify(intents(line.join(' '))) === JSON.stringify(expected);
    },
  );
  fc.assert(run, { seed: 20261122, numRuns: 300 });
});
