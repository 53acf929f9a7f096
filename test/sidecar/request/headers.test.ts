/** Which headers pass, in both directions; what a client says of itself; which connections may be upgraded. */
import t from 'tap';
import { classify, type RequestHead } from '../../../sidecar/request/classify.ts';
import { returned } from '../../../sidecar/request/headers.ts';
import type { RefusalCode } from '../../../sidecar/request/refusal.ts';
import { refusalOf } from './unfit.ts';

const EXEC = '/api/v1/namespaces/x/pods/p/exec?command=ls';

function head(headers: string[], method = 'GET', target = '/api/v1/pods'): RequestHead {
  return classify(method, target, headers);
}

function refusal(headers: string[], method = 'GET', target = '/api/v1/pods'): RefusalCode | null {
  return refusalOf(() => classify(method, target, headers))?.code ?? null;
}

const NEVER = [
  ...[
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'Audit-ID',
    'Host',
    'Content-Length',
    'Expect',
    'Origin',
  ],
  ...['Impersonate-User', 'impersonate-group', 'Impersonate-Uid', 'Impersonate-Extra-scopes'],
  ...[
    'X-Remote-User',
    'X-Remote-Group',
    'X-Remote-Extra-a',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'Forwarded',
    'Via',
  ],
  ...[
    'X-Real-Ip',
    'TE',
    'Trailer',
    'Keep-Alive',
    'Proxy-Connection',
    'X-HTTP-Method-Override',
    'X-Original-Uri',
  ],
  'Front-Proxy-User',
];

t.test('who asks is ours to say', async (t) => {
  for (const name of NEVER) {
    const value = name === 'Content-Length' ? '0' : 'stranger';
    const names = head([name, value, 'User-Agent', 'kubectl']).headers.map(([one]) => one);
    t.same(names, ['accept-encoding', 'user-agent'], name);
  }
});

t.test('what says how to answer passes', async (t) => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
  const raw = [
    'Accept',
    table,
    'If-None-Match',
    '"a"',
    'Kubectl-Command',
    'kubectl get',
    'Accept-Encoding',
    'br, gzip',
  ];
  t.same(Object.fromEntries(head(raw).headers), {
    accept: table,
    'accept-encoding': 'gzip',
    'if-none-match': '"a"',
    'kubectl-command': 'kubectl get',
  });
  t.same(head(['Accept-Encoding', 'gzip;q=0']).headers, [['accept-encoding', 'identity']]);
  t.same(head(['Accept-Encoding', 'gzip;q=0.5']).headers, [['accept-encoding', 'gzip']]);
  t.same(head(['Accept', 'application/cbor, application/json']).headers[0], ['accept', 'application/json']);
  t.equal(refusal(['Accept', 'application/cbor']), 'accept');
});

t.test('what Connection names ends here', async (t) => {
  const names = (raw: string[]) => head(raw).headers.map(([name]) => name);
  t.same(names(['Connection', 'keep-alive, If-Match', 'If-Match', 'x']), ['accept-encoding']);
  t.same(
    returned([
      'Connection',
      'X-Hop, close',
      'X-Hop',
      '1',
      'Keep-Alive',
      '5',
      'Audit-Id',
      'a',
      'Set-Cookie',
      'b',
    ]),
    [['Audit-Id', 'a']],
  );
});

t.test('impersonation is seen, however it is written', async (t) => {
  for (const name of [
    'Impersonate-User',
    'IMPERSONATE-GROUP',
    'impersonate-uid',
    'Impersonate-Extra-x',
    'Impersonate-New',
  ])
    t.ok(head([name, 'admin']).impersonates, name);
  t.notOk(head(['X-Impersonate-User', 'admin']).impersonates);
});

t.test('what a client says of itself is short and can be shown', async (t) => {
  const raw = [
    'User-Agent',
    `a\u0007\u202eb${'x'.repeat(400)}`,
    'Kubectl-Command',
    'kubectl get',
    'Kubectl-Session',
    'e1e6',
  ];
  const { agent, command, run } = head(raw).client;
  t.equal(agent, `a\ufffd\ufffdb${'x'.repeat(252)}`);
  t.same([command, run], ['kubectl get', 'e1e6']);
  t.same(head(['User-Agent', '']).client, {});
});

