/**
 * What a credential plugin is told: `KUBERNETES_EXEC_INFO`, which client libraries of other languages leave out.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#input-and-output-formats
 */
import { members, type Named, readText } from './kubeconfig.ts';

const NAME = 'KUBERNETES_EXEC_INFO';
/** Where a cluster says what plugins are to know of it. */
const EXTENSION = 'client.authentication.k8s.io/exec';
const PASSED_ON = [
  'server',
  'tls-server-name',
  'insecure-skip-tls-verify',
  'proxy-url',
  'disable-compression',
];

/** The user, with a plugin that is told what it asks for. @throws Error where the cluster's authority cannot be read */
export function informed({ name, value }: Named, cluster: Named): Named {
  const exec = members(value.exec);
  if (exec.command === undefined) return { name, value };
  // Whoever runs us may sit at a terminal; its input is not the plugin's.
  const spec = { interactive: false, ...(exec.provideClusterInfo === true && { cluster: told(cluster) }) };
  const info = { kind: 'ExecCredential', apiVersion: exec.apiVersion, spec };
  const env = [...(Array.isArray(exec.env) ? exec.env : []), { name: NAME, value: JSON.stringify(info) }];
  return { name, value: { ...value, exec: { ...exec, env } } };
}

function told({ value }: Named): object {
  const authority = value['certificate-authority'];
  const data =
    value['certificate-authority-data'] ??
    (typeof authority === 'string' ? Buffer.from(readText(authority)).toString('base64') : undefined);
  const extensions = Array.isArray(value.extensions) ? value.extensions.map(members) : [];
  const config = extensions.find(({ name }) => name === EXTENSION)?.extension;
  const plain = PASSED_ON.filter((member) => value[member] !== undefined);
  return {
    ...Object.fromEntries(plain.map((member) => [member, value[member]])),
    ...(data !== undefined && { 'certificate-authority-data': data }),
    ...(config !== undefined && { config }),
  };
}
