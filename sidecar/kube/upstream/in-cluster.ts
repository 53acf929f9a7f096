/**
 * The ServiceAccount of the pod that this process runs in. The kubelet renews its token long before it runs out, so
 * the files are read again every time.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
import { join } from 'node:path';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { readText } from '../../../recorder/store/regular-file.ts';
import type { Credentials, UpstreamSource } from './source.ts';

export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const MAX_BYTES = 1 << 20;

/** Null where this process runs in no pod, or the pod has no ServiceAccount mounted. */
export async function inCluster(
  env: NodeJS.ProcessEnv,
  directory = SERVICE_ACCOUNT,
): Promise<UpstreamSource | null> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) return null;
  const [token, namespace] = await Promise.all([
    mounted(directory, 'token'),
    mounted(directory, 'namespace'),
  ]);
  if (token === null) return null;
  return {
    name: 'in-cluster',
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: namespace ?? '',
    credentials: () => read(directory),
  };
}

async function read(directory: string): Promise<Credentials> {
  const [token, ca] = await Promise.all([mounted(directory, 'token'), mounted(directory, 'ca.crt')]);
  if (!token || !ca) {
    const missing = token ? 'ca.crt' : 'token';
    throw new ChaperoneError(
      'UNAUTHENTICATED',
      `${join(directory, missing)} is gone: mount the ServiceAccount into this container`,
    );
  }
  return { tls: { ca }, authorization: `Bearer ${token}` };
}

/** The kubelet mounts links, which it swaps all at once. */
async function mounted(directory: string, name: string): Promise<string | null> {
  const text = await readText(join(directory, name), { limit: MAX_BYTES, links: true });
  return text?.trim() ?? null;
}
