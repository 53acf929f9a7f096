/** What keeps the installation itself: its namespace, its marks, its policies, and Pods that are deleted by force. */
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { decide } from '../../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../../sidecar/policy/policy-set.ts';
import { encodeProtobuf, envelope, numeric } from '../../request/body/protobuf.ts';
import { actionOf, alone, creations, describe, INSTALLED, jsonPatches, outcome, patches } from './attack.ts';

const PODS = '/api/v1/namespaces/shop/pods';
const OWN = '/api/v1/namespaces/chaperone';

t.test('nothing in its own namespace, reads included', async (t) => {
  const targets = [
    OWN,
    `${OWN}/pods`,
    `${OWN}/pods/recorder-0`,
    `${OWN}/pods/recorder-0/log`,
    `${OWN}/secrets`,
    `${OWN}/finalize`,
  ].concat([
    `${OWN}/status`,
    '/api/v1/watch/namespaces/chaperone/pods',
    '/apis/apps/v1/namespaces/chaperone/statefulsets/recorder/scale',
    '/apis/example.com/v1/namespaces/chaperone/things',
    '/api/v1/namespaces/ch%61perone/pods',
    '/api/v1/namespaces/CHAPERONE/pods',
  ]);
  for (const target of targets)
    for (const method of target.includes('watch')
      ? ['GET']
      : ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'])
      t.equal(outcome({ method, target }), 'keep-own-namespace', `${method} ${target}`);
  t.equal(alone({ method: 'GET', target: `${OWN}/pods` }), 'allowed');
  t.equal(outcome({ method: 'GET', target: '/api/v1/namespaces/chaperone-2/pods' }), 'allowed');
});

t.test('a list over all namespaces has to leave it out', async (t) => {
  const lists = [
    '/api/v1/pods',
    '/api/v1/secrets',
    '/apis/apps/v1/deployments',
    '/apis/example.com/v1/things',
    '/api/v1/watch/pods',
    '/api/v1/events',
  ];
  for (const target of lists) {
    t.equal(outcome({ method: 'GET', target }), 'keep-own-namespace', target);
    t.equal(outcome({ method: 'GET', target: `${target}?watch=1` }), 'keep-own-namespace', target);
    t.equal(
      outcome({ method: 'DELETE', target: target.replace('/watch', '') }),
      'keep-own-namespace',
      target,
    );
  }
  const selected = (selector: string, target = '/api/v1/pods') =>
    outcome({ method: 'GET', target: `${target}?fieldSelector=${encodeURIComponent(selector)}` });
  for (const selector of [
    'metadata.namespace!=chaperone',
    'status.phase=Running,metadata.namespace!=chaperone',
    'metadata.namespace=shop',
    'metadata.namespace==shop',
  ])
    t.equal(selected(selector), 'allowed', selector);
  for (const selector of [
    'metadata.namespace=chaperone',
    'metadata.namespace!=other',
    'metadata.name=recorder-0',
    'spec.x!=chaperone',
    '',
  ])
    t.equal(selected(selector), 'keep-own-namespace', selector);
  t.equal(
    selected('metadata.namespace!=chaperone', '/api/v1/watch/pods'),
    'keep-own-namespace',
    'which minds no selector',
  );
  for (const target of [
    '/api/v1/nodes',
    '/api/v1/namespaces',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/example.com/v1/widgets',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  ])
    t.equal(outcome({ method: 'GET', target }), 'allowed', target);
  t.equal(outcome({ method: 'GET', target: '/apis/other.example.com/v1/widgets' }), 'keep-own-namespace');
  for (const target of ['/healthz', '/api/v1', '/openapi/v2'])
    t.equal(outcome({ method: 'GET', target }), 'allowed', target);
});

t.test('who is refused is told how to leave it out', async (t) => {
  const set = new PolicySet([], INSTALLED);
  const { reason } = decide(set, actionOf({ method: 'GET', target: '/api/v1/pods' }), {
    user: 'agent',
    groups: [],
    proof: 'signed',
  });
  t.match(reason, '--field-selector metadata.namespace!=chaperone');
});

t.test('no Pod is deleted by force', async (t) => {
  const options = (grace: Json) => ({ apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: grace });
  const bodies = [
    options(0),
    { gracePeriodSeconds: 0 },
    { gracePeriodSeconds: -0 },
    { gracePeriodSeconds: '0' },
    { dryRun: [], gracePeriodSeconds: 0 },
  ];
  for (const target of [`${PODS}/x`, PODS]) {
    for (const body of bodies)
      t.equal(
        outcome({ method: 'DELETE', target, body: JSON.stringify(body) }),
        'no-force-deletion',
        JSON.stringify(body),
      );
    const yaml = 'kind: DeleteOptions\napiVersion: v1\ngracePeriodSeconds: 0x0\n';
    t.equal(outcome({ method: 'DELETE', target, type: 'application/yaml', body: yaml }), 'no-force-deletion');
    for (const apiVersion of ['v1', 'apps/v1', 'policy/v1beta1']) {
      const body = encodeProtobuf({ ...options(0), apiVersion });
      t.equal(
        outcome({ method: 'DELETE', target, type: 'application/vnd.kubernetes.protobuf', body }),
        'no-force-deletion',
        apiVersion,
      );
    }
    for (const query of ['0', '00', '-0', '%2B0'])
      t.equal(
        outcome({ method: 'DELETE', target: `${target}?gracePeriodSeconds=${query}` }),
        'no-force-deletion',
        query,
      );
    t.equal(
      outcome({ method: 'DELETE', target: `${target}?gracePeriodSeconds=0`, body: '{}' }),
      'no-force-deletion',
      'not even where the body outranks it',
    );
  }
  const unknown = envelope('v1', 'DeleteOptions', numeric(77, 1));
  const unreadable = {
    method: 'DELETE',
    target: `${PODS}/x`,
    type: 'application/vnd.kubernetes.protobuf',
    body: unknown,
  };
  t.equal(outcome(unreadable), 'no-force-deletion', 'what cannot be read');
  const eviction = (grace: Json) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'x' },
    deleteOptions: { gracePeriodSeconds: grace },
  });
  for (const attempt of creations(`${PODS}/x/eviction`, eviction(0)))
    t.equal(outcome(attempt), 'no-force-deletion', describe(attempt));
  const beta = encodeProtobuf({ ...eviction(0), apiVersion: 'policy/v1beta1' });
  t.equal(
    outcome({
      method: 'POST',
      target: `${PODS}/x/eviction`,
      type: 'application/vnd.kubernetes.protobuf',
      body: beta,
    }),
    'no-force-deletion',
  );
  for (const attempt of creations(`${PODS}/x/eviction`, eviction(30)))
    t.equal(outcome(attempt), 'allowed', describe(attempt));
  for (const body of ['', '{}', '{"gracePeriodSeconds":1}', '{"gracePeriodSeconds":null}'])
    t.equal(outcome({ method: 'DELETE', target: `${PODS}/x`, body }), 'allowed', body);
  t.equal(
    outcome({ method: 'DELETE', target: '/api/v1/namespaces/shop/configmaps/x?gracePeriodSeconds=0' }),
    'allowed',
  );
  t.equal(alone({ method: 'DELETE', target: `${PODS}/x?gracePeriodSeconds=0` }), 'allowed');
});

