/** Ways to reach the API server as somebody else, or with a credential that the gate does not hold. */
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { alone, creations, describe, jsonPatches, outcome, patches } from './attack.ts';

const SA = '/api/v1/namespaces/shop/serviceaccounts';
const SECRETS = '/api/v1/namespaces/shop/secrets';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

t.test('impersonation', async (t) => {
  for (const header of [
    'Impersonate-User',
    'impersonate-group',
    'IMPERSONATE-UID',
    'Impersonate-Extra-scopes',
    'Impersonate-Later',
  ]) {
    const attempt = {
      method: 'GET',
      target: '/api/v1/namespaces/shop/pods',
      headers: [header, 'system:admin'],
    };
    t.equal(outcome(attempt), 'no-impersonation', header);
    t.equal(alone(attempt), 'no-impersonation', header);
  }
});

t.test('tokens of ServiceAccounts', async (t) => {
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [], expirationSeconds: 600 },
  };
  for (const attempt of creations(`${SA}/agent/token`, request))
    t.equal(alone(attempt), 'no-token-minting', describe(attempt));
  for (const target of [
    `${SA}/other/token`,
    `${SA}/agent/token?dryRun=All`,
    `${SA}/agent/token/x`,
    `${SA}/agent/TOKEN`,
    '/apis/g.example.com/v1/namespaces/shop/serviceaccounts/agent/token',
  ])
    for (const method of ['POST', 'GET', 'PUT'])
      t.equal(outcome({ method, target }), 'no-token-minting', `${method} ${target}`);
  t.equal(outcome({ method: 'GET', target: `${SA}/agent` }), 'allowed');
});

const TYPES = ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'];

t.test('Secrets that the server fills with a token', async (t) => {
  for (const type of TYPES) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, type };
    for (const attempt of creations(SECRETS, secret))
      t.equal(outcome(attempt), 'no-token-secrets', describe(attempt));
    for (const attempt of patches(`${SECRETS}/x`, ['type'], type))
      t.equal(outcome(attempt), 'no-token-secrets', describe(attempt));
  }
  const annotation = ['metadata', 'annotations', 'kubernetes.io/service-account.name'];
  for (const attempt of patches(`${SECRETS}/x`, annotation, 'agent'))
    if (!attempt.body?.toString().includes('"copy"') && !attempt.body?.toString().includes('"move"'))
      t.equal(outcome(attempt), 'no-token-secrets', describe(attempt));
  for (const op of ['copy', 'move'])
    for (const path of [
      '/type',
      '',
      '/metadata',
      '/metadata/annotations',
      '/metadata/annotations/kubernetes.io~1service-account.name',
    ]) {
      const body = JSON.stringify([{ op, from: '/data', path }]);
      const attempt = { method: 'PATCH', target: `${SECRETS}/x`, type: 'application/json-patch+json', body };
      t.equal(outcome(attempt), 'no-token-secrets', body);
    }
  const list = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'Secret', type: TYPES[0]! }] };
  t.equal(outcome({ method: 'POST', target: SECRETS, body: JSON.stringify(list) }), 'no-token-secrets');
});

t.test('Secrets that a controller is told to make', async (t) => {
  const target = '/apis/external.example.com/v1/namespaces/shop/externalsecrets';
  const secret = (type: string) => ({
    apiVersion: 'external.example.com/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'x' },
    spec: { target: { template: { type } } },
  });
  for (const type of TYPES)
    for (const attempt of creations(target, secret(type)))
      t.equal(alone(attempt), 'no-token-secrets', describe(attempt));
  for (const attempt of creations(target, secret('Opaque')))
    t.equal(alone(attempt), 'allowed', describe(attempt));
});

t.test("other Secrets are the policy's to judge", async (t) => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x' },
    type: 'Opaque',
    data: { type: 'YQ==' },
  };
  for (const attempt of creations(SECRETS, secret)) t.equal(outcome(attempt), 'allowed', describe(attempt));
  for (const attempt of jsonPatches(`${SECRETS}/x`, ['data', 'k'], 'YQ==').slice(0, 5))
    t.equal(outcome(attempt), 'allowed', describe(attempt));
});

