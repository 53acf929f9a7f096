import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { CredentialDirectory } from '../../../../sidecar/kube/credentials/directory.ts';

const NOW = new Date();

async function place(t: Tap): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'chaperone-credentials-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'kube');
}

interface Tap {
  teardown(action: () => Promise<unknown>): void;
}

t.test('all of it is private, and leads to the server', async (t) => {
  const path = await place(t);
  const directory = await CredentialDirectory.open(path, NOW);
  await directory.publish({ server: 'https://127.0.0.1:6443', namespace: 'a: "b' });
  const names = (await readdir(path, { recursive: true })).sort();
  t.same(names, [
    'authority.crt',
    'authority.key',
    'kubeconfig',
    'serviceaccount',
    'serviceaccount/ca.crt',
    'serviceaccount/namespace',
    'serviceaccount/token',
    'token',
  ]);
  for (const name of ['.', ...names]) {
    const found = await stat(join(path, name));
    t.equal(found.mode & 0o777, found.isDirectory() ? 0o700 : 0o600, name);
  }
  const config = parse(await readFile(join(path, 'kubeconfig'), 'utf8'));
  const [{ cluster }] = config.clusters;
  t.equal(cluster.server, 'https://127.0.0.1:6443');
  t.equal(Buffer.from(cluster['certificate-authority-data'], 'base64').toString(), directory.authority);
  t.equal(config.users[0].user.token, directory.token);
  t.equal(config.contexts[0].context.namespace, 'a: "b');
  t.equal(config['current-context'], config.contexts[0].name);
  t.equal(await readFile(join(path, 'serviceaccount/token'), 'utf8'), directory.token);
  t.match(directory.token, /^[\w-]{43}$/);
});

t.test('another start finds what the first one made', async (t) => {
  const path = await place(t);
  const [first, second] = [
    await CredentialDirectory.open(path, NOW),
    await CredentialDirectory.open(path, NOW),
  ];
  t.same([second.token, second.authority], [first.token, first.authority]);
});

t.test('what others could have read, or is damaged, is made anew', async (t) => {
  const spoil: Record<string, (path: string) => Promise<void>> = {
    'a token for all to read': (path) => chmod(join(path, 'token'), 0o644),
    'a token that is none': (path) => writeFile(join(path, 'token'), 'x'),
    'a key for all to read': (path) => chmod(join(path, 'authority.key'), 0o640),
    'a key that is none': (path) => writeFile(join(path, 'authority.key'), 'x'),
    'no certificate': (path) => rm(join(path, 'authority.crt')),
  };
  for (const [name, damage] of Object.entries(spoil)) {
    const path = await place(t);
    const before = await CredentialDirectory.open(path, NOW);
    await damage(path);
    const after = await CredentialDirectory.open(path, NOW);
    t.equal(after.token === before.token, !name.includes('token'), `${name}: token`);
    t.equal(after.authority === before.authority, name.includes('token'), `${name}: authority`);
    t.equal((await stat(join(path, 'authority.key'))).mode & 0o777, 0o600);
    t.equal((await stat(join(path, 'token'))).mode & 0o777, 0o600);
  }
});
