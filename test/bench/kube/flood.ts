/**
 * The stand-in API server of the exec benchmark as a process of its own: `node flood.ts DIRECTORY` writes a kubeconfig
 * there, and prints its path.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issueServerCertificate } from '../../../sidecar/kube/credentials/certificates.ts';
import { kubeconfigText } from '../../../sidecar/kube/credentials/kubeconfig.ts';
import { startCluster } from '../../sidecar/kube/cluster.ts';

const file = join(process.argv[2]!, 'cluster.kubeconfig');
const authority = await createAuthority(new Date());
const { certificate: cert, key } = await issueServerCertificate(authority, new Date());
const { url } = await startCluster({ cert, key, ALPNProtocols: ['http/1.1'] });
const access = { server: url, authority: authority.certificate, token: 'bench', namespace: 'default' };
writeFileSync(file, kubeconfigText(access));
process.stdout.write(`${file}\n`);