t.test('certificates, aggregated servers, webhooks', async (t) => {
  const holes: [rule: string, target: string][] = [
    ['no-certificates', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
    ['no-certificates', '/apis/certificates.k8s.io/v1beta1/certificatesigningrequests'],
    ['no-certificates', '/apis/certificates.k8s.io/v1beta1/clustertrustbundles'],
    ['no-api-services', '/apis/apiregistration.k8s.io/v1/apiservices'],
    ['no-api-services', '/apis/apiregistration.k8s.io/v1beta1/apiservices'],
    ['no-admission-changes', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'],
    ['no-admission-changes', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'],
    ['no-admission-changes', '/apis/admissionregistration.k8s.io/v1beta1/validatingadmissionpolicies'],
    ['no-admission-changes', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings'],
    ['no-admission-changes', '/apis/admissionregistration.k8s.io/v1alpha1/mutatingadmissionpolicies'],
  ];
  for (const [rule, target] of holes) {
    const writes = [
      ['POST', ''],
      ['PUT', '/x'],
      ['PATCH', '/x'],
      ['DELETE', '/x'],
      ['DELETE', ''],
      ['PUT', '/x/approval'],
      ['PATCH', '/x/status'],
    ] as const;
    for (const [method, rest] of writes) {
      t.equal(alone({ method, target: target + rest }), rule, `${method} ${target}${rest}`);
      t.equal(outcome({ method, target: `${target}${rest}?dryRun=All` }), rule, `${method} ${target}${rest}`);
    }
    t.equal(outcome({ method: 'GET', target }), 'allowed', 'reading is not a hole');
  }
});

t.test('bindings', async (t) => {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }];
  for (const [kind, target] of [
    ['RoleBinding', `${RBAC}/namespaces/shop/rolebindings`],
    ['ClusterRoleBinding', `${RBAC}/clusterrolebindings`],
  ] as const) {
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { name: 'x' },
      roleRef,
      subjects,
    };
    for (const attempt of creations(target, binding))
      t.equal(alone(attempt), 'no-bindings', describe(attempt));
    for (const attempt of patches(`${target}/x`, ['subjects', '0', 'name'], 'default'))
      t.equal(alone(attempt), 'no-bindings', describe(attempt));
    t.equal(outcome({ method: 'DELETE', target: `${target}/x` }), 'allowed');
  }
  t.equal(
    outcome({
      method: 'POST',
      target: '/apis/authorization.openshift.io/v1/namespaces/shop/rolebindings',
      body: '{}',
    }),
    'no-bindings',
  );
});

t.test('roles that grant more than is granted', async (t) => {
  const role = (rule: Json) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'x' },
    rules: [rule],
  });
  const target = `${RBAC}/clusterroles`;
  for (const verb of ['*', 'escalate', 'bind', 'impersonate', 'Impersonate', 'impersonate:user-info']) {
    const grant = { verbs: ['get', verb], apiGroups: ['*'], resources: ['*'] };
    for (const attempt of creations(target, role(grant)))
      t.equal(alone(attempt), 'no-escalation', describe(attempt));
    for (const attempt of patches(`${target}/x`, ['rules', '0', 'verbs', '0'], verb))
      t.equal(alone(attempt), 'no-escalation', describe(attempt));
  }
  const gathered = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
  for (const attempt of patches(`${target}/x`, ['aggregationRule'], gathered))
    t.equal(alone(attempt), 'no-escalation', describe(attempt));
  const plain = role({ verbs: ['get', 'binder'], apiGroups: [''], resources: ['pods'] });
  for (const attempt of creations(target, plain)) t.equal(outcome(attempt), 'allowed', describe(attempt));
  const label = JSON.stringify([{ op: 'copy', from: '/metadata/name', path: '/metadata/labels/x' }]);
  t.equal(
    outcome({ method: 'PATCH', target: `${target}/x`, type: 'application/json-patch+json', body: label }),
    'allowed',
  );
});
