/** What `chaperone up --context` stands in front of in these tests. */
import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { serve, UPSTREAM_TOKEN } from '../sidecar/kube/proxy/world.ts';
import { temporary } from './program.ts';

export interface Seen {
  method: string | undefined;
  authorization: string | undefined;
  session: string | undefined;
  url: string | undefined;
}

/** An API server, and the context that leads to it. @param answer by default everything is answered alike */
export async function world(t: Parameters<typeof temporary>[0], answer?: RequestListener) {
  const seen: Seen[] = [];
  const upstream = await serve(t, (request, response) => {
    const { method, url, headers } = request;
    seen.push({
      method,
      url,
      authorization: headers.authorization,
      session: String(headers['kubectl-session']),
    });
    if (answer !== undefined) {
      answer(request, response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ gitVersion: 'v1.36.2', major: '1', minor: '36', path: url }));
  });
  const data = await temporary(t);
  const file = join(data, 'upstream.kubeconfig');
  const cluster = {
    server: upstream.source.server.origin,
    'certificate-authority-data': Buffer.from(upstream.authority).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster }],
    users: [{ name: 'me', user: { token: UPSTREAM_TOKEN } }],
    contexts: [{ name: 'prod', context: { cluster: 'real', user: 'me', namespace: 'agents' } }],
  };
  await writeFile(file, stringify(config));
  return { seen, data, flags: ['--context', 'prod', '--kubeconfig', file, '--kube-port', '0'] };
}
