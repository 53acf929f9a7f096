/**
 * Method and target → what the API server itself takes the request for. Pure.
 *
 *     /api/{version}/…                 the core group       /…  anything else is for no resource
 *     /apis/{group}/{version}/…        the others
 *       [watch|proxy/] [namespaces/{namespace}/] {resource} [/{name} [/{subresource} […]]]
 *
 * https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/request#RequestInfoFactory.NewRequestInfo
 */
import type { RequestInfo } from '../../recorder/audit/request.ts';
import { parseFieldSelector } from './field-selector.ts';
import { Unfit } from './refusal.ts';
import { type Parameter, pathOf, type Target } from './target.ts';

/** OPTIONS, CONNECT and TRACE mean nothing to the API server. */
const VERBS = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export type Method = keyof typeof VERBS;

/** Prefixes that stand for a verb: the first is deprecated, the second gone since Kubernetes 1.10. */
const PATH_VERBS = new Set(['watch', 'proxy']);
/** What stands behind a namespace's name and is not a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** @throws Unfit */
export function parseMethod(method: string): Method {
  if (Object.hasOwn(VERBS, method)) return method as Method;
  throw new Unfit('method', 'the method has to be one of GET, HEAD, POST, PUT, PATCH, DELETE');
}

/** @throws Unfit where the API server would answer that it cannot tell */
export function requestInfo(method: Method, target: Target): RequestInfo {
  const parts = resourceParts(target.segments);
  if (parts === null) return nonResource(method, target);
  if (target.trailing) throw new Unfit('path-segment', 'the path of a resource may not end in a slash');
  const { group, version, rest } = parts;
  const pathVerb = PATH_VERBS.has(rest[0]!) ? rest[0]! : null;
  const own = pathVerb === null ? rest : rest.slice(1);
  if (own.length === 0) throw new Unfit('path-shape', `${pathOf(target)} names no resource`);
  if (pathVerb === 'watch' && method !== 'GET') {
    throw new Unfit('method', 'a path below watch/ can only be read with GET');
  }
  const place = placeOf(own, pathVerb === 'proxy');
  return { ...named(pathVerb ?? VERBS[method], place, target.parameters), group, version, path: '' };
}

function nonResource(method: Method, target: Target): RequestInfo {
  const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
  return { verb: method.toLowerCase(), ...nothing, path: pathOf(target) };
}

function resourceParts(segments: readonly string[]) {
  const [prefix, ...others] = segments;
  if (prefix === 'api' && others.length >= 2) {
    return { group: '', version: others[0]!, rest: others.slice(1) };
  }
  if (prefix === 'apis' && others.length >= 3) {
    return { group: others[0]!, version: others[1]!, rest: others.slice(2) };
  }
  return null;
}

type Place = Pick<RequestInfo, 'namespace' | 'resource' | 'name' | 'subresource'>;

function placeOf(parts: readonly string[], legacyProxy: boolean): Place {
  let own = parts;
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!;
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2]!)) own = parts.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = own;
  return { namespace, resource, name, subresource: legacyProxy ? '' : subresource };
}

/** Whoever names nothing wants them all; a selector may name one even so. */
function named(verb: string, place: Place, parameters: readonly Parameter[]): Place & { verb: string } {
  if (place.name !== '') return { ...place, verb };
  if (verb === 'delete') return { ...place, verb: 'deletecollection' };
  if (verb !== 'get') return { ...place, verb };
  const listed = isTrue(parameters, 'watch') ? 'watch' : 'list';
  return { ...place, verb: listed, name: selectedName(parameters) };
}

/** As the API server reads a boolean: anything but `0` and `false` is true, the empty text too. */
export function isTrue(parameters: readonly Parameter[], name: string): boolean {
  const value = parameter(parameters, name);
  return value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
}

export function parameter(parameters: readonly Parameter[], name: string): string | undefined {
  return parameters.find(([known]) => known === name)?.[1];
}

function selectedName(parameters: readonly Parameter[]): string {
  const terms = parseFieldSelector(parameter(parameters, 'fieldSelector') ?? '');
  if (terms === null)
    throw new Unfit('query-value', 'fieldSelector cannot be read: field=value, … is its form');
  const names = terms.filter(({ field, equal }) => field === 'metadata.name' && equal);
  if (names.length > 1) throw new Unfit('query-value', 'fieldSelector asks for two values of metadata.name');
  const name = names[0]?.value ?? '';
  return name === '.' || name === '..' || /[/%]/.test(name) ? '' : name;
}
