/**
 * A stand-in for an API server that lets a real kubectl get on, and keeps what it was asked for. What it has is listed in
 * discovery.json, as a real server listed it; an object that is asked for is there unless its name begins with `new`.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RequestInfo } from '../../../../../recorder/audit/request.ts';
import { isDryRun } from '../../../../../sidecar/request/dry-run.ts';
import { parseMethod, requestInfo } from '../../../../../sidecar/request/request-info.ts';
import { parseTarget } from '../../../../../sidecar/request/target.ts';

export interface Listed {
  name: string;
  kind: string;
  namespaced: boolean;
  singularName?: string;
  shortNames?: string[];
  categories?: string[];
}

export const LISTS: readonly { groupVersion: string; resources: Listed[] }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'discovery.json'), 'utf8'),
).lists;

export interface Asked extends RequestInfo {
  dryRun: boolean;
}

export interface StandIn {
  url: string;
  /** Requests for resources since the last call. */
  take(): Asked[];
  close(): void;
}

export async function startStandIn(): Promise<StandIn> {
  let asked: Asked[] = [];
  const server = createServer((request, response) => void answer(request, response, asked));
  server.on('upgrade', (request, socket) => {
    asked.push(read(request, ''));
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = asked.filter(({ resource }) => resource !== '');
      asked = [];
      return taken;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function read({ method, url }: IncomingMessage, body: string): Asked {
  const target = parseTarget(url!);
  const { parameters } = target;
  const request = requestInfo(parseMethod(method!), target);
  const object = body.startsWith('{') ? JSON.parse(body) : undefined;
  return { ...request, dryRun: isDryRun({ request, parameters }, object) };
}

async function answer(request: IncomingMessage, response: ServerResponse, asked: Asked[]): Promise<void> {
  const body = await text(request);
  const info = read(request, body);
  const isGone = asked.some(
    ({ verb, resource, name }) => verb === 'delete' && resource === info.resource && name === info.name,
  );
  asked.push(info);
  const { status, object } = isGone && info.name !== '' ? failure(404, 'NotFound') : replyTo(info, body);
  response.writeHead(status, { 'content-type': 'application/json' }).write(`${JSON.stringify(object)}\n`);
  // What is watched goes on until the client has seen enough.
  if (info.verb !== 'watch') response.end();
  else response.write(`${JSON.stringify({ type: 'BOOKMARK', object: markOf(info) })}\n`);
}

/** Says that all which was there has been sent. */
function markOf(info: RequestInfo) {
  const metadata = { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } };
  return { apiVersion: versionOf(info), kind: listed(info).kind, metadata };
}

function replyTo(info: Asked, body: string): { status: number; object: unknown } {
  if (info.resource === '') return { status: 200, object: discovery(info.path) };
  // The protocols of streams, spoken without an upgrade, and their like.
  if (['exec', 'attach', 'portforward'].includes(info.subresource)) return failure(403, 'Forbidden');
  if (info.subresource === 'log') return { status: 200, object: 'a line' };
  if (info.verb === 'watch')
    return { status: 200, object: { type: 'ADDED', object: objectOf(info, info.name || 'one') } };
  if (info.verb === 'create') return { status: 201, object: made(info, body) };
  if (info.verb === 'delete')
    return { status: 200, object: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
  if (info.name.startsWith('new')) return failure(404, 'NotFound');
  const { kind } = listed(info);
  const apiVersion = versionOf(info);
  if (info.verb !== 'list') return { status: 200, object: objectOf(info, info.name) };
  return {
    status: 200,
    object: { kind: `${kind}List`, apiVersion, metadata: {}, items: [objectOf(info, info.name || 'one')] },
  };
}

function failure(code: number, reason: string) {
  return {
    status: code,
    object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: reason },
  };
}

function made(info: Asked, body: string): unknown {
  if (info.subresource === 'token')
    return { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', status: { token: 't' } };
  if (info.subresource === 'eviction') return { kind: 'Status', apiVersion: 'v1', status: 'Success' };
  try {
    return JSON.parse(body);
  } catch {
    return objectOf(info, 'made');
  }
}

const versionOf = ({ group, version }: RequestInfo) => (group === '' ? version : `${group}/${version}`);

function listed(info: RequestInfo): Listed {
  const list = LISTS.find(({ groupVersion }) => groupVersion === versionOf(info));
  return (
    list?.resources.find(({ name }) => name === info.resource) ?? {
      name: '',
      kind: 'Unknown',
      namespaced: true,
    }
  );
}

function discovery(path: string): unknown {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
  if (path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.0' };
  const list = LISTS.find(
    ({ groupVersion }) => path === (groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`),
  );
  const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
  const resources = list?.resources.map((one) => ({ singularName: '', ...one, verbs }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: list?.groupVersion ?? 'none/v1',
    resources: resources ?? [],
  };
}

function groups(): unknown[] {
  const names = [...new Set(LISTS.map(({ groupVersion }) => groupVersion.split('/')))];
  const byName = new Map<string, string[]>();
  for (const [group, version] of names)
    if (version) byName.set(group!, [...(byName.get(group!) ?? []), version]);
  return [...byName].map(([name, versions]) => {
    const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: all, preferredVersion: all[0] };
  });
}

const CONTAINERS = [{ name: 'app', image: 'app', env: [], stdin: true, tty: true }];
const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'one', uid: 'u', controller: true };

/** Enough of an object for kubectl to go on with. */
function objectOf(info: RequestInfo, name: string): unknown {
  const { resource, namespace, subresource } = info;
  const { kind, namespaced } = listed(info);
  const metadata = {
    ...{ name, uid: '00000000-0000-4000-8000-000000000000', resourceVersion: '7', labels: { app: name } },
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...(namespaced && { namespace: namespace || 'default' }),
    ...(resource === 'pods' && { ownerReferences: [OWNER] }),
  };
  const more = resource === 'events' ? { involvedObject: {} } : {};
  if (subresource === 'scale') {
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata };
    return { ...scale, spec: { replicas: 1 }, status: { replicas: 1, selector: 'app=one' } };
  }
  return { apiVersion: versionOf(info), kind, metadata, ...more, ...inside(resource) };
}

function inside(resource: string): object {
  const template = { metadata: { labels: { app: 'one' } }, spec: { containers: CONTAINERS } };
  switch (resource) {
    case 'pods':
      return {
        spec: { containers: CONTAINERS, nodeName: 'node1', securityContext: {} },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [{ name: 'app', ready: true, state: { running: {} } }],
        },
      };
    case 'services':
      return { spec: { selector: { app: 'one' }, ports: [{ port: 80, targetPort: 80 }] } };
    case 'deployments':
    case 'replicasets':
    case 'statefulsets':
    case 'daemonsets':
      return {
        spec: { replicas: 1, selector: { matchLabels: { app: 'one' } }, template },
        status: { replicas: 1 },
      };
    case 'cronjobs':
      return { spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } };
    case 'rolebindings':
    case 'clusterrolebindings':
      return {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [],
      };
    case 'certificatesigningrequests':
      return { spec: { request: '', signerName: 'example.com/x' }, status: {} };
    case 'nodes':
      return { spec: {}, status: { conditions: [] } };
    default:
      return {};
  }
}
