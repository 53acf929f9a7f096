/** Keys over the network: a real provider, and servers that are not what they should be. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import t, { type Test } from 'tap';
import { fetchJson, requireSafe } from '../../../recorder/token/fetch-json.ts';
import { discoveredKeys } from '../../../recorder/token/issuer.ts';
import { providerMemory } from '../../provider-memory.ts';

const GONE = { code: 'ISSUER_GONE' };

async function serve(t: Test, handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('a real provider', async (t) => {
  let provider: RequestListener = () => {};
  const url = await serve(t, (...exchange) => provider(...exchange));
  provider = new Provider(url, { adapter: providerMemory }).callback();
  const published = (await discoveredKeys(url, fetchJson())()) as { keys: { kty: string }[] };
  t.match(published.keys, [{ kty: 'RSA' }]);
});

t.test('one that speaks for another, or for none', async (t) => {
  let text = '';
  const url = await serve(t, (_request, response) => response.end(text));
  const documents: unknown[] = [
    { issuer: 'https://other.test', jwks_uri: `${url}/keys` },
    { issuer: `${url}/`, jwks_uri: `${url}/keys` },
    { issuer: url },
    { issuer: url, jwks_uri: 7 },
    { issuer: url, jwks_uri: 'keys' },
    { issuer: url, jwks_uri: 'file:///etc/passwd' },
    { issuer: url, jwks_uri: 'http://192.0.2.1/keys' },
    { issuer: url, jwks_uri: 'https://user:password@127.0.0.1/keys' },
    [],
    null,
  ];
  for (const document of documents) {
    text = JSON.stringify(document);
    await t.rejects(discoveredKeys(url, fetchJson())(), GONE, text);
  }
  text = '<html>';
  await t.rejects(discoveredKeys(url, fetchJson())(), GONE);
});

t.test('answers without an end, or without a beginning', async (t) => {
  const handlers: Record<string, RequestListener> = {
    'a redirect': (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    'an error': (_request, response) => response.writeHead(500).end('{"keys":[]}'),
    'too much': (_request, response) => response.end(`"${'x'.repeat(300_000)}"`),
    'for ever': (_request, response) => {
      const timer = setInterval(() => response.write(' '.repeat(50_000)), 1);
      response.once('close', () => clearInterval(timer));
    },
    'not at all': () => {},
    'a drop': (request) => request.socket.destroy(),
    'a compressed one': (_request, response) =>
      response.setHeader('content-encoding', 'gzip').end(Buffer.from([0x1f, 0x8b])),
  };
  for (const [what, handler] of Object.entries(handlers)) {
    const url = await serve(t, handler);
    await t.rejects(fetchJson({ patience: 500 })(new URL(url)), GONE, what);
  }
  await t.rejects(fetchJson({ patience: 500 })(new URL('https://127.0.0.1:9/')), GONE);
});

t.test('which addresses are asked', (t) => {
  for (const url of ['https://issuer.test/x', 'http://127.0.0.1:80/', 'http://[::1]/', 'http://localhost:7/'])
    t.doesNotThrow(() => requireSafe(new URL(url)), url);
  const bad = ['http://issuer.test', 'http://127.0.0.2/', 'http://localhost.test/', 'ftp://localhost/'];
  for (const url of [
    ...bad,
    'data:application/json,{}',
    'http://169.254.169.254/',
    'https://a:b@issuer.test/',
  ])
    t.throws(() => requireSafe(new URL(url)), GONE, url);
  t.end();
});
