/** Bodies of every encoding, and whether the server would change anything; what a real kubectl sent is all understood. */
import t from 'tap';
import type { Json } from '../../../sidecar/action.ts';
import { classify } from '../../../sidecar/request/classify.ts';
import type { RefusalCode } from '../../../sidecar/request/refusal.ts';
import { type Understood, understand } from '../../../sidecar/request/understand.ts';
import { restRequests } from '../../kube-captures/rest.ts';
import { refusalOf } from './unfit.ts';

type Sent = { method?: string; target?: string; type?: string; body?: string | Uint8Array };

function action({
  method = 'POST',
  target = '/api/v1/namespaces/x/configmaps',
  type = 'application/json',
  body = '',
}: Sent): Understood {
  const bytes = Buffer.from(body);
  const headers = ['Content-Length', `${bytes.length}`, 'Content-Type', type];
  return understand(classify(method, target, headers), bytes);
}

const refusal = (sent: Sent): RefusalCode | null => refusalOf(() => action(sent))?.code ?? null;

t.test('JSON that two parsers could read in two ways is refused', async (t) => {
  t.equal(refusal({ body: '{"a":1,"a":2}' }), 'body-duplicate');
  t.equal(refusal({ body: '{"a":{"b":[{"c":1,"\\u0063":2}]}}' }), 'body-duplicate');
  t.equal(refusal({ body: '{"__proto__":1,"__proto__":2}' }), 'body-duplicate');
  t.equal(refusal({ body: '{"\\ud800":1}' }), 'body-duplicate');
  t.equal(refusal({ body: `${'['.repeat(201)}${']'.repeat(201)}` }), 'body-depth');
  t.equal(refusal({ body: '['.repeat(1_000_000) }), 'body-depth');
  for (const body of ['{', '{} {}', '\ufeff{}', "{'a':1}", '{a:1}', '[1,]', 'NaN', '{"a":"\n"}', '//x\n{}'])
    t.equal(refusal({ body }), 'body-syntax', body);
  t.equal(refusal({ body: Buffer.from('7b2261223a22ff227d', 'hex') }), 'body-syntax');
  t.same(action({ body: '{"a":"{\\"a\\":1}","b":{"a":1},"c":[{"a":1},{"a":1}]}' }).body?.object, {
    a: '{"a":1}',
    b: { a: 1 },
    c: [{ a: 1 }, { a: 1 }],
  });
  t.equal(refusal({ body: `"${'x'.repeat(5_000_000)}"` }), 'body-size');
});

