/**
 * The kubeconfigs that lead to the proxy. Pure.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
import { stringify } from 'yaml';

export interface Access {
  /** E.g. `https://127.0.0.1:6443`. */
  server: string;
  /** The authority's certificate, PEM. */
  authority: string;
  token: string;
  /** Where requests go that name no namespace. */
  namespace: string;
}

const NAME = 'chaperone';

export function kubeconfigText({ server, authority, token, namespace }: Access): string {
  const cluster = { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  const context = { cluster: NAME, user: NAME, ...(namespace !== '' && { namespace }) };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: NAME, cluster }],
      users: [{ name: NAME, user: { token } }],
      contexts: [{ name: NAME, context }],
      'current-context': NAME,
    },
    { lineWidth: 0 },
  );
}
