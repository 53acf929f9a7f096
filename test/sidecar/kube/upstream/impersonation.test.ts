/** As whom requests go on, as a real HTTP server hears it. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import t from 'tap';
import { collect } from '../../../../sidecar/kube/upstream/collect.ts';
import { impersonationHeaders, type Persona } from '../../../../sidecar/kube/upstream/impersonation.ts';
import { Upstream } from '../../../../sidecar/kube/upstream/upstream.ts';
import { serve, UPSTREAM_TOKEN } from '../proxy/world.ts';

const JANE: Persona = {
  user: 'oidc:jörg@example.com',
  uid: '4b1c',
  groups: ['oidc:dev', 'größe, 7'],
  extra: { 'authentication.kubernetes.io/pod-name': ['web-1'], 'example.com/50%': ['a', 'b'] },
};

/** Name and value of all that says who asks, with values as UTF-8. */
const who = ({ rawHeaders }: IncomingMessage) => {
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (/^(authorization|impersonate-)/.test(name))
      lines.push(`${name}: ${Buffer.from(rawHeaders[at + 1]!, 'latin1').toString('utf8')}`);
  }
  return lines;
};
const EXPECTED = [
  `authorization: Bearer ${UPSTREAM_TOKEN}`,
  'impersonate-user: oidc:jörg@example.com',
  'impersonate-uid: 4b1c',
  'impersonate-group: oidc:dev',
  'impersonate-group: größe, 7',
  'impersonate-extra-authentication.kubernetes.io%2fpod-name: web-1',
  'impersonate-extra-example.com%2f50%25: a',
  'impersonate-extra-example.com%2f50%25: b',
];
const get = { method: 'GET', uri: '/', headers: ['user-agent', 'x'], body: null };

t.test('a request, and a connection that is to be upgraded', async (t) => {
  const heard: string[][] = [];
  const { source } = await serve(t, (asked, response) => {
    heard.push(who(asked));
    response.end('{}');
  });
  const upstream = new Upstream(source, { onlyAs: true });
  t.teardown(() => upstream.close());
  await collect(upstream, { ...get, as: JANE });
  const { socket, identity } = await upstream.connect(JANE);
  await new Promise((resolve) =>
    request({ createConnection: () => socket, headers: [['host', 'x'], ...identity].flat() }, resolve).end(),
  );
  socket.destroy();
  t.same(heard, [EXPECTED, EXPECTED]);
});

t.test('nothing goes on as our own credential where nothing may', async (t) => {
  let heard = 0;
  const { source } = await serve(t, (_asked, response) => {
    heard++;
    response.end('{}');
  });
  const upstream = new Upstream(source, { onlyAs: true });
  t.teardown(() => upstream.close());
  await t.rejects(collect(upstream, get));
  await t.rejects(upstream.connect());
  t.equal(heard, 0);
});

t.test('names that would say something else on the way', (t) => {
  for (const name of [
    '',
    ' a',
    'a ',
    'a\t',
    'a\r\nImpersonate-Group: system:masters',
    'a\nb',
    'a\0',
    'a\x7f',
    '\ud800',
  ]) {
    t.throws(() => impersonationHeaders({ user: name, groups: [] }), RangeError, JSON.stringify(name));
    t.throws(() => impersonationHeaders({ user: 'a', groups: [name] }), RangeError);
    t.throws(() => impersonationHeaders({ user: 'a', uid: name, groups: [] }), RangeError);
    t.throws(() => impersonationHeaders({ user: 'a', groups: [], extra: { x: [name] } }), RangeError);
  }
  const headers = impersonationHeaders({ user: 'a', groups: [], extra: { 'a\r\nb: c': ['x'] } });
  t.equal(headers[1]?.[0], 'Impersonate-Extra-a%0D%0Ab%3A%20c');
  t.end();
});
