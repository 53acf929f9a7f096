/** Whether a write changes the number of replicas, as a server's dry run shows; the finding holds when the write is made. */
import t from 'tap';
import type { Json, KubeAction } from '../../../../sidecar/action.ts';
import { decide } from '../../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../../sidecar/policy/policy-set.ts';
import { policySchema } from '../../../../sidecar/policy/schema.ts';
import type { MediaType } from '../../../../sidecar/request/media-type.ts';
import { type ProbeUpstream, probe as probeWrite } from '../../../../sidecar/request/probe.ts';
import { dependsOnScale } from '../../../../sidecar/request/scale/probe.ts';
import {
  builtInReplicas,
  mayScale,
  parseReplicasPath,
  replicasIn,
} from '../../../../sidecar/request/scale/replicas.ts';
import { boundTo, stateOf } from '../../../../sidecar/request/trial/preconditions.ts';
import type { Answer, Question } from '../../../../sidecar/request/trial/trial.ts';
import { type Attempt, actionOf } from '../../policy/builtin-api/attack.ts';

const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';
const MERGE = 'application/merge-patch+json';
const state = { uid: 'u-1', resourceVersion: '7' };
const deployment = (replicas: Json, metadata = state): Json => ({
  metadata: { name: 'web', ...metadata },
  spec: { replicas },
});

const patch = (body: Json, type = MERGE, target = WEB): Attempt => ({
  method: 'PATCH',
  target,
  type,
  body: JSON.stringify(body),
});

/** Answers in turn, and what was asked. */
function upstream(
  answers: Answer[],
  replicasPath?: string[] | null,
): { port: ProbeUpstream; asked: Question[] } {
  const asked: Question[] = [];
  const ask = async (request: Question) => {
    asked.push(request);
    return answers.shift() ?? said(500, null);
  };
  return { asked, port: { ask, replicasPath: async () => replicasPath, servesItself: async () => false } };
}

const said = (status: number, object: Json): Answer => {
  const body = Buffer.from(JSON.stringify(object));
  return { status, object, heard: { status, headers: [], body } };
};
const ok = (object: Json) => said(200, object);
const refusal = (code: number, message = '') => said(code, { kind: 'Status', code, message });
const at = (resourceVersion: string, replicas = 3) =>
  ok(deployment(replicas, { uid: 'u-1', resourceVersion }));
const NO_ANSWER: Answer = { status: 0, object: null, heard: null };

async function probe(attempt: Attempt, answers: Answer[], path?: string[] | null) {
  const { port, asked } = upstream(answers, path);
  const action = actionOf(attempt);
  const forward = Buffer.from(`${attempt.body ?? ''}`);
  const wanted = { scale: true, objects: false, effect: null };
  const found = await probeWrite({ action, forward }, wanted, port);
  const { scales, unknown } = found.action;
  const finding = { ...found, scales, unknown: unknown.at(-1) ?? null };
  return { finding, asked, sent: asked.map(({ method, uri }) => `${method} ${uri}`) };
}

t.test('asks for the object, then for a dry run bound to the state that it was in', async (t) => {
  const { finding, asked, sent } = await probe(
    patch({ spec: { replicas: null } }, MERGE, `${WEB}?fieldManager=a+b&dryRun=`),
    [ok(deployment(3)), ok(deployment(1))],
  );
  t.same(sent, [`GET ${WEB}`, `PATCH ${WEB}?fieldManager=a+b&dryRun=All`]);
  t.match(finding, { scales: 'yes', unknown: null });
  const bound = { spec: { replicas: null }, metadata: state };
  t.same(JSON.parse(Buffer.from(asked[1]!.body!.bytes).toString()), bound);
  t.same(JSON.parse(Buffer.from(finding.bound!.body).toString()), bound, 'which is what goes on');
});

t.test('the same number is no scaling', async (t) => {
  const { finding } = await probe(patch({ metadata: { labels: { a: 'b' } } }), [
    ok(deployment(3)),
    ok(deployment(3)),
  ]);
  t.match(finding, { scales: 'no', unknown: null });
  t.same(finding.bound?.overtakenBy, [409]);
});

