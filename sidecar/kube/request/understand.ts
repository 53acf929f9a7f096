/**
 * The second half of reading a request: what its body says. Pure.
 */
import { createHash } from 'node:crypto';
import type { BodySummary } from '../../../recorder/audit/event.ts';
import type { Json, KubeAction } from '../../action.ts';
import { decodeBody } from './body/decode.ts';
import type { RequestHead } from './classify.ts';
import { isDryRun } from './dry-run.ts';
import { fit, type Refusal, Unfit } from './refusal.ts';
import { mayScale } from './scale/replicas.ts';

export interface BodyLimits {
  /** Bytes of a body; the API server itself takes 3 MiB. */
  size: number;
}

export const BODY_LIMITS: BodyLimits = { size: 4 * 1024 * 1024 };

/** What there is of an action before it has an id, was probed for its effect, and its body was masked. */
export type Understood = Omit<KubeAction, 'id' | 'opens' | 'body'> & { body: UnderstoodBody | null };

export interface UnderstoodBody {
  summary: BodySummary;
  /** What goes on: the bytes as they came, or the same object as JSON where another reading of them is possible. */
  forward: Uint8Array;
  /** See {@link RequestBody.object}. */
  object: Json | null;
}

/** @param bytes the whole body; empty where there is none */
export function understand(
  head: RequestHead,
  bytes: Uint8Array,
  limits: BodyLimits = BODY_LIMITS,
): { ok: true; action: Understood } | { ok: false; refusal: Refusal } {
  return fit(() => ({ action: actionOf(head, bodyOf(head, bytes, limits)) }));
}

function actionOf(head: RequestHead, body: UnderstoodBody | null): Understood {
  const { method, uri, request, parameters, client, impersonates } = head;
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

function bodyOf({ mediaType }: RequestHead, bytes: Uint8Array, limits: BodyLimits): UnderstoodBody | null {
  if (bytes.length === 0) return null;
  if (mediaType === null) throw new Unfit('body-unexpected', 'a body that no header announces');
  if (bytes.length > limits.size) throw new Unfit('body-size', `the body exceeds ${limits.size} bytes`);
  const { object, forward } = decodeBody(mediaType, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { summary: { type: mediaType, bytes: bytes.length, sha256 }, forward, object };
}