t.test('YAML is read once, by us: it goes on as JSON', async (t) => {
  const apply = (body: string) => ({
    method: 'PATCH',
    type: 'application/apply-patch+yaml',
    target: '/api/v1/namespaces/x/pods/p',
    body,
  });
  const { body } = action(apply('kind: Pod\nspec:\n  hostPID: yes\n  n: 0x10\n  s: "a"\n'));
  t.same(body?.object, { kind: 'Pod', spec: { hostPID: 'yes', n: 16, s: 'a' } });
  t.equal(Buffer.from(body!.forward).toString(), '{"kind":"Pod","spec":{"hostPID":"yes","n":16,"s":"a"}}');
  const json = action(apply('{"kind":"Pod"}')).body!;
  t.equal(Buffer.from(json.forward).toString(), '{"kind":"Pod"}');
  t.equal(refusal(apply('a: 1\na: 2\n')), 'body-duplicate');
  t.equal(refusal(apply('{"a":1,"a":2}')), 'body-duplicate');
  for (const broken of [
    'a: 1\n---\nb: 2\n',
    'a: *x',
    '? [a]\n: b',
    'a: !!js/x 1',
    'a: 123456789012345678901',
    'a: .nan',
    '\t- a',
  ])
    t.equal(refusal(apply(broken)), 'body-syntax', broken);
  t.equal(refusal(apply(`${'- '.repeat(300)}a`)), 'body-depth');
  const laughs = [
    'a0: &a0 [x]',
    ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]`),
  ];
  t.equal(refusal(apply(laughs.join('\n'))), 'body-syntax');
});

t.test('a body has to be announced', async (t) => {
  const head = classify('DELETE', '/api/v1/namespaces/x/pods/p', []);
  t.equal(refusalOf(() => understand(head, Buffer.from('{}')))?.code, 'body-unexpected');
});

t.test('a dry run is one only if the options say so that the server uses', async (t) => {
  const pod = '/api/v1/namespaces/x/pods/p';
  const dry = (method: string, target: string, body?: Json) =>
    action({
      method,
      target,
      body: body === undefined ? '' : JSON.stringify(body),
      ...(method === 'PATCH' && { type: 'application/merge-patch+json' }),
    }).dryRun;
  t.ok(dry('DELETE', `${pod}?dryRun=All`));
  t.notOk(dry('DELETE', `${pod}?dryRun=All`, {}), 'an empty body replaces the query');
  t.notOk(dry('DELETE', `${pod}?dryRun=All`, { kind: 'DeleteOptions', apiVersion: 'v1' }));
  t.ok(dry('DELETE', pod, { dryRun: ['All'] }));
  t.ok(dry('DELETE', '/api/v1/namespaces/x/pods', { dryRun: ['All'] }));
  for (const value of ['All', [], null, ['all'], ['All', 'x'], true, { 0: 'All' }] as Json[])
    t.notOk(dry('DELETE', pod, { dryRun: value }), JSON.stringify(value));
  for (const query of ['', 'all', 'true', 'All,All']) t.notOk(dry('DELETE', `${pod}?dryRun=${query}`), query);
  t.notOk(dry('DELETE', `${pod}?dryrun=All`));
  for (const method of ['PUT', 'PATCH']) {
    t.ok(dry(method, `${pod}?dryRun=All`, {}));
    t.notOk(dry(method, pod, { dryRun: ['All'] }));
  }
  t.ok(dry('POST', '/api/v1/namespaces/x/pods?dryRun=All', {}));
  const evict = (query: string, deleteOptions: Json) =>
    dry('POST', `${pod}/eviction${query}`, { kind: 'Eviction', deleteOptions });
  t.ok(evict('', { dryRun: ['All'] }));
  t.ok(evict('?dryRun=All', {}));
  t.ok(evict('?dryRun=All', null));
  t.ok(evict('?dryRun=All', { dryRun: [] }));
  t.notOk(evict('?dryRun=All', { dryRun: ['None'] }));
  t.notOk(evict('', { dryRun: ['None'] }));
  t.notOk(dry('POST', `${pod}/exec?dryRun=None&command=ls`));
  t.notOk(dry('GET', `${pod}?dryRun=All`));
});

t.test('whether it scales is not known before a probe', async (t) => {
  const scales = (method: string, target: string) =>
    action({
      method,
      target,
      body: '{}',
      ...(method === 'PATCH' && { type: 'application/merge-patch+json' }),
    }).scales;
  const web = '/apis/apps/v1/namespaces/x/deployments/web';
  t.equal(scales('PATCH', web), 'unknown');
  t.equal(scales('PUT', '/apis/example.com/v1/namespaces/x/rollouts/web'), 'unknown');
  t.equal(scales('PATCH', `${web}?dryRun=All`), 'no');
  t.equal(scales('PATCH', '/api/v1/namespaces/x/configmaps/web'), 'no');
});

/** What the README of the captures says of the scenario. */
const EXPECTED: Record<string, string[]> = {
  'rest-evict': ['create pods/eviction demo/box dry'],
  'rest-dry-run-delete': ['delete deployments demo/web dry'],
  'rest-scale': ['get deployments demo/web', 'patch deployments/scale demo/web'],
  'rest-patch-replicas': ['get deployments demo/web', 'patch deployments demo/web'],
  'rest-watch': ['list pods demo/-', 'watch pods demo/-'],
  'rest-create': ['create configmaps demo/-'],
  'rest-auth-can-i': ['create selfsubjectrulesreviews -/-'],
  'rest-logs-follow': [
    'get deployments demo/web',
    'list pods demo/-',
    'get pods/log demo/web-7fb75d7fd9-mrvpw',
  ],
  'rest-list-limit': ['list serviceaccounts kube-system/-'],
  'rest-gzip-list': ['get /openapi/v2', 'list clusterroles -/-'],
};

t.test('what a real kubectl sent', async (t) => {
  const seen = new Map<string, string[]>();
  for (const { name, scenario, method, target, rawHeaders, body } of restRequests()) {
    const head = classify(method, target, rawHeaders);
    const { request, dryRun, uri, client, body: read } = understand(head, body);
    t.equal(uri, target, `${name} is forwarded as it came`);
    t.same(read === null ? Buffer.alloc(0) : read.forward, body, `${name} body`);
    if (!rawHeaders.some((value) => value.startsWith('curl')))
      t.match(client, { agent: /^kubectl\/v1\.36/, run: /^[-0-9a-f]{36}$/ });
    t.equal(head.impersonates, scenario === 'rest-forbidden-as', name);
    const what = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
    const place =
      request.resource === '' ? request.path : `${what} ${request.namespace || '-'}/${request.name || '-'}`;
    const line = `${request.verb} ${place}${dryRun ? ' dry' : ''}`;
    seen.set(scenario, [...(seen.get(scenario) ?? []), line]);
  }
  t.equal(seen.size, 22);
  for (const [scenario, lines] of Object.entries(EXPECTED)) t.same(seen.get(scenario), lines, scenario);
});
