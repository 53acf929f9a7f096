/**
 * What any proxy costs that opens TLS on both sides: it passes the bytes on, and does nothing else. As a process of its
 * own: `node relay.ts KUBECONFIG DIRECTORY` stands in front of the server of a kubeconfig, writes one that leads to
 * itself, and prints its path.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { connect, createServer } from 'node:tls';
import { parse } from 'yaml';
import { createAuthority, issueServerCertificate } from '../../../sidecar/kube/credentials/certificates.ts';
import { kubeconfigText } from '../../../sidecar/kube/credentials/kubeconfig.ts';

const [kubeconfig = '', directory = ''] = process.argv.slice(2);
const { server, 'certificate-authority-data': encoded } = parse(readFileSync(kubeconfig, 'utf8')).clusters[0]
  .cluster;
const { hostname: host, port } = new URL(server);
const ca = Buffer.from(encoded, 'base64').toString();
const authority = await createAuthority(new Date());
const { certificate: cert, key } = await issueServerCertificate(authority, new Date());
const ALPNProtocols = ['http/1.1'];

const listener = createServer({ cert, key, ALPNProtocols }, (client) => {
  const upstream = connect({ host, port: Number(port), ca, ALPNProtocols });
  pipeline(client, upstream, () => client.destroy());
  pipeline(upstream, client, () => upstream.destroy());
});
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
const file = join(directory, 'relay.kubeconfig');
const url = `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
const access = { server: url, authority: authority.certificate, token: 'bench', namespace: 'default' };
writeFileSync(file, kubeconfigText(access));
process.stdout.write(`${file}\n`);
