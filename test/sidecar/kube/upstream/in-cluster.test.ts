import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { inCluster } from '../../../../sidecar/kube/upstream/in-cluster.ts';

const ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

/** As the kubelet lays a projected volume out: links through `..data`, which is swapped at once. */
async function mount(t: { teardown(action: () => Promise<unknown>): void }) {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-sa-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  let generation = 0;
  const write = async (files: Record<string, string>) => {
    const data = `..${++generation}`;
    await mkdir(join(directory, data));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, data, name), text);
      await symlink(`..data/${name}`, join(directory, name)).catch(() => undefined);
    }
    await symlink(data, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  return { directory, write };
}

t.test('the token is read as the kubelet renews it', async (t) => {
  const { directory, write } = await mount(t);
  await write({ token: 'one\n', 'ca.crt': 'CA', namespace: 'agents' });
  const source = await inCluster(ENV, directory);
  t.match(source, { name: 'in-cluster', namespace: 'agents', server: new URL('https://10.0.0.1:443') });
  t.same(await source!.credentials(false), { tls: { ca: 'CA' }, authorization: 'Bearer one' });
  await write({ token: 'two', 'ca.crt': 'CB', namespace: 'agents' });
  t.same(await source!.credentials(false), { tls: { ca: 'CB' }, authorization: 'Bearer two' });
  await rm(join(directory, 'ca.crt'));
  await t.rejects(source!.credentials(false), { code: 'UNAUTHENTICATED', message: /ca\.crt is gone/ });
});

t.test('outside a pod there is none', async (t) => {
  const { directory, write } = await mount(t);
  t.equal(await inCluster(ENV, directory), null, 'no token');
  await write({ token: 'one', 'ca.crt': 'CA', namespace: 'agents' });
  t.equal(await inCluster({}, directory), null, 'no address');
  const six = await inCluster({ ...ENV, KUBERNETES_SERVICE_HOST: 'fd00::1' }, directory);
  t.equal(six!.server.host, '[fd00::1]');
});
