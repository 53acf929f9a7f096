/**
 * The second half of reading a request: what its body says. Pure.
 */
import type { Json, KubeAction } from '../action.ts';
import { decodeBody } from './body/decode.ts';
import type { RequestHead } from './classify.ts';
import { isDryRun } from './dry-run.ts';
import { Unfit } from './refusal.ts';
import { mayScale } from './scale/replicas.ts';

/** Bytes of a body: as many as the API server itself takes. */
export const MAX_BODY = 3 * 1024 * 1024;

/** What there is of an action before it has an id, was probed for its effect, and its body was masked. */
export type Understood = Omit<KubeAction, 'id' | 'opens' | 'body'> & { body: UnderstoodBody | null };

export interface UnderstoodBody {
  /** Its media type, as the server takes it. */
  type: string;
  /** What goes on: the bytes as they came, or the same object as JSON where another reading of them is possible. */
  forward: Uint8Array;
  /** See {@link RequestBody.object}. */
  object: Json | null;
}

/**
 * @param bytes the whole body; empty where there is none
 * @throws Unfit
 */
export function understand(head: RequestHead, bytes: Uint8Array): Understood {
  const { method, uri, request, parameters, client, impersonates } = head;
  const body = bodyOf(head, bytes);
  const dryRun = isDryRun(head, body === null ? undefined : body.object);
  return {
    kind: 'request',
    ...{ method, uri, request, parameters, client, body },
    ...(impersonates && { impersonates }),
    dryRun,
    // Until a probe has told: scale/probe.ts.
    scales: mayScale({ request, dryRun }) ? 'unknown' : 'no',
    unknown: [],
  };
}

function bodyOf({ mediaType }: RequestHead, bytes: Uint8Array): UnderstoodBody | null {
  if (bytes.length === 0) return null;
  if (mediaType === null) throw new Unfit('body-unexpected', 'a body that no header announces');
  if (bytes.length > MAX_BODY) throw tooLarge();
  return { type: mediaType, ...decodeBody(mediaType, bytes) };
}

export function tooLarge(): Unfit {
  return new Unfit('body-size', `the API server takes no body of more than ${MAX_BODY} bytes`);
}
