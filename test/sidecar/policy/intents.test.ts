/**
 * One rule over the API covers the commands that come to such a request: it answers for what a command comes to as it does
 * for the request, and where less is known it is never sure of the opposite.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { ApiIntent } from '../../../sidecar/action.ts';
import { MAYBE } from '../../../sidecar/match/tri.ts';
import { compileApiMatch } from '../../../sidecar/policy/api-matcher.ts';
import { ALONE, type Surroundings } from '../../../sidecar/policy/builtin-api/surroundings.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { evaluate } from '../../../sidecar/policy/evaluate.ts';
import { asRequest, intentText } from '../../../sidecar/policy/intent.ts';
import { compileIntentMatch } from '../../../sidecar/policy/intent-matcher.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { type AgentPolicy, policySchema } from '../../../sidecar/policy/schema.ts';
import { look } from '../command/look.ts';

const SEED = 20261122;
const AGENT: Identity = { user: 'agent', groups: [], proof: 'claimed' };
const OPEN = { commands: 'allow', api: 'deny', unknown: 'ask' };
const DEFAULT = parsePolicies(
  readFileSync(new URL('../../../sidecar/policy/default.yaml', import.meta.url), 'utf8'),
  'default.yaml',
);

const rule = (effect: Effect, match: object) => ({ name: effect, effect, match, reason: 'because.' });

function policy(spec: object): AgentPolicy {
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata: { name: 'p' } };
  return policySchema.parse({ ...head, spec });
}

function judge(spec: object, line: string, surroundings: Surroundings = ALONE) {
  return decide(new PolicySet([policy(spec)], surroundings), look(line), AGENT);
}

t.test('a rule over the API refuses the line that comes to it', async (t) => {
  const spec = {
    defaults: OPEN,
    api: [rule('deny', { verbs: ['delete'], resources: ['namespaces', 'pods', 'pods/eviction'] })],
  };
  const refused = [
    'kubectl delete ns x',
    'kubectl -n shop delete po/web --wait=false',
    'kubectl delete pods --all -A',
    'kubectl delete all --all -n shop',
    'kubectl drain node1',
    'kubectl delete --raw /api/v1/namespaces/x',
    'curl -k -X DELETE https://kubernetes.default.svc/api/v1/namespaces/x',
    'wget --method=DELETE "https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/x"',
    "kubectl delete -f - <<'E'\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\nE",
    'sudo sh -c "kubectl delete ns x"',
    'cd /w && kubectl get ns && kubectl delete ns x | cat',
  ];
  for (const line of refused) t.match(judge(spec, line), { effect: 'deny', rule: 'p/deny' }, line);
  const doubtful = [
    'kubectl delete -f x.yaml',
    'kubectl $VERB ns x',
    'kubectl delete $WHAT x',
    'kubectl prune-it',
    'curl -X DELETE https://10.0.0.1/api/v1/namespaces/x',
    'curl -X DELETE "$URL"',
  ];
  for (const line of doubtful) t.match(judge(spec, line), { effect: 'ask', rule: 'default/unknown' }, line);
  const untouched = [
    'kubectl get ns x',
    'kubectl delete cm x',
    'kubectl delete certificate x',
    'kubectl delete ns x --dry-run=client',
    'kubectl apply -f x.yaml',
    'kubectl config delete-context x',
    'curl -X DELETE https://x.example/api/v1/orders/7',
    'curl "$URL"',
  ];
  for (const line of untouched) t.match(judge(spec, line), { effect: 'allow', unjudged: false }, line);
});

t.test('what it may be is unknown, and says of what', async (t) => {
  const spec = { defaults: OPEN, api: [rule('deny', { resources: ['secrets'] })] };
  const { effect, reason } = judge(spec, 'kubectl apply -f x.yaml');
  t.equal(effect, 'ask');
  t.match(
    reason,
    /whether p\/deny matches what it comes to \(create any resource of any name in any namespace\)/,
  );
  t.match(judge({ ...spec, defaults: { ...OPEN, unknown: 'allow' } }, 'kubectl apply -f x.yaml'), {
    effect: 'allow',
    unjudged: true,
  });
  t.equal(
    intentText(look('kubectl delete deploy web -n s').commands[0]!.requests[0]!),
    'delete deployments.apps "web" in s',
  );
});

t.test('it only adds strictness', async (t) => {
  const all = { verbs: ['*'] };
  t.equal(
    judge({ defaults: { ...OPEN, commands: 'deny' }, api: [rule('allow', all)] }, 'kubectl get pods').effect,
    'deny',
  );
  t.equal(judge({ defaults: OPEN }, 'kubectl delete ns x').effect, 'allow', 'defaults.api is about requests');
  const asks = {
    defaults: OPEN,
    api: [rule('ask', all)],
    commands: [rule('allow', { program: ['kubectl'] })],
  };
  t.equal(judge(asks, 'kubectl get pods').effect, 'ask');
});

t.test('exec rules', async (t) => {
  const spec = {
    defaults: OPEN,
    exec: [
      rule('deny', { namespaces: ['prod'], tty: true }),
      { ...rule('ask', { command: { program: ['rm'] } }), name: 'rm' },
    ],
  };
  t.equal(judge(spec, 'kubectl -n prod exec -it web -- sh').rule, 'p/deny');
  t.equal(judge(spec, 'kubectl -n prod exec web -- ls').effect, 'allow');
  t.equal(judge(spec, 'kubectl -n test exec web -- sh -c "rm -r /x"').rule, 'p/rm');
  t.match(judge(spec, 'kubectl -n test exec web -- ls'), { effect: 'allow', unjudged: false });
  t.equal(judge(spec, 'kubectl exec -it web -- sh').rule, 'default/unknown', 'the namespace of the context');
  t.equal(judge(spec, 'kubectl -n test exec web -- $WHAT').rule, 'default/unknown');
});

t.test('built-in rules, where they are sure', async (t) => {
  const installed: Surroundings = { ...ALONE, namespace: 'chaperone', containers: ['chaperone'] };
  const refused: Readonly<Record<string, string>> = {
    'kubectl create token default': 'builtin/no-token-minting',
    'kubectl create clusterrolebinding x --clusterrole=admin --user=me': 'builtin/no-bindings',
    'kubectl certificate approve x': 'builtin/no-certificates',
    'kubectl delete pod x --as=root': 'builtin/no-impersonation',
    'kubectl -n chaperone get secrets': 'builtin/keep-own-namespace',
    'kubectl get pods -A': 'builtin/keep-own-namespace',
    'kubectl exec web -c chaperone -- sh': 'builtin/no-entry',
    'kubectl delete pod web --force': 'builtin/no-force-deletion',
    'kubectl get --raw /api/v1/nodes/n/proxy/pods': 'builtin/no-proxies',
  };
  for (const [line, name] of Object.entries(refused))
    t.equal(judge({ defaults: OPEN }, line, installed).rule, name, line);
  const allowed = [
    'kubectl apply -f x.yaml',
    'kubectl get pods',
    'kubectl get pods -A --field-selector metadata.namespace!=chaperone',
    'kubectl delete $X',
    'kubectl exec web -- ls',
  ];
  for (const line of allowed) t.match(judge({ defaults: OPEN }, line, installed), { effect: 'allow' }, line);
});

t.test('the default policy lets ordinary work be', async (t) => {
  const policies = new PolicySet(DEFAULT);
  const plain = [
    'kubectl get pods',
    'kubectl get pods -A -o wide',
    'kubectl -n kube-system get pods',
    'kubectl describe node node1',
    'kubectl logs -f deploy/web',
    'kubectl -n shop apply -f - <<E\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nE',
    'kubectl -n shop delete pod web',
    'kubectl -n shop rollout restart deploy web',
    'kubectl -n shop exec web -- ls',
    'kubectl diff -f x.yaml',
    'kubectl apply --dry-run=client -f x.yaml',
  ];
  for (const line of plain)
    t.match(decide(policies, look(line), AGENT), { effect: 'allow', unjudged: false }, line);
});

t.test('a judgement names the request and the command', async (t) => {
  const policies = new PolicySet([policy({ defaults: OPEN, api: [rule('deny', { verbs: ['delete'] })] })]);
  const parts = evaluate(policies, look('kubectl get ns && kubectl delete ns x'), AGENT).map(
    ({ part }) => part,
  );
  t.match(parts, [
    { kind: 'command', command: { text: 'kubectl get ns' } },
    { kind: 'command' },
    { kind: 'intent', command: { text: 'kubectl delete ns x' }, intent: { verb: 'delete', name: 'x' } },
  ]);
});

// Properties ------------------------------------------------------------------------------------------------------

const names = fc.constantFrom('', 'a', 'web');
const intent: fc.Arbitrary<ApiIntent> = fc
  .record({
    verb: fc.constantFrom(
      'get',
      'list',
      'watch',
      'create',
      'update',
      'patch',
      'delete',
      'deletecollection',
      'proxy',
    ),
    group: fc.constantFrom('', 'apps', 'example.com'),
    resource: fc.constantFrom('', 'pods', 'nodes', 'deployments', 'widgets', 'selfsubjectaccessreviews'),
    subresource: fc.constantFrom('', '', 'exec', 'scale', 'eviction', 'proxy', 'ephemeralcontainers'),
    namespace: names,
    name: names,
    parameters: fc.constantFrom([], [['tty', 'true']], [['stdin', 'true']]) as fc.Arbitrary<
      ApiIntent['parameters']
    >,
    dryRun: fc.boolean(),
    scales: fc.constantFrom('yes', 'no', 'unknown'),
    impersonates: fc.boolean(),
  })
  .map((parts) => ({ ...parts, path: parts.resource === '' ? '/healthz' : '', certain: true }));

const some = (...patterns: string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...patterns), { minLength: 1 }), { nil: undefined });
const conditions = fc.record({
  verbs: some('get', 'delete', 'exec', 'write', 'read', 'scale', 'deletecollection', '*'),
  groups: some('', 'apps', 'example.com', '*'),
  resources: some('pods', 'pods/exec', 'pods*', 'deployments', 'deployments/scale', 'widgets', '*'),
  namespaces: some('a', 'w*', '*'),
  names: some('a', 'web', '*'),
  paths: some('/healthz', '/*'),
  dryRun: fc.option(fc.boolean(), { nil: undefined }),
  tty: fc.option(fc.boolean(), { nil: undefined }),
  stdin: fc.option(fc.boolean(), { nil: undefined }),
});
const match = fc
  .record({ conditions, unless: fc.option(conditions, { nil: undefined }) })
  .map(({ conditions, unless }) => ({ ...given(conditions), ...(unless && { unless: given(unless) }) }));

const given = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

t.test('what is wholly known is judged as the request would be', async () => {
  const run = fc.property(match, intent, (match, intent) => {
    const asked = compileApiMatch(match, false)(asRequest(intent));
    const told = compileIntentMatch(match)(intent);
    return (
      asked === told && compileIntentMatch(match)({ ...intent, certain: false }) === Math.min(told, MAYBE)
    );
  });
  fc.assert(run, { seed: SEED, numRuns: 5000 });
});

t.test('who knows less is less sure, and never sure of something else', async () => {
  const parts = ['verb', 'group', 'resource', 'subresource', 'namespace', 'name', 'path', 'dryRun'] as const;
  const run = fc.property(match, intent, fc.subarray([...parts]), (match, intent, hidden) => {
    const whole = compileIntentMatch(match)(intent);
    const less = { ...intent, ...Object.fromEntries(hidden.map((part) => [part, null])) };
    const answer = compileIntentMatch(match)(less);
    return answer === MAYBE || answer === whole;
  });
  fc.assert(run, { seed: SEED, numRuns: 5000 });
});