t.test('headers that decide something stand once, and one length is given', async (t) => {
  t.equal(
    refusal(['Content-Type', 'application/json', 'content-type', 'application/yaml'], 'POST'),
    'header',
  );
  t.equal(refusal(['Content-Length', '1', 'Content-Length', '2'], 'POST'), 'header');
  t.equal(refusal(['Content-Length', '1', 'Transfer-Encoding', 'chunked'], 'POST'), 'header');
  t.equal(refusal(['Transfer-Encoding', 'gzip, chunked'], 'POST'), 'header');
  t.equal(refusal(['Content-Length', '1']), 'body-unexpected');
  t.equal(refusal(['Content-Encoding', 'gzip', 'Content-Length', '1'], 'POST'), 'body-encoding');
});

t.test('bodies are of the types that the API server takes, and that can be read', async (t) => {
  const type = (method: string, value?: string) => {
    const raw = ['Content-Length', '2', ...(value === undefined ? [] : ['Content-Type', value])];
    return refusal(raw, method) ?? head(raw, method).mediaType;
  };
  t.equal(type('POST'), 'application/json');
  t.equal(type('POST', 'Application/JSON; charset=utf-8'), 'application/json');
  t.equal(type('POST', 'application/vnd.kubernetes.protobuf'), 'application/vnd.kubernetes.protobuf');
  t.equal(type('DELETE', 'application/yaml'), 'application/yaml');
  t.equal(type('PATCH', 'application/apply-patch+yaml'), 'application/apply-patch+yaml');
  for (const unfit of ['application/cbor', 'text/plain', 'application/apply-patch+yaml', 'application', ''])
    t.equal(type('POST', unfit), 'media-type', unfit);
  for (const unfit of [undefined, 'application/json', 'application/apply-patch+cbor'])
    t.equal(type('PATCH', unfit), 'media-type', `${unfit}`);
});

t.test('only exec, attach and port-forward may upgrade', async (t) => {
  const websocket = ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'WebSocket'];
  const spdy = ['Connection', 'Upgrade', 'Upgrade', 'SPDY/3.1'];
  const bearer = 'base64url.bearer.authorization.k8s.io.dG9rZW4';
  t.same(
    head(
      [...websocket, 'Sec-WebSocket-Protocol', `${bearer}, v5.channel.k8s.io,v4.channel.k8s.io`],
      'GET',
      EXEC,
    ).upgrade,
    {
      to: 'websocket',
      subresource: 'exec',
      protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    },
  );
  const versions = [
    'X-Stream-Protocol-Version',
    'v5.channel.k8s.io',
    'X-Stream-Protocol-Version',
    'v4.channel.k8s.io',
  ];
  t.same(head([...spdy, ...versions], 'POST', EXEC).upgrade?.protocols, [
    'v5.channel.k8s.io',
    'v4.channel.k8s.io',
  ]);
  t.equal(head([], 'POST', EXEC).upgrade, null);
  const others = [
    '/api/v1/pods?watch=1',
    '/healthz',
    '/api/v1/namespaces/x/pods/p/log',
    '/apis/g/v1/namespaces/x/pods/p/exec',
  ];
  for (const target of others) {
    t.equal(refusal(websocket, 'GET', target), 'upgrade', target);
    t.equal(refusal(spdy, 'POST', target), 'upgrade', target);
  }
  t.equal(refusal(websocket, 'POST', EXEC), 'upgrade');
  t.equal(refusal(['Connection', 'Upgrade', 'Upgrade', 'h2c'], 'GET', EXEC), 'upgrade');
  t.equal(refusal(['Connection', 'Upgrade', 'Upgrade', 'websocket, SPDY/3.1'], 'GET', EXEC), 'upgrade');
  t.equal(refusal(['Upgrade', 'websocket'], 'GET', EXEC), 'upgrade');
  t.equal(refusal(['Connection', 'Upgrade'], 'GET', EXEC), 'upgrade');
});
