/**
 * The first half of reading a request: what its line and headers say, before a byte of its body is here. Pure.
 */
import type { ClientClaims, RequestInfo } from '../../recorder/audit/request.ts';
import { acceptable, acceptableEncoding, claimsOf, type Header, Headers, impersonates } from './headers.ts';
import { type MediaType, mediaTypeOf } from './media-type.ts';
import { checkParameters } from './parameters.ts';
import { Unfit } from './refusal.ts';
import { type Method, parseMethod, requestInfo } from './request-info.ts';
import { type Parameter, parseTarget, serialiseTarget } from './target.ts';
import { type UpgradeRequest, upgradeOf } from './upgrade-request.ts';

export interface RequestHead {
  method: Method;
  /** Path and query, as they are to be forwarded. */
  uri: string;
  request: RequestInfo;
  parameters: readonly Parameter[];
  client: ClientClaims;
  /** True where it asks to be carried out as somebody else: a built-in rule refuses it. */
  impersonates: boolean;
  /** What the connection is to become; null for an ordinary request. */
  upgrade: UpgradeRequest | null;
  /** How its body is encoded, if it has one. */
  mediaType: MediaType | null;
  /**
   * Headers that go to the API server, without Host, Authorization, Audit-ID, Content-Type, Content-Length and those
   * of an upgrade, which the sender makes itself.
   */
  headers: readonly Header[];
}

/**
 * @param target the request target exactly as it stood in the request line
 * @param rawHeaders names and values in turn, as they came
 * @throws Unfit
 */
export function classify(verb: string, target: string, rawHeaders: readonly string[]): RequestHead {
  const method = parseMethod(verb);
  const headers = new Headers(rawHeaders);
  const parsed = parseTarget(target);
  const request = requestInfo(method, parsed);
  checkParameters(parsed.parameters);
  checkFraming(method, headers);
  const encoding = headers.get('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Unfit('body-encoding', 'the API server takes no compressed bodies: send it as it is');
  }
  return {
    method,
    uri: serialiseTarget(parsed),
    request,
    parameters: parsed.parameters,
    client: claimsOf(headers),
    impersonates: impersonates(headers),
    upgrade: upgradeOf(headers, request, method),
    mediaType: hasBody(headers) ? mediaTypeOf(method, headers.get('content-type')) : null,
    headers: [...acceptable(headers), acceptableEncoding(headers), ...headers.forwarded()],
  };
}

function hasBody(headers: Headers): boolean {
  const length = headers.get('content-length');
  return headers.get('transfer-encoding') !== undefined || (length !== undefined && !/^0+$/.test(length));
}

function checkFraming(method: Method, headers: Headers): void {
  const coding = headers.get('transfer-encoding');
  if (
    coding !== undefined &&
    (coding.toLowerCase() !== 'chunked' || headers.get('content-length') !== undefined)
  ) {
    throw new Unfit('header', 'the length of the body has to be said in one way: Content-Length, or chunked');
  }
  if ((method === 'GET' || method === 'HEAD') && hasBody(headers)) {
    throw new Unfit('body-unexpected', `a ${method} has no body`);
  }
}
