/** What real clients offer and a real server answers; what may not be believed. */
import type { IncomingHttpHeaders } from 'node:http';
import t from 'tap';
import { REMOTE_COMMAND } from '../../../../sidecar/kube/remote/exec.ts';
import {
  agreeingLines,
  askingLines,
  type Offer,
  readAnswer,
  readOffer,
} from '../../../../sidecar/kube/remote/handshake.ts';
import { readParameters } from '../../../../sidecar/kube/remote/parameters.ts';
import { captures } from '../../../kube-captures/capture.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='; // the example of RFC 6455 §1.3
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** As Node joins repeated headers. */
const joined = (headers: Map<string, string[]>): IncomingHttpHeaders =>
  Object.fromEntries([...headers].map(([name, values]) => [name, values.join(', ')]));

const offerOf = (method: string, headers: IncomingHttpHeaders) => readOffer(method, headers, REMOTE_COMMAND);

t.test('captured handshakes are understood, and ours ask and answer alike', async (t) => {
  const all = [...captures('websocket'), ...captures('spdy')].filter(
    ({ scenario }) => scenario !== 'port-forward',
  );
  t.ok(all.length > 16);
  for (const { name, requestLine, request, response } of all) {
    const offer = offerOf(requestLine.split(' ')[0]!, joined(request)) as Offer;
    t.equal(offer.kind, name.startsWith('websocket') ? 'websocket' : 'spdy', name);
    const asked = request.get(
      offer.kind === 'websocket' ? 'sec-websocket-protocol' : 'x-stream-protocol-version',
    );
    t.same(offer.protocols, asked, name);
    const key = request.get('sec-websocket-key')?.[0] ?? '';
    const agreement = readAnswer(offer, key, joined(response));
    t.match(agreement, {
      kind: offer.kind,
      protocol: offer.protocols.includes('v5.channel.k8s.io') ? /^v[45]/ : '',
    });
    const lines = new Map(
      agreeingLines(offer, agreement as never).map(([line, value]) => [line.toLowerCase(), value]),
    );
    lines.forEach((value, line) => {
      t.same(response.get(line), [value], `${name}: ${line}`);
    });
    const ours = new Map(askingLines(offer, key).map(([line, value]) => [line.toLowerCase(), value]));
    for (const line of ours.keys()) t.ok(request.has(line), `${name}: ${line}`);
  }
});

const websocket = (changes: IncomingHttpHeaders = {}): IncomingHttpHeaders => ({
  connection: 'keep-alive, Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': KEY,
  'sec-websocket-protocol': 'v5.channel.k8s.io, v4.channel.k8s.io',
  ...changes,
});

t.test('offers that are none', async (t) => {
  t.match(offerOf('GET', websocket()), {
    kind: 'websocket',
    protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
  });
  t.match(offerOf('POST', websocket()), { kind: 'misfit' });
  for (const changes of [
    { upgrade: 'h2c' },
    { upgrade: 'websocket, SPDY/3.1' },
    { 'sec-websocket-version': '8' },
    { 'sec-websocket-key': 'short' },
    { 'sec-websocket-key': `${KEY}, ${KEY}` },
    { 'sec-websocket-protocol': 'base64url.bearer.authorization.k8s.io.dG9rZW4' },
  ])
    t.match(offerOf('GET', websocket(changes)), { kind: 'misfit' }, JSON.stringify(changes));
  const bearer = {
    'sec-websocket-protocol': 'base64url.bearer.authorization.k8s.io.dG9rZW4, v4.channel.k8s.io',
  };
  t.same(
    (offerOf('GET', websocket(bearer)) as Offer).protocols,
    ['v4.channel.k8s.io'],
    'a token goes nowhere',
  );
});

t.test('answers that may not be believed', async (t) => {
  const offer = offerOf('GET', websocket()) as Offer;
  const answer = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-accept': ACCEPT,
    'sec-websocket-protocol': 'v4.channel.k8s.io',
  };
  t.same(readAnswer(offer, KEY, answer), { kind: 'websocket', protocol: 'v4.channel.k8s.io' });
  for (const changes of [
    { connection: 'close' },
    { upgrade: 'SPDY/3.1' },
    { 'sec-websocket-accept': 'x' },
    { 'sec-websocket-protocol': 'channel.k8s.io' },
    { 'sec-websocket-protocol': '' },
    { 'sec-websocket-extensions': 'permessage-deflate' },
  ])
    t.match(readAnswer(offer, KEY, { ...answer, ...changes }), { kind: 'misfit' }, JSON.stringify(changes));
  const spdy = offerOf('POST', { upgrade: 'SPDY/3.1', connection: 'Upgrade' }) as Offer;
  t.same(readAnswer(spdy, '', { upgrade: 'spdy/3.1', connection: 'upgrade' }), {
    kind: 'spdy',
    protocol: '',
  });
  t.match(readAnswer(spdy, '', { ...answer }), { kind: 'misfit' });
});

t.test('parameters are read as the server reads them', async (t) => {
  const read = (query: string) => readParameters({ parameters: [...new URLSearchParams(query)] });
  t.same(read('command=sh&command=-c&command=ls+-l&container=main&stdin=true&stdout=1&stderr&tty=false'), {
    stdin: true,
    stdout: true,
    stderr: true,
    tty: false,
    container: 'main',
    command: ['sh', '-c', 'ls -l'],
  });
  t.match(read('stdin=FALSE&stdout=0&stderr=no'), { stdin: false, stdout: false, stderr: true });
  t.match(read('stderr=true&tty=true'), { stderr: false, tty: true }, 'a terminal has no stderr');
});