t.test('an agent does not write the policies that it is judged by', async (t) => {
  const policies = '/apis/chaperone.dev/v1alpha1/agentpolicies';
  for (const [method, target] of [
    ['POST', policies],
    ['PUT', `${policies}/x`],
    ['PATCH', `${policies}/x`],
    ['DELETE', `${policies}/x`],
    ['DELETE', policies],
  ] as const)
    t.equal(alone({ method, target }), 'keep-policies', `${method} ${target}`);
  t.equal(outcome({ method: 'GET', target: `${policies}/x` }), 'allowed');
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    t.equal(alone({ method, target: `${crds}/agentpolicies.chaperone.dev` }), 'keep-policies', method);
  t.equal(alone({ method: 'DELETE', target: crds }), 'keep-policies');
  t.equal(
    alone({ method: 'POST', target: crds, body: '{"spec":{"group":"chaperone.dev"}}' }),
    'keep-policies',
  );
  t.equal(alone({ method: 'POST', target: crds, body: '{"spec":{"group":"example.com"}}' }), 'allowed');
});

t.test('the mark on a namespace stays', async (t) => {
  const target = '/api/v1/namespaces/shop';
  const key = 'chaperone.dev/guarded';
  const patch = (type: string, body: Json) =>
    outcome({ method: 'PATCH', target, type, body: JSON.stringify(body) });
  const merge = 'application/merge-patch+json';
  const strategic = 'application/strategic-merge-patch+json';
  for (const attempt of patches(target, ['metadata', 'labels', key], 'false'))
    t.equal(outcome(attempt), 'keep-guard-mark', describe(attempt));
  for (const attempt of jsonPatches(`${target}/finalize`, ['metadata', 'labels', key], 'false'))
    t.equal(outcome(attempt), 'keep-guard-mark', describe(attempt));
  for (const body of [
    { metadata: { labels: { [key]: null } } },
    { metadata: { labels: null } },
    { metadata: null },
  ]) {
    t.equal(patch(merge, body), 'keep-guard-mark');
    t.equal(patch(strategic, body), 'keep-guard-mark');
  }
  for (const place of [
    { metadata: { labels: { $patch: 'replace', a: 'b' } } },
    { metadata: { $patch: 'replace' } },
    { $patch: 'replace' },
    { metadata: { $retainKeys: ['name'] } },
  ])
    t.equal(patch(strategic, place), 'keep-guard-mark', JSON.stringify(place));
  const gone = [
    { op: 'remove', path: '/metadata/labels' },
    { op: 'remove', path: '/metadata/labels/chaperone.dev~1guarded' },
    { op: 'move', from: '/metadata/labels/chaperone.dev~1guarded', path: '/metadata/labels/x' },
    { op: 'move', from: '/metadata/labels', path: '/metadata/annotations' },
    { op: 'replace', path: '/metadata/labels', value: {} },
    { op: 'copy', from: '/metadata/annotations', path: '/metadata/labels' },
    { op: 'replace', path: '', value: {} },
    { op: 'unknown', path: '/metadata/annotations/x' },
    { op: 'replace' },
    { op: 'move', path: '/metadata/annotations/x' },
  ];
  for (const one of gone)
    t.equal(patch('application/json-patch+json', [one]), 'keep-guard-mark', JSON.stringify(one));
  t.equal(patch('application/json-patch+json', { op: 'add' }), 'keep-guard-mark');
  for (const method of ['PUT']) {
    for (const rest of ['', '/finalize', '/status']) {
      t.equal(
        outcome({ method, target: target + rest, body: '{"metadata":{"name":"shop","labels":{"a":"b"}}}' }),
        'keep-guard-mark',
        rest,
      );
      t.equal(
        outcome({
          method,
          target: target + rest,
          body: `{"metadata":{"name":"shop","labels":{"${key}":"true"}}}`,
        }),
        'allowed',
        rest,
      );
    }
    const bytes = encodeProtobuf({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    t.equal(
      outcome({ method, target, type: 'application/vnd.kubernetes.protobuf', body: bytes }),
      'keep-guard-mark',
    );
  }
  t.equal(patch(merge, { metadata: { labels: { a: 'b' } } }), 'allowed');
  t.equal(patch(strategic, { metadata: { labels: { a: null } } }), 'allowed');
  t.equal(
    patch('application/json-patch+json', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]),
    'allowed',
  );
  t.equal(
    outcome({ method: 'POST', target: '/api/v1/namespaces', body: '{"metadata":{"name":"new"}}' }),
    'allowed',
  );
  t.equal(alone({ method: 'PUT', target, body: '{"metadata":{"name":"shop"}}' }), 'allowed');
});