t.test('starts again where the object has changed, and not for ever', async (t) => {
  const again = await probe(patch({ spec: { paused: true } }), [
    ...[at('7'), refusal(409)],
    ...[at('8', 4), at('9', 4)],
  ]);
  t.match(again.finding, { scales: 'no', refusal: null });
  t.match(JSON.parse(Buffer.from(again.finding.bound!.body).toString()), {
    metadata: { resourceVersion: '8' },
  });
  const never = await probe(
    patch({}),
    [1, 2, 3, 4, 5, 6].flatMap((version) => [at(`${version}`), refusal(409)]),
  );
  t.match(never.finding, { scales: 'unknown', unknown: /faster/, refusal: null });
  const ops = [{ op: 'replace', path: '/spec/replicas', value: 4 }];
  const json = await probe(patch(ops, 'application/json-patch+json'), [
    ...[at('7'), refusal(422)],
    ...[at('8', 3), at('9', 4)],
  ]);
  t.match(
    json.finding,
    { scales: 'yes', bound: { overtakenBy: [409, 422] } },
    'a test of a JSON patch fails',
  );
});

t.test('what the server refuses as the object stands is its answer, and no scaling', async (t) => {
  const found = async (attempt: Attempt, answers: Answer[]) => (await probe(attempt, answers)).finding;
  const refusing = { scales: 'no', unknown: null, bound: null };
  const invalid = refusal(422, 'spec.replicas: Invalid value: -1');
  t.match(await found(patch({ spec: { replicas: -1 } }), [at('7'), invalid]), {
    ...refusing,
    refusal: invalid.heard,
  });
  t.match(await found(patch({}), [refusal(404), refusal(404)]), { ...refusing, refusal: { status: 404 } });
  const conflict = refusal(409, 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas');
  t.match(await found(patch({}), [at('7'), conflict, at('7')]), { ...refusing, refusal: conflict.heard });
  const stale = {
    kind: 'Deployment',
    metadata: { name: 'web', resourceVersion: '6' },
    spec: { replicas: 9 },
  };
  const put = { method: 'PUT', target: WEB, body: JSON.stringify(stale) };
  t.match(await found(put, [at('7'), refusal(409)]), { ...refusing, refusal: { status: 409 } });
  t.match(
    await found(put, [at('7'), at('7')]),
    { scales: 'unknown', bound: null },
    'nor is a finding believed that cannot be held',
  );
});

t.test('what cannot be told is unknown', async (t) => {
  const unknown = async (...answers: Answer[]) =>
    t.match((await probe(patch({}), answers)).finding, { scales: 'unknown', refusal: null, bound: null });
  await unknown(NO_ANSWER, NO_ANSWER);
  await unknown(at('7'), refusal(503));
  await unknown(at('7'), NO_ANSWER);
  await unknown(ok({ spec: { replicas: 3 } }), at('7'));
  await unknown(at('7'), said(200, null));
  // The write itself might be done.
  await unknown(at('7'), refusal(400, 'admission webhook "x.example" does not support dry run'));
});

t.test('an object that an apply makes had no replicas', async (t) => {
  const apply = {
    method: 'PATCH',
    target: `${WEB}?fieldManager=x`,
    type: 'application/apply-patch+yaml',
    body: 'kind: Deployment\nspec: {replicas: 2}\n',
  };
  t.match((await probe(apply, [said(404, null), said(201, deployment(2))])).finding, {
    scales: 'no',
    bound: null,
  });
});

t.test('resources that are not built in say where', async (t) => {
  const target = '/apis/example.com/v1/namespaces/shop/rollouts/web';
  const rollout = (size: Json): Json => ({ metadata: state, spec: { size } });
  const answers = () => [ok(rollout(3)), ok(rollout(4))];
  t.match((await probe(patch({}, MERGE, target), answers(), ['spec', 'size'])).finding, { scales: 'yes' });
  t.match(
    (await probe(patch({}, MERGE, target), [ok({ metadata: state }), ok(rollout(0))], ['spec', 'size']))
      .finding,
    { scales: 'yes' },
    'from nothing said to none',
  );
  const none = await probe(patch({}, MERGE, target), answers(), null);
  t.match(none.finding, { scales: 'no' });
  t.equal(none.asked.length, 0);
  t.match((await probe(patch({}, MERGE, target), answers())).finding, {
    scales: 'unknown',
    unknown: /whether this resource/,
  });
});

t.test('most requests need no probe', async (t) => {
  const may = (attempt: Attempt) => mayScale(actionOf(attempt));
  t.ok(may(patch({})));
  t.ok(may({ method: 'PUT', target: '/api/v1/namespaces/shop/replicationcontrollers/web' }));
  t.ok(may(patch({}, MERGE, '/apis/cluster.x-k8s.io/v1/namespaces/shop/machinesets/x')));
  for (const attempt of [
    { method: 'GET', target: WEB },
    { method: 'DELETE', target: WEB },
    { method: 'POST', target: '/apis/apps/v1/namespaces/shop/deployments' },
    patch({}, MERGE, `${WEB}?dryRun=All`),
    patch({}, MERGE, `${WEB}/status`),
    patch({}, MERGE, `${WEB}/scale`),
    patch({}, MERGE, '/apis/apps/v1/namespaces/shop/daemonsets/x'),
    patch({}, MERGE, '/api/v1/namespaces/shop/configmaps/x'),
  ])
    t.notOk(may(attempt), `${attempt.method} ${attempt.target}`);
});

t.test('nor where no rule asks for it', async (t) => {
  const judge = (match: object) => {
    const spec = { defaults: { api: 'allow' }, api: [{ name: 'r', effect: 'deny', match, reason: 'No.' }] };
    const policy = policySchema.parse({
      apiVersion: 'chaperone.dev/v1alpha1',
      kind: 'AgentPolicy',
      metadata: { name: 'p' },
      spec,
    });
    return (action: KubeAction) =>
      decide(new PolicySet([policy]), action, { user: 'agent', groups: [], proof: 'signed' });
  };
  const action = actionOf(patch({ metadata: { labels: { a: 'b' } } }));
  t.ok(dependsOnScale(action, judge({ verbs: ['scale'] })));
  t.ok(dependsOnScale(action, judge({ verbs: ['scale'], namespaces: ['shop'] })));
  t.notOk(dependsOnScale(action, judge({ verbs: ['scale'], namespaces: ['prod'] })));
  t.notOk(dependsOnScale(action, judge({ verbs: ['delete'] })));
  t.notOk(dependsOnScale(action, judge({ verbs: ['patch', 'scale'] })), 'refused either way');
});

t.test('a write is bound in the way of its encoding, or not at all', async (t) => {
  const bound = (type: MediaType, body: Json) => {
    const bytes = boundTo(state, type, body);
    return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString());
  };
  t.same(bound('application/json-patch+json', [{ op: 'remove', path: '/spec/replicas' }]), [
    { op: 'test', path: '/metadata/uid', value: 'u-1' },
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'remove', path: '/spec/replicas' },
  ]);
  for (const type of [
    'application/json',
    'application/yaml',
    MERGE,
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  ] as MediaType[]) {
    t.same(
      bound(type, { metadata: { name: 'web', uid: '' } }),
      { metadata: { name: 'web', ...state } },
      type,
    );
    t.same(bound(type, { metadata: state }), { metadata: state });
    for (const other of [
      { metadata: { uid: 'u-2' } },
      { metadata: { resourceVersion: '6' } },
      { metadata: { resourceVersion: null } },
      { metadata: null },
      [],
      null,
    ])
      t.equal(bound(type, other as Json), null, `${type} ${JSON.stringify(other)}`);
  }
  t.equal(bound('application/json-patch+json', {}), null);
  t.equal(bound('application/vnd.kubernetes.protobuf', { metadata: {} }), null);
  t.same(stateOf(deployment(1)), state);
  for (const object of [null, {}, { metadata: { uid: 'u' } }, { metadata: null }, []] as Json[])
    t.equal(stateOf(object), null);
});

t.test('where the number stands', async (t) => {
  t.same(builtInReplicas('apps', 'statefulsets'), ['spec', 'replicas']);
  t.equal(builtInReplicas('apps', 'daemonsets'), null);
  t.equal(builtInReplicas('example.com', 'deployments'), undefined);
  t.same(parseReplicasPath('.spec.replicas'), ['spec', 'replicas']);
  for (const path of ['spec.replicas', '.spec[0].x', '', '.', '.spec..x', '.spec.replicas\n'])
    t.equal(parseReplicasPath(path), null, path);
  t.equal(replicasIn({ spec: { replicas: 0 } }, ['spec', 'replicas']), 0);
  for (const object of [{}, { spec: null }, { spec: [] }, 'x', null] as Json[])
    t.equal(replicasIn(object, ['spec', 'replicas']), null);
});
