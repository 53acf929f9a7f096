/** Which credentials are used, when they are asked for again, and that nothing in the environment changes the way. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fromContext } from '../../../../sidecar/kube/upstream/context.ts';
import type { UpstreamSource } from '../../../../sidecar/kube/upstream/source.ts';
import { Upstream } from '../../../../sidecar/kube/upstream/upstream.ts';
import { type Server, serve } from '../proxy/world.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

/** The status and body of a GET through the upstream. */
function get(upstream: Upstream, uri = '/healthz'): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let body = '';
    const handler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller: unknown, code: number) => {
        status = code;
      },
      onResponseData: (_controller: unknown, chunk: Buffer) => {
        body += chunk;
      },
      onResponseEnd: () => resolve({ status, body }),
      onResponseError: (_controller: unknown, error: Error) => reject(error),
    };
    upstream.send({ method: 'GET', uri, headers: [], body: null }, handler).catch(reject);
  });
}

function open(t: Test, source: UpstreamSource): Upstream {
  const upstream = new Upstream(source);
  t.teardown(() => upstream.close());
  return upstream;
}

/** A kubeconfig as JSON, which is YAML. */
async function kubeconfig(t: Test, server: Server, user: object, cluster: object = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-kubeconfig-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const data = Buffer.from(server.authority).toString('base64');
  const one = { server: server.source.server.origin, 'certificate-authority-data': data, ...cluster };
  const file = join(directory, 'config');
  const config = {
    clusters: [{ name: 'c', cluster: one }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'agents' } }],
    'current-context': 'here',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

t.test('the path of the server stands in front of all others', async (t) => {
  const server = await serve(t, ({ url }, response) => response.end(url));
  const source = { ...server.source, server: new URL(`${server.source.server.origin}/k8s/clusters/c-1/`) };
  t.equal((await get(open(t, source), '/api/v1/pods?limit=1')).body, '/k8s/clusters/c-1/api/v1/pods?limit=1');
});

t.test('no proxy of the environment is used', async (t) => {
  const server = await serve(t, (_request, response) => response.end('straight'));
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : 'http://127.0.0.1:9';
    t.teardown(async () => delete process.env[name]);
  }
  const file = await kubeconfig(t, server, { token: 'x' });
  t.equal((await get(open(t, fromContext({ file })))).body, 'straight');
});

t.test('credentials that the server refuses are asked for anew', async (t) => {
  let valid = 'first';
  const server = await serve(t, ({ headers }, response) => {
    response.writeHead(headers.authorization === `Bearer ${valid}` ? 200 : 401).end();
  });
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-plugin-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const command = join(directory, 'plugin');
  const token = join(directory, 'token');
  await writeFile(token, 'first');
  const answer = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"$(cat ${token})"}}`;
  await writeFile(command, `#!/bin/sh\ncat <<E\n${answer}\nE\n`);
  await chmod(command, 0o700);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
  const source = fromContext({ file: await kubeconfig(t, server, { exec }), context: 'here' });
  t.match(source, { name: 'here', namespace: 'agents' });
  t.match(await source.credentials(false), { authorization: 'Bearer first' });
  await writeFile(token, 'second');
  valid = 'second';
  t.match(
    await source.credentials(false),
    { authorization: 'Bearer first' },
    'a plugin’s answer is remembered',
  );
  t.match(await source.credentials(true), { authorization: 'Bearer second' }, 'until it is refused');
  t.equal((await get(open(t, source))).status, 200);
});

t.test('a plugin that fails is one line, and says whose it is', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nonexistent/plugin' };
  const source = fromContext({ file: await kubeconfig(t, server, { exec }) });
  await t.rejects(source.credentials(false), {
    code: 'UNAUTHENTICATED',
    message: /^context here gives no credentials: [^\n]+$/,
  });
});

t.test('what would give the credential away is refused', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const cases: [object, RegExp][] = [
    [{ server: 'http://127.0.0.1:8080' }, /not https/],
    [{ 'insecure-skip-tls-verify': true }, /insecure/],
    [{ 'proxy-url': 'http://127.0.0.1:9' }, /proxy-url/],
  ];
  for (const [cluster, message] of cases) {
    const file = await kubeconfig(t, server, { token: 'x' }, cluster);
    t.throws(() => fromContext({ file }), { code: 'USAGE', message });
  }
  const file = await kubeconfig(t, server, { token: 'x' });
  t.throws(() => fromContext({ file, context: 'there' }), {
    code: 'NOT_FOUND',
    message: /there.*among here/,
  });
  t.throws(() => fromContext({ file: `${file}x` }), { code: 'NOT_FOUND' });
});

t.test('a connection for an upgrade is verified as all others are', async (t) => {
  const server = await serve(t, (_request, response) => response.end());
  const upstream = open(t, server.source);
  const { socket, identity } = await upstream.connect();
  t.ok(socket.authorized && socket.alpnProtocol === 'http/1.1');
  t.match(identity, [['authorization', /^Bearer /]]);
  socket.destroy();
  const stranger = open(t, { ...server.source, credentials: async () => ({ tls: {}, authorization: 'x' }) });
  await t.rejects(stranger.connect());
});
