/**
 * One part of the API proxy's benchmark as a process of its own: `node part.ts upstream DATA` serves 2 KB, `node part.ts
 * proxy DATA` is the proxy as `chaperone up --context` runs it. Each prints where it is, as JSON.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { createAuthority, issueServerCertificate } from '../../../sidecar/kube/credentials/certificates.ts';
import { startKubeProxy } from '../../../sidecar/kube/kube.ts';
import { fromContext } from '../../../sidecar/kube/upstream/context.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';
import { PolicyFile } from '../../../sidecar/policy/policy-file.ts';

const TOKEN = 'upstream';
const [part = '', data = ''] = process.argv.slice(2);
const file = join(data, 'upstream.kubeconfig');

async function upstream(): Promise<unknown> {
  const authority = await createAuthority(new Date());
  const { certificate: cert, key } = await issueServerCertificate(authority, new Date());
  const pod = { kind: 'Pod', metadata: { name: 'box', namespace: 'agents' }, spec: podSpec() };
  const body = Buffer.from(JSON.stringify(pod));
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const server = createServer({ cert, key, ALPNProtocols: ['http/1.1'] }, (_request, response) => {
    response.writeHead(200, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ca = authority.certificate;
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'bench', user: { token: TOKEN } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
  writeFileSync(file, stringify(config));
  return { url, ca, token: TOKEN };
}

/** Some 2 KB that compress as an object's JSON does. */
function podSpec(): unknown {
  return Array.from({ length: 16 }, (_, i) => ({
    name: `container-${i}`,
    image: `registry.example/team/image-${i}:1.${i}`,
    env: [{ name: `KEY_${i}`, value: `${i * 7919}` }],
  }));
}

async function proxy(): Promise<unknown> {
  const log = await AuditLog.open({ data });
  const policy = await PolicyFile.open(join(data, 'policy.yaml'));
  const directory = join(data, 'kube');
  const kube = await startKubeProxy({
    ...{ directory, source: fromContext({ file }), port: 0, orAnother: false },
    identity: { user: 'bench', groups: [], proof: 'claimed' },
    vault: newVault(),
    ...{ journal: log, clock: systemClock, policy: () => policy.current(), report: console.error },
  });
  const inside = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { url: kube.url, ca: inside('authority.crt'), token: inside('token').trim() };
}

process.stdout.write(`${JSON.stringify(part === 'upstream' ? await upstream() : await proxy())}\n`);
