/** What a method and a URL's path come to at an API server: the reading is the proxy's own. Pure. */
import type { ApiIntent } from '../../../action.ts';
import { Unfit } from '../../../request/refusal.ts';
import { parseMethod, requestInfo } from '../../../request/request-info.ts';
import { mayScale } from '../../../request/scale/replicas.ts';
import { parseTarget } from '../../../request/target.ts';
import type { Known } from '../known.ts';
import { isBuiltInKind } from '../kubectl/kinds.ts';
import { anything, type Line } from '../kubectl/line.ts';
import { HOLE, type Url } from './url.ts';

/** `kubectl get --raw PATH`. The shell takes a question mark in it for a glob, which hardly ever names a file. */
export function rawRequest(method: string, line: Line): ApiIntent {
  const { impersonates } = anything(line);
  const request = apiRequest(method, line.args.options.get('raw')?.at(-1)?.value ?? HOLE);
  return { ...request, impersonates, certain: request.certain && line.certain };
}

/** Stands for a computed segment while the target is read. */
const SEGMENT = 'unknown-to-us';

/** @param target path and query, with holes; what cannot be read may be anything */
export function apiRequest(method: Known, target: string): ApiIntent {
  if (method === null) return anything();
  const computed = target.includes(HOLE);
  try {
    const parsed = parseTarget(target.replaceAll(HOLE, SEGMENT));
    const request = requestInfo(parseMethod(method), parsed);
    // The whole path may stand in what is computed.
    if (computed && request.resource === '') return anything();
    const parameters = parsed.parameters.filter(([name, value]) => !`${name}${value}`.includes(SEGMENT));
    const dryRun = parameters.some(([name, value]) => name === 'dryRun' && value === 'All');
    const known = (text: string): Known => (text.includes(SEGMENT) ? null : text);
    return {
      verb: request.verb,
      group: known(request.group),
      resource: known(request.resource),
      subresource: known(request.subresource),
      namespace: known(request.namespace),
      name: known(request.name),
      path: known(request.path),
      parameters,
      dryRun: computed && !dryRun ? null : dryRun,
      scales: scalesOf(request, dryRun),
      impersonates: false,
      // A computed part is taken for a part of one segment, but may be more.
      certain: !computed,
    };
  } catch (error) {
    if (error instanceof Unfit) return anything();
    throw error;
  }
}

function scalesOf(request: ReturnType<typeof requestInfo>, dryRun: boolean): ApiIntent['scales'] {
  if (request.subresource === 'scale') return request.verb === 'get' ? 'no' : 'yes';
  return mayScale({ request, dryRun }) ? 'unknown' : 'no';
}

/** The API server of every cluster, by the names that it has there. */
const CLUSTER_NAMES = /^kubernetes(\.default(\.svc(\..+)?)?)?$/;
/** Where our own proxy listens, and every API server by default. */
const SERVER_PORT = '6443';
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;
/** `/api/v1/…` and `/apis/apps/v1/…`. */
const CORE = /^\/api\/v1\/(?:watch\/)?(?:namespaces\/[^/]+\/)?([^/?]+)/;
const GROUPED = /^\/apis\/[^/]+\/v\d[^/]*\/./;

/** The request that a URL is for: of a host that is no API server for certain, only if it looks like one. Null for no such. */
export function requestAt(method: Known, { host, port, target, inCluster }: Url): ApiIntent | null {
  const path = normalised(target);
  if (inCluster || (host !== null && CLUSTER_NAMES.test(host))) return apiRequest(method, path);
  if (host !== null && LOOPBACK.test(host) && port === SERVER_PORT) return apiRequest(method, path);
  const resource = CORE.exec(path)?.[1];
  const resembles =
    resource === undefined ? GROUPED.test(path) : isBuiltInKind(resource) || resource.includes(HOLE);
  if (resembles) return { ...apiRequest(method, path), certain: false };
  return null;
}

/** As a client sends it: with a path, and without `/../` in it. */
function normalised(target: string): string {
  const path = target.startsWith('/') ? target : `/${target}`;
  if (!path.includes('/.')) return path;
  const url = URL.parse(`http://host${path.replaceAll(HOLE, SEGMENT)}`);
  return url === null ? path : `${url.pathname}${url.search}`.replaceAll(SEGMENT, HOLE);
}

const VERBS: Readonly<Record<string, readonly string[]>> = {
  GET: ['get', 'list'],
  HEAD: ['get', 'list'],
  POST: ['create'],
  PUT: ['update'],
  PATCH: ['patch'],
  DELETE: ['delete', 'deletecollection'],
};

/** What it may be where nothing is known of the URL: it may lead to an API server, or elsewhere. */
export function requestAnywhere(method: Known): ApiIntent[] {
  const verbs = method === null ? undefined : VERBS[method];
  return verbs === undefined ? [anything()] : verbs.map((verb) => ({ ...anything(), verb }));
}
