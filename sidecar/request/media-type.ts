/**
 * How a body is encoded, as the API server will read it: a patch by the exact text in front of a semicolon, everything
 * else by media type. Pure.
 */

import { Unfit } from './refusal.ts';
import type { Method } from './request-info.ts';

export const JSON_TYPE = 'application/json';
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

const OBJECTS = [JSON_TYPE, 'application/yaml', PROTOBUF_TYPE] as const;
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

export type MediaType = (typeof OBJECTS)[number] | (typeof PATCHES)[number];

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * @param header `Content-Type`; without one the server takes JSON, but not for a patch
 * @throws Unfit
 */
export function mediaTypeOf(method: Method, header: string | undefined): MediaType {
  const type = (header ?? (method === 'PATCH' ? '' : JSON_TYPE)).split(';', 1)[0]!.trim().toLowerCase();
  if (!TOKEN.test(type)) throw new Unfit('media-type', 'Content-Type has to name the media type of the body');
  const known: readonly MediaType[] = method === 'PATCH' ? PATCHES : OBJECTS;
  const found = known.find((one) => one === type);
  if (found !== undefined) return found;
  throw new Unfit('media-type', `the body of a ${method} has to be one of ${known.join(', ')}`);
}
