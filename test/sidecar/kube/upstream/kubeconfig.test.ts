/** Kubeconfig files as kubectl reads them, by the words of a real kubectl; and what a plugin is told. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { createAuthority } from '../../../../sidecar/kube/credentials/certificates.ts';
import { fromContext } from '../../../../sidecar/kube/upstream/context.ts';
import { readKubeconfig } from '../../../../sidecar/kube/upstream/kubeconfig.ts';
import { kubectl } from '../../../kubectl.ts';

const program = kubectl('current') ?? '';
const skip = program === '' && 'there is no kubectl for this machine';
const run = promisify(execFile);
const former = process.env.KUBECONFIG;
t.teardown(() => {
  if (former === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = former;
});

const directory = await mkdtemp(join(tmpdir(), 'chaperone-kubeconfig-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));
await mkdir(join(directory, 'sub'));

interface Written {
  context?: string;
  cluster?: object;
  user?: object;
  current?: string;
}

async function write(path: string, { context, cluster = {}, user = {}, current }: Written): Promise<string> {
  const file = join(directory, path);
  const name = context ?? 'c';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://${path.replaceAll('/', '-')}.example`, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: path.replaceAll('/', '-') } }],
    ...(current !== undefined && { 'current-context': current }),
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

t.test('several files are put together as kubectl does it', { skip }, async (t) => {
  const a = await write('a', { context: 'one' });
  const b = await write('b', { context: 'two', current: 'two' });
  const c = await write('c', { context: 'two', current: 'one' });
  for (const files of [[a, b, c], [c, b, a], [b], [c, join(directory, 'missing'), a], [a]]) {
    process.env.KUBECONFIG = files.join(':');
    const { stdout } = await run(program, ['config', 'view', '--raw', '-o', 'json'], { env: process.env });
    const theirs = JSON.parse(stdout);
    const ours = readKubeconfig(undefined);
    t.equal(ours.current, theirs['current-context']);
    const namespaces = (contexts: { name: string; context: { namespace: string } }[]) =>
      contexts.map(({ name, context }) => `${name} ${context.namespace}`).sort();
    t.same(
      ours.contexts.map(({ name, value }) => `${name} ${value.namespace}`).sort(),
      namespaces(theirs.contexts),
    );
    const { server } = theirs.clusters.find((one: { name: string }) => one.name === 'one')?.cluster ?? {};
    t.equal(ours.clusters.find(({ name }) => name === 'one')?.value.server, server);
  }
  process.env.KUBECONFIG = `${a}:${b}`;
  t.match(fromContext({}), { name: 'two', server: { host: 'b.example' } });
  t.match(fromContext({ context: 'one' }), { server: { host: 'a.example' }, namespace: 'a' });
});

t.test('files that are not there, or are none', async (t) => {
  process.env.KUBECONFIG = join(directory, 'missing');
  t.throws(() => fromContext({}), { code: 'NOT_FOUND', message: /missing: no such file/ });
  const broken = join(directory, 'broken');
  await writeFile(broken, 'clusters: [\n');
  t.throws(() => fromContext({ file: broken }), {
    code: 'NOT_FOUND',
    message: /^[^\n]*broken cannot be used: [^\n]+$/,
  });
  await writeFile(broken, '- clusters\n');
  t.throws(() => fromContext({ file: broken }), { code: 'NOT_FOUND', message: /no context/ });
  const file = await write('gone', { user: { tokenFile: 'no-token' }, current: 'c' });
  t.throws(() => fromContext({ file }), { code: 'NOT_FOUND', message: /no-token: no such file/ });
});

t.test('an authority that is not there is named', async (t) => {
  const cluster = { 'certificate-authority': 'no-ca.pem' };
  const source = fromContext({ file: await write('lost', { cluster, user: { token: 'x' }, current: 'c' }) });
  await t.rejects(source.credentials(false), { message: /credentials: \/.*no-ca\.pem: no such file/ });
});

t.test('paths are relative to the file; a token in a file of its own is read again', async (t) => {
  await writeFile(join(directory, 'sub/token'), 'first\n');
  await writeFile(join(directory, 'sub/ca.pem'), 'authority');
  await writeFile(join(directory, 'sub/crt.pem'), 'certificate');
  await writeFile(join(directory, 'sub/key.pem'), 'key');
  const user = {
    tokenFile: 'token',
    token: 'stale',
    'client-certificate': 'crt.pem',
    'client-key': './key.pem',
  };
  const cluster = { 'certificate-authority': '../sub/ca.pem', 'tls-server-name': 'api.example' };
  const source = fromContext({ file: await write('sub/config', { user, cluster, current: 'c' }) });
  t.same(await source.credentials(false), {
    tls: { ca: 'authority', cert: 'certificate', key: 'key', servername: 'api.example' },
    authorization: 'Bearer first',
  });
  await writeFile(join(directory, 'sub/token'), 'second');
  t.match(await source.credentials(false), { authorization: 'Bearer second' });
});

t.test('a plugin is told what it asks for, as by kubectl', { skip }, async (t) => {
  const seen = join(directory, 'seen');
  const plugin = join(directory, 'sub/plugin');
  const answer = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$TOKEN'"}}`;
  await writeFile(plugin, `#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" > '${seen}'\necho '${answer}'\n`);
  await chmod(plugin, 0o700);
  await writeFile(join(directory, 'sub/ca.pem'), (await createAuthority(new Date())).certificate);
  const told = async () => JSON.parse(await readFile(seen, 'utf8'));
  for (const provideClusterInfo of [true, false]) {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      ...{ command: './plugin', args: ['x'], interactiveMode: 'IfAvailable', provideClusterInfo },
      env: [{ name: 'TOKEN', value: 'from-the-plugin' }],
    };
    const extension = { audience: 'b', nested: { list: [1] } };
    const cluster = {
      server: 'https://127.0.0.1:9',
      'certificate-authority': 'ca.pem',
      'tls-server-name': 'api.example',
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension }],
    };
    const file = await write('sub/plugged', { user: { exec }, cluster, current: 'c' });
    t.match(await fromContext({ file }).credentials(false), { authorization: 'Bearer from-the-plugin' });
    const ours = await told();
    await run(program, ['--kubeconfig', file, 'get', '--raw', '/'], { timeout: 10_000 }).catch(
      () => undefined,
    );
    t.same(ours, await told());
    t.equal(ours.spec.cluster !== undefined, provideClusterInfo);
  }
});

t.test('a plugin that says nothing, and a user who acts as another', async (t) => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false' };
  const silent = fromContext({ file: await write('silent', { user: { exec }, current: 'c' }) });
  await t.rejects(silent.credentials(false), {
    code: 'UNAUTHENTICATED',
    message: /: it failed, and did not say why$/,
  });
  for (const user of [{ as: 'viewer' }, { 'as-groups': ['g'] }]) {
    const file = await write('acting', { user: { token: 'x', ...user }, current: 'c' });
    t.throws(() => fromContext({ file }), { code: 'USAGE', message: /acts as another/ });
  }
});
