/** From what a client sent to what the gate judges. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KubeAction } from '../../action.ts';
import { classify, type RequestHead } from '../classify.ts';
import { type Refusal, Unfit } from '../refusal.ts';
import { understand } from '../understand.ts';
import { mediaType } from './ledger.ts';

/** A request that can be judged, and what would go on of it. */
export interface Candidate {
  action: KubeAction;
  head: RequestHead;
  /** The body that goes on. */
  forward: Uint8Array | null;
}

/** @throws Unfit */
export function readHead({ method = '', url = '', rawHeaders }: IncomingMessage): RequestHead {
  const classified = classify(method, url, rawHeaders);
  if (!classified.ok) throw new Unfit(classified.refusal.code, classified.refusal.message);
  return classified.head;
}

/**
 * @param keep the most bytes of a body that are recorded
 * @throws Unfit
 */
export function candidate(head: RequestHead, body: Buffer, keep: number): Candidate {
  const understood = understand(head, body);
  if (!understood.ok) throw new Unfit(understood.refusal.code, understood.refusal.message);
  const { action } = understood;
  const { forward = null, object = null } = action.body ?? {};
  const recorded = body.subarray(0, keep);
  const cut = body.length - recorded.length;
  return {
    head,
    forward,
    action: {
      ...action,
      id: randomUUID(),
      body: action.body && {
        summary: { ...action.body.summary, ...(cut > 0 && { cut }) },
        ...{ recorded, object },
      },
    },
  };
}

/** Characters of a request target that nothing could be made of. */
const MAX_SHOWN = 2048;

/** What stands in the log of a request that cannot be judged: its words as they came. */
export function unfitAction(request: IncomingMessage, refusal: Refusal, body: Buffer | null): KubeAction {
  const { method = '', url = '', headers } = request;
  const shown = url.slice(0, MAX_SHOWN);
  const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
  return {
    kind: 'request',
    id: randomUUID(),
    method,
    uri: shown,
    request: { verb: method.toLowerCase(), ...nothing, path: shown },
    parameters: [],
    dryRun: false,
    client: {},
    body: body === null || body.length === 0 ? null : unread(body, headers['content-type']),
    scales: 'unknown',
    unknown: [refusal.message],
  };
}

function unread(body: Buffer, type: string | undefined): KubeAction['body'] {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const summary = { type: mediaType(type), bytes: body.length, sha256 };
  return { summary, recorded: body, object: null };
}
