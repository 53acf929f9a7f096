/** What the API server takes a request for: its own table, what it refuses, and what is forwarded. */
import fc from 'fast-check';
import t from 'tap';
import { classify, type RequestHead } from '../../../sidecar/request/classify.ts';
import type { RefusalCode } from '../../../sidecar/request/refusal.ts';
import { refusalOf } from './unfit.ts';

const SEED = 20261122;

function head(method: string, target: string, headers: string[] = []): RequestHead {
  return classify(method, target, headers);
}

const refusal = (method: string, target: string): RefusalCode | null =>
  refusalOf(() => classify(method, target, []))?.code ?? null;

/** `verb group/version resource[/subresource] namespace/name`, `-` for what is empty. */
function said({ request }: RequestHead): string {
  const { verb, group, version, resource, subresource, namespace, name, path } = request;
  if (resource === '') return `${verb} ${path}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  return `${verb} ${group || '-'}/${version} ${what} ${namespace || '-'}/${name || '-'}`;
}

const RESOURCES: readonly (readonly [method: string, target: string, expected: string])[] = [
  ['GET', '/api/v1/namespaces', 'list -/v1 namespaces -/-'],
  ['GET', '/api/v1/namespaces/other', 'get -/v1 namespaces other/other'],
  ['DELETE', '/api/v1/namespaces/other', 'delete -/v1 namespaces other/other'],
  ['GET', '/api/v1/namespaces/other/pods', 'list -/v1 pods other/-'],
  ['GET', '/api/v1/namespaces/other/pods/foo', 'get -/v1 pods other/foo'],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get -/v1 pods other/foo'],
  ['GET', '/api/v1/pods', 'list -/v1 pods -/-'],
  ['HEAD', '/api/v1/pods', 'list -/v1 pods -/-'],
  ['GET', '/api/v1/nodes/n1', 'get -/v1 nodes -/n1'],
  ['GET', '/api/v1/proxy/namespaces/other/pods/foo', 'proxy -/v1 pods other/foo'],
  ['POST', '/api/v1/proxy/namespaces/other/pods/foo/sub/path', 'proxy -/v1 pods other/foo'],
  ['GET', '/api/v1/proxy/nodes/n1', 'proxy -/v1 nodes -/n1'],
  ['GET', '/api/v1/watch/pods', 'watch -/v1 pods -/-'],
  ['GET', '/api/v1/watch/namespaces/other/pods', 'watch -/v1 pods other/-'],
  ['GET', '/api/v1/watch/namespaces/other/pods/foo', 'watch -/v1 pods other/foo'],
  ['GET', '/api/v1/watch/namespaces', 'watch -/v1 namespaces -/-'],
  ['GET', '/apis/g/v1/watch/things?fieldSelector=metadata.name%3Dfoo', 'watch g/v1 things -/-'],
  ['GET', '/api/v1/pods?watch=true', 'watch -/v1 pods -/-'],
  ['GET', '/api/v1/pods?watch', 'watch -/v1 pods -/-'],
  ['GET', '/api/v1/pods?watch=yes', 'watch -/v1 pods -/-'],
  ['GET', '/api/v1/pods?watch=false', 'list -/v1 pods -/-'],
  ['GET', '/api/v1/pods?watch=FALSE', 'list -/v1 pods -/-'],
  ['GET', '/api/v1/pods?Watch=true', 'list -/v1 pods -/-'],
  ['GET', '/api/v1/namespaces/other/pods?watch=1', 'watch -/v1 pods other/-'],
  ['GET', '/api/v1/namespaces/other/pods?watch=0', 'list -/v1 pods other/-'],
  ['GET', '/api/v1/namespaces/other/pods/foo?watch=1', 'get -/v1 pods other/foo'],
  ['GET', '/api/v1/namespaces/other/pods/foo/status', 'get -/v1 pods/status other/foo'],
  ['GET', '/api/v1/namespaces/other/pods/foo/proxy/sub/path', 'get -/v1 pods/proxy other/foo'],
  ['PUT', '/api/v1/namespaces/other/finalize', 'update -/v1 namespaces/finalize other/other'],
  ['PUT', '/api/v1/namespaces/other/status', 'update -/v1 namespaces/status other/other'],
  ['PUT', '/apis/g/v1/namespaces/other/status', 'update g/v1 namespaces/status other/other'],
  ['PATCH', '/api/v1/namespaces/other/pods/foo', 'patch -/v1 pods other/foo'],
  ['DELETE', '/api/v1/namespaces/other/pods/foo', 'delete -/v1 pods other/foo'],
  ['POST', '/api/v1/namespaces/other/pods', 'create -/v1 pods other/-'],
  ['POST', '/api/v1/namespaces/other/pods/foo/eviction', 'create -/v1 pods/eviction other/foo'],
  ['GET', '/api/v1/namespaces/other/pods/foo/exec?command=ls', 'get -/v1 pods/exec other/foo'],
  ['POST', '/api/v1/namespaces/other/pods/foo/exec?command=ls', 'create -/v1 pods/exec other/foo'],
  ['DELETE', '/api/v1/nodes', 'deletecollection -/v1 nodes -/-'],
  ['DELETE', '/api/v1/namespaces', 'deletecollection -/v1 namespaces -/-'],
  ['DELETE', '/api/v1/namespaces/other/pods', 'deletecollection -/v1 pods other/-'],
  ['DELETE', '/apis/extensions/v1/namespaces/o/pods', 'deletecollection extensions/v1 pods o/-'],
  ['DELETE', '/api/v1/pods?fieldSelector=metadata.name%3Da', 'deletecollection -/v1 pods -/-'],
  ['POST', '/apis/extensions/v1beta3/namespaces/o/pods', 'create extensions/v1beta3 pods o/-'],
  ['PATCH', '/apis/apps/v1/namespaces/o/deployments/web/scale', 'patch apps/v1 deployments/scale o/web'],
  ['GET', '/apis/g/v1/things?fieldSelector=metadata.name=n1', 'list g/v1 things -/n1'],
  ['GET', '/apis/g/v1/things?fieldSelector=metadata.name==n1', 'list g/v1 things -/n1'],
  ['GET', '/apis/g/v1/things?watch=true&fieldSelector=metadata.name%3Dn1', 'watch g/v1 things -/n1'],
  ['GET', '/apis/g/v1/things?fieldSelector=a=b,metadata.name=n1', 'list g/v1 things -/n1'],
  ['GET', '/apis/g/v1/things?fieldSelector=a=b,metadata.name%3Dn%5C,1', 'list g/v1 things -/n,1'],
  ['GET', '/apis/g/v1/things?fieldSelector=metadata.name!=n1', 'list g/v1 things -/-'],
  ['GET', '/apis/g/v1/things?fieldSelector=foo=bar&labelSelector=baz=qux', 'list g/v1 things -/-'],
  ['GET', '/apis/g/v1/things?fieldSelector=metadata.name=a%252fb', 'list g/v1 things -/-'],
  ['GET', '/apis/g/v1/things/name?fieldSelector=metadata.name=other', 'get g/v1 things -/name'],
  ['GET', '/api/v1/namespaces/o/pods/%66oo', 'get -/v1 pods o/foo'],
  ['GET', '/api/v1/namespaces/o/pods/foo%3Abar', 'get -/v1 pods o/foo:bar'],
  [
    'GET',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
    'get rbac.authorization.k8s.io/v1 clusterroles -/system:node',
  ],
];

const OTHERS = [
  '/',
  '/api',
  '/api/v1',
  '/api/v1/',
  '/apis',
  '/apis/',
  '/apis/apps',
  '/apis/apps/v1',
  '/apis/apps/v1/',
].concat([
  '/healthz',
  '/livez/etcd',
  '/version',
  '/openapi/v3/api/v1',
  '/not-api/v1/pods',
  '/API/v1/pods',
  '/apis/v1/pods',
  '/debug/pprof/',
]);

t.test('resources, as the API server tells them', async (t) => {
  for (const [method, target, expected] of RESOURCES)
    t.equal(said(head(method, target)), expected, `${method} ${target}`);
});

t.test('what is for no resource has a path, and the method for a verb', async (t) => {
  for (const path of OTHERS) {
    t.equal(said(head('GET', path)), `get ${path}`);
    t.equal(said(head('POST', path)), `post ${path}`);
  }
});

const REFUSED: readonly (readonly [code: RefusalCode, method: string, ...targets: string[]])[] = [
  ['method', 'CONNECT', '/api/v1/pods'],
  ['method', 'OPTIONS', '/api/v1/pods'],
  ['method', 'get', '/api/v1/pods'],
  ['method', 'DELETE', '/api/v1/watch/pods'],
  ['method', '__proto__', '/'],
  [
    'target-form',
    'GET',
    'http://other/api/v1/pods',
    'other:443',
    '*',
    '',
    'api/v1',
    '/api/v1/pods#x',
    '/a b',
    '/caf\u00e9',
    '/a\0',
  ],
  ['target-form', 'GET', '?watch=true', '\\api\\v1'],
  [
    'path-segment',
    'GET',
    '//api/v1/pods',
    '/api//v1/pods',
    '/api/v1/pods//',
    '//',
    '/api/v1/pods/',
    '/api/v1/namespaces/x/',
  ],
  ['path-segment', 'GET', '/api/v1/./pods', '/api/v1/../v1/pods', '/api/v1/%2e%2e/pods', '/api/v1/pods/%2E'],
  [
    'path-segment',
    'GET',
    '/api/v1/namespaces/x/pods/x%2Flog',
    '/api/v1/namespaces/x/secrets%2Fname',
    '/%2Fapi/v1/pods',
  ],
  [
    'path-segment',
    'GET',
    '/api/v1/namespaces/x/pods/a%5Cb',
    '/api/v1/a\\b',
    '/api/v1/pods/%00',
    '/api/v1/pods/a%0d%0ab',
    '/api/v1/%252e%252e/pods',
  ],
  ['path-segment', 'GET', '/api/v1/pods/a%E2%80%AEb', '/api/v1/pods/%7F', '/api/v1/pods/%EF%BB%BFa'],
  [
    'path-encoding',
    'GET',
    '/api/v1/pods/%',
    '/api/v1/pods/%zz',
    '/api/v1/pods/%ff',
    '/api/v1/pods/%c0%af',
    '/api/v1/pods/%ed%a0%80',
  ],
  ['path-shape', 'GET', '/api/v1/watch', '/api/v1/proxy', '/apis/apps/v1/watch'],
  [
    'query-encoding',
    'GET',
    '/api/v1/pods?watch=true;x=1',
    '/api/v1/pods?a=%',
    '/api/v1/pods?a=%ff',
    '/api/v1/pods?a=%00',
  ],
  ['query-duplicate', 'GET', '/api/v1/pods?watch=false&watch=true', '/api/v1/pods?watch&w%61tch=0'],
  [
    'query-duplicate',
    'DELETE',
    '/api/v1/pods?dryRun=All&dryRun=All',
    '/api/v1/pods?gracePeriodSeconds=1&gracePeriodSeconds=0',
  ],
  [
    'query-duplicate',
    'POST',
    '/api/v1/namespaces/x/pods/p/exec?container=a&container=b',
    '/api/v1/namespaces/x/pods/p/exec?stdin=1&stdin=0',
  ],
  [
    'query-value',
    'GET',
    '/api/v1/pods?fieldSelector=nonsense',
    '/api/v1/pods?fieldSelector=metadata.name=a,metadata.name=b',
  ],
  [
    'query-value',
    'GET',
    '/api/v1/pods?limit=many',
    '/api/v1/pods?fieldSelector=a=b%5C',
    '/api/v1/pods?fieldSelector=a=b=c',
  ],
  ['query-value', 'DELETE', '/api/v1/namespaces/x/pods/p?gracePeriodSeconds=0x0'],
];

t.test('what could be read in two ways is refused, and says which', async (t) => {
  for (const [code, method, ...targets] of REFUSED) {
    for (const target of targets) t.equal(refusal(method, target), code, `${method} ${target}`);
  }
  t.equal(refusal('GET', `/${'a'.repeat(300_000)}`), 'target-length');
});

t.test('a command may be repeated, in order', async (t) => {
  const { parameters, uri } = head(
    'POST',
    '/api/v1/namespaces/x/pods/p/exec?command=sh&command=-c&command=echo+a%0A&tty',
  );
  t.same(parameters, [
    ['command', 'sh'],
    ['command', '-c'],
    ['command', 'echo a\n'],
    ['tty', ''],
  ]);
  t.equal(uri, '/api/v1/namespaces/x/pods/p/exec?command=sh&command=-c&command=echo+a%0A&tty=');
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const name = fc.oneof(
  fc.constantFrom(
    'api',
    'apis',
    'v1',
    'apps',
    'namespaces',
    'watch',
    'proxy',
    'pods',
    'web',
    'exec',
    'status',
    'a%b',
    '%2F',
    '..',
    'x:y',
  ),
  text,
);
const pair = fc.tuple(
  fc.oneof(fc.constantFrom('watch', 'command', 'fieldSelector', 'dryRun', 'a;b'), text),
  fc.oneof(text, fc.constant('')),
);

t.test('what is forwarded is what was classified', async () => {
  const encode = fc.constantFrom(encodeURIComponent, encodeAll, (raw: string) => raw);
  const target = fc
    .tuple(fc.array(name, { maxLength: 8 }), fc.array(pair, { maxLength: 5 }), encode)
    .map(
      ([path, query, enc]) =>
        `/${path.map(enc).join('/')}?${query.map(([k, v]) => `${enc(k)}=${enc(v)}`).join('&')}`,
    );
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'DELETE', 'PATCH'), target, (method, raw) => {
      if (refusal(method, raw) !== null) return true;
      accepted++;
      const first = head(method, raw);
      t.strictSame(head(method, first.uri), first);
      return !/%2f|%5c|%00|%25|\/\/|\/\.\.?(\/|$)/i.test(first.uri.split('?', 1)[0]!);
    }),
    { seed: SEED, numRuns: 3000 },
  );
  t.ok(accepted > 300, `${accepted} targets were fit`);
});

function encodeAll(raw: string): string {
  return [...Buffer.from(raw.toWellFormed())]
    .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
    .join('');
}

t.test('no text whatever makes it throw', async () => {
  const fragments = fc.constantFrom(
    '/',
    '//',
    '%',
    '%2',
    '%2f',
    '%00',
    '?',
    '&',
    '=',
    ';',
    '#',
    '\\',
    '..',
    'api',
    'v1',
    '\0',
    'é',
    '\ud800',
  );
  const raw = fc
    .array(fc.oneof(fragments, fc.string({ maxLength: 4 })), { maxLength: 20 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      fc.oneof(fc.constant('GET'), text),
      raw,
      fc.array(fc.string(), { maxLength: 6 }),
      (method, target, headers) => {
        const said = refusalOf(() => classify(method, target, headers));
        return said === null || said.message.length < 400;
      },
    ),
    { seed: SEED, numRuns: 3000 },
  );
});
