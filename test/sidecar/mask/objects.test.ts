/** Values of API objects: masked where they stand, every other byte as it was. */
import fc from 'fast-check';
import t from 'tap';
import type { RequestInfo } from '../../../recorder/audit/request.ts';
import { ObjectsBody } from '../../../sidecar/mask/body.ts';
import { carriesMask, Marker } from '../../../sidecar/mask/marker.ts';
import { type MaskedText, maskText } from '../../../sidecar/mask/objects.ts';
import { type Masking, rulesFor } from '../../../sidecar/mask/rules.ts';
import { Vault } from '../../../sidecar/mask/vault.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';

const marker = new Marker(Buffer.alloc(32, 1));
const b64 = (text: string) => Buffer.from(text).toString('base64');

function masking(spec = ''): Masking {
  const text = `apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: p}\nspec: {masking: {${spec}}}\n`;
  const policy = new LoadedPolicy(parsePolicies(text, 'test'));
  return policy.masking({ user: 'agent', groups: [], proof: 'claimed' });
}

function request(resource: string, group = ''): RequestInfo {
  const rest = { verb: 'get', version: 'v1', subresource: '', namespace: 'a', name: 'b', path: '' };
  return { ...rest, group, resource };
}

function mask(text: string, { spec = '', resource = 'secrets', group = '' } = {}): MaskedText {
  return maskText(text, { rules: rulesFor(request(resource, group), masking(spec)), marker, minLength: 8 });
}

const SECRET = (data: string) =>
  `{ "kind":"Secret","apiVersion":"v1","metadata":{"name":"db","generation":12345678901234567890},\n "data":${data},"type":"Opaque" }`;

t.test('data keeps its encoding, equal values look equal, everything else is what it was', async (t) => {
  const { record, agent, values } = mask(
    SECRET(
      `{"a":"${b64('hunter2-hunter2')}", "b" : "${b64('hunter2-hunter2')}","c":"${b64('x')}","e":"","n":null}`,
    ),
  );
  const decoded = (name: string) => Buffer.from(JSON.parse(record).data[name], 'base64').toString();
  t.match(decoded('a'), /^\[chaperone-masked:[0-9a-f]{11}\]$/);
  t.equal(decoded('a'), decoded('b'));
  t.not(decoded('a'), decoded('c'), 'a short value is masked all the same');
  t.equal(decoded('e'), '');
  t.match(
    record,
    /^\{ "kind":"Secret","apiVersion":"v1","metadata":\{"name":"db","generation":12345678901234567890\},\n "data":\{"a":"[\w=]+", "b" : "[\w=]+","c":"[\w=]+","e":"","n":null\},"type":"Opaque" \}$/,
  );
  t.match(agent, b64('hunter2-hunter2'), 'what the agent gets is its own matter');
  t.equal(
    JSON.stringify(values.map(({ bytes }) => bytes.toString())),
    '["hunter2-hunter2","hunter2-hunter2","x"]',
  );
});

t.test('credentials of the server itself are seen by nobody, whatever the policy says', async (t) => {
  const token = b64('eyJhbGciOi.a-token-of-the-cluster');
  const object = (type: string) => ({ kind: 'Secret', metadata: { name: 'x' }, type, data: { token } });
  const opaque = object('Opaque');
  for (const type of ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']) {
    for (const answer of [
      object(type),
      { kind: 'SecretList', items: [opaque, object(type)] },
      { type: 'ADDED', object: object(type) },
      { kind: 'Table', rows: [{ cells: ['x'], object: object(type) }] },
      { kind: 'List', items: [{ kind: 'SecretList', items: [object(type)] }] },
    ]) {
      const text = JSON.stringify(answer);
      for (const spec of ['', 'secrets: {record: false, agent: false}']) {
        const { agent, record } = mask(text, { spec });
        t.notMatch(record, token, `${spec} ${text}`);
        t.notMatch(agent, token, `${spec} ${text}`);
        t.equal(JSON.parse(agent).kind, (answer as { kind?: string }).kind, 'it is still what it was');
      }
    }
  }
  t.equal(
    mask(JSON.stringify(opaque)).agent,
    JSON.stringify(opaque),
    'any other Secret is the policy’s matter',
  );
});

t.test('what the agent gets and what is stored are masked apart, and cannot be compared', async (t) => {
  const text = SECRET(`{"a":"${b64('hunter2-hunter2')}"}`);
  const both = mask(text, { spec: 'secrets: {agent: true}' });
  t.notMatch(both.agent, b64('hunter2'));
  t.not(both.agent, both.record);
  const none = mask(text, { spec: 'secrets: {record: false}' });
  t.match(none, { record: text, agent: text });
});

