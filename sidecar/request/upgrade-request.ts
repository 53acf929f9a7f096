/**
 * Which requests may turn their connection into something else, and into what. Pure.
 *
 * Only exec, attach and port-forward may: the API server would upgrade a watch too, and bytes that nobody decodes
 * would run on our credential.
 */
import type { RequestInfo } from '../../recorder/audit/request.ts';
import type { Headers } from './headers.ts';
import { Unfit } from './refusal.ts';

export interface UpgradeRequest {
  to: 'websocket' | 'spdy';
  subresource: 'exec' | 'attach' | 'portforward';
  /** What the client offers to speak, in its order: never a token of it. */
  protocols: readonly string[];
}

const UPGRADABLE = new Set(['exec', 'attach', 'portforward']);
/** A client may carry its token here: https://kubernetes.io/docs/reference/access-authn-authz/authentication/ */
const BEARER = /^base64url\.bearer\.authorization\.k8s\.io\./i;

/**
 * @throws Unfit
 */
export function upgradeOf(headers: Headers, request: RequestInfo, method: string): UpgradeRequest | null {
  const wanted = headers.list('upgrade');
  const said = headers.list('connection').some((name) => name.toLowerCase() === 'upgrade');
  if (wanted.length === 0 && !said) return null;
  const to = wanted.length === 1 && said ? KINDS.get(wanted[0]!.toLowerCase()) : undefined;
  if (to === undefined)
    throw new Unfit('upgrade', 'the connection can be upgraded to websocket or SPDY/3.1 only');
  const { resource, subresource, group, name } = request;
  if (group !== '' || resource !== 'pods' || name === '' || !UPGRADABLE.has(subresource)) {
    throw new Unfit(
      'upgrade',
      'only exec, attach and port-forward may upgrade the connection: ask without upgrade',
    );
  }
  if (to === 'websocket' && method !== 'GET') throw new Unfit('upgrade', 'a WebSocket is opened with GET');
  const offered = headers.list(to === 'websocket' ? 'sec-websocket-protocol' : 'x-stream-protocol-version');
  const protocols = offered.filter((protocol) => !BEARER.test(protocol));
  return { to, subresource: subresource as UpgradeRequest['subresource'], protocols };
}

const KINDS = new Map<string, UpgradeRequest['to']>([
  ['websocket', 'websocket'],
  ['spdy/3.1', 'spdy'],
]);