t.test('stringData, the last applied configuration, managed fields, and copies', async (t) => {
  const inner = {
    kind: 'Secret',
    stringData: { 'a.b': 'pa"ss\\word<1>' },
    data: { k: b64('pa"ss\\word<1>') },
  };
  const outer = {
    metadata: {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(inner)}\n`,
        copy: 'it is pa"ss\\word<1>, really',
        other: b64('pa"ss\\word<1>'),
      },
      managedFields: [{ fieldsV1: { 'f:data': { 'f:k': {}, 'v:"pa\\"ss\\\\word<1>"': {} } } }],
    },
    ...inner,
  };
  const { record } = mask(JSON.stringify(outer));
  t.notMatch(record, /ss.{1,6}word/);
  t.notMatch(record, new RegExp(b64('pa"ss\\word<1>').slice(0, 12)));
  const parsed = JSON.parse(record) as typeof outer;
  const applied = JSON.parse(parsed.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']);
  t.equal(applied.stringData['a.b'], parsed.stringData['a.b']);
  t.equal(applied.data.k, parsed.data.k);
  t.match(parsed.metadata.annotations.copy, /^it is \[chaperone-masked:[0-9a-f]{11}\], really$/);
  t.match(Object.keys(parsed.metadata.managedFields[0]!.fieldsV1['f:data']), ['f:k']);
  const broken = mask(
    JSON.stringify({
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data": hunter2' } },
    }),
  );
  t.notMatch(broken.record, 'hunter2', 'what cannot be read is masked as a whole');
});

t.test('in lists, tables, watch events and patches', async (t) => {
  const secret = { kind: 'Secret', metadata: {}, data: { p: b64('hunter2-hunter2') } };
  const table = { kind: 'Table', columnDefinitions: [], rows: [{ cells: ['db', 1], object: secret }] };
  const shapes: Record<string, unknown> = {
    list: { kind: 'SecretList', items: [secret, secret] },
    'any list': { kind: 'List', items: [{ kind: 'SecretList', items: [secret] }] },
    table,
    watch: { type: 'ADDED', object: secret },
    'watch of tables': { type: 'MODIFIED', object: table },
    'merge patch': { data: { p: b64('hunter2-hunter2'), q: null } },
    'JSON patch of one': [{ op: 'replace', path: '/data/p', value: b64('hunter2-hunter2') }],
    'JSON patch of all': [{ op: 'add', path: '/data', value: { p: b64('hunter2-hunter2') } }],
    'JSON patch of the object': [{ op: 'test', path: '', value: secret }],
    'JSON patch of text': [{ op: 'add', path: '/stringData/p', value: 'hunter2-hunter2' }],
    'JSON patch of an annotation': [
      {
        op: 'add',
        path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
        value: JSON.stringify(secret),
      },
    ],
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const { record, values } = mask(JSON.stringify(shape));
    t.notMatch(record, /hunter2|aHVudGVyMi/, name);
    t.same(Object.keys(JSON.parse(record)), Object.keys(shape as object), name);
    t.match(values[0]?.bytes.toString(), 'hunter2-hunter2', name);
  }
  const other = '[{"op":"replace","path":"/metadata/labels/a","value":"b"}]';
  t.equal(mask(other).record, other);
});

t.test('paths of a policy', async (t) => {
  const path = (text: string, resource = 'deployments') =>
    `paths: [{resources: [${resource}], path: '${text}', agent: true}]`;
  const deployment = JSON.stringify({
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            {
              env: [
                { value: 'shown-value', name: 'HOME' },
                { value: 'hidden-value', name: 'DB_PASSWORD' },
              ],
            },
            {
              env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'n' } } }, { value: 'nameless' }],
            },
          ],
        },
      },
    },
  });
  const of = (text: string) => mask(deployment, { resource: 'deployments', group: 'apps', spec: path(text) });
  const env = of('spec.template.spec.containers[*].env[?name=~"(?i).*passw.*"].value');
  t.notMatch(env.agent, /hidden-value|nameless/);
  t.match(env.agent, /shown-value/);
  t.notMatch(of('spec.template.spec.containers[*].env[?name="HOME"].value').record, 'shown-value');
  t.notMatch(of('spec.template').record, /shown-value|hidden-value|"HOME"/, 'all that is below');
  t.match(of('spec.*').record, /"replicas":"\[chaperone-masked:/);
  t.equal(of('spec.nothing').record, deployment);
  t.equal(
    mask(deployment, { resource: 'configmaps', spec: path('spec') }).record,
    deployment,
    'another resource',
  );
  const patch =
    '[{"op":"add","path":"/spec/template/spec/containers/0/env/-","value":{"name":"PASSWORD","value":"hidden-value"}}]';
  const rules = path('spec.template.spec.containers[*].env[?name=~"PASS.*"].value');
  t.notMatch(mask(patch, { resource: 'deployments', group: 'apps', spec: rules }).record, 'hidden-value');
  t.throws(() => maskText('{"a":', { rules: [], marker, minLength: 8 }), { code: 'EVENT_INVALID' });
});

t.test('any JSON that holds no value of the path is the same afterwards', async () => {
  const space = fc.constantFrom('', ' ', '\n', '\t ');
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), space, (value, between) => {
      const text = JSON.stringify({ metadata: value }, null, between) + between;
      const { record, agent } = mask(text);
      return record === text && agent === text;
    }),
    { seed: 2, numRuns: 500 },
  );
});

t.test('an answer that flows, whatever the cuts', async (t) => {
  const item = (n: number) =>
    `{"metadata":{"name":"s${n}","x":"]}[{\\""},"data":{"p":"${b64(`hunter2-${n}-hunter2`)}"}}`;
  const items = Array.from({ length: 5 }, (_, n) => item(n)).join(' , ');
  const bodies = {
    list: `{"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[${items}],"z":{"items":[1]}}\n`,
    table: `{"kind":"Table","columnDefinitions":[{"name":"Name"}],"rows":[${items.replaceAll('{"metadata"', '{"cells":["a",1],"object":{"metadata"').replaceAll('"}} ,', '"}}} ,')}}]}`,
    watch: Array.from({ length: 5 }, (_, n) => `{"type":"ADDED","object":${item(n)}}\n`).join(''),
    single: item(0),
    'a list without a name for it': `{"items":[${items}]}`,
    status: '{"kind":"Status","status":"Failure","message":"no"}',
  };
  for (const [name, body] of Object.entries(bodies)) {
    const run = (places: readonly number[]) => {
      const vault = new Vault(marker);
      const out = new ObjectsBody({ vault, rules: rulesFor(request('secrets'), masking()), minLength: 8 });
      const bytes = Buffer.from(body);
      const sorted = [0, ...places.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const views = sorted.slice(1).map((end, i) => out.push(bytes.subarray(sorted[i]!, end)));
      const all = [...views, out.end()];
      return {
        record: Buffer.concat(all.map(({ record }) => record)).toString(),
        agent: Buffer.concat(all.map(({ agent }) => agent)).toString(),
        masked: out.masked,
      };
    };
    const whole = run([]);
    t.equal(whole.agent, body, name);
    t.notMatch(whole.record, /aHVudGVy/, name);
    t.equal(whole.masked, name !== 'status', name);
    t.equal(
      (whole.record.match(/W2NoYXBlcm9uZS1tYXNrZWQ6/g) ?? []).length,
      (body.match(/aHVudGVy/g) ?? []).length,
      name,
    );
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (places) => {
        const { record, agent } = run(places);
        return record === whole.record && agent === body;
      }),
      { seed: 4, numRuns: 150 },
    );
  }
});

t.test('a mask is known again, plain and in base64', async (t) => {
  const text = marker.mask(Buffer.from('x'), 'agent');
  t.equal(text.length, 30);
  for (const before of ['', 'a', 'ab', 'abc']) {
    t.ok(carriesMask(Buffer.from(`{"x":"${before}${text}"}`)));
    t.ok(carriesMask(Buffer.from(b64(`${before}${text}tail`))), `after ${before.length}`);
  }
  t.notOk(carriesMask(Buffer.from('see [chaperone-masked:…] in SECURITY.md')));
});

t.test('several policies: the strictest counts', async (t) => {
  const all = (...specs: string[]) => {
    const text = specs.map(
      (spec, n) =>
        `apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: p${n}}\nspec: {masking: {${spec}}}\n`,
    );
    return new LoadedPolicy(parsePolicies(text.join('---\n'), 'test')).masking({
      user: 'agent',
      groups: [],
      proof: 'claimed',
    });
  };
  t.match(all(''), { secrets: { record: true, agent: false }, minLength: 8, paths: [] });
  t.match(all('', 'secrets: {record: false}'), { secrets: { record: false } });
  t.match(all('secrets: {record: true}', 'secrets: {record: false}'), { secrets: { record: true } });
  t.match(all('secrets: {agent: true}', 'secrets: {agent: false}'), { secrets: { agent: true } });
  t.match(all('learned: {minLength: 20}', 'learned: {minLength: 6}'), { minLength: 6 });
  const paths = 'paths: [{resources: [configmaps], path: data}]';
  t.equal(all(paths, paths).paths.length, 2);
  t.match(all(paths).paths[0], { record: true, agent: false });
});

t.test('a path that is none is refused with its place', async (t) => {
  for (const wrong of [
    '',
    '.a',
    'a.',
    'a..b',
    'a[0]',
    'a[?b]',
    'a[?b=c]',
    'a[?b=~"("]',
    '$.a',
    'a b',
    'a["x]',
  ]) {
    const text = `paths: [{resources: [x], path: ${JSON.stringify(wrong)}}]`;
    t.throws(
      () => masking(text),
      { code: 'POLICY_INVALID', message: /^test:4:\d+: spec\.masking\.paths\.0\.path: / },
      wrong,
    );
  }
});
