/** From what a client sent to what the gate judges. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KubeAction, RequestBody } from '../../action.ts';
import type { Vault } from '../../mask/vault.ts';
import { classify, type RequestHead } from '../../request/classify.ts';
import type { Refusal } from '../../request/refusal.ts';
import { understand } from '../../request/understand.ts';
import { mediaType } from './ledger.ts';
import { type RequestMasking, type StoredBody, unreadBody } from './masking.ts';

/** A request that can be judged, and what would go on of it. */
export interface Candidate {
  action: KubeAction;
  head: RequestHead;
  /** The body that goes on. */
  forward: Uint8Array | null;
}

/** @throws Unfit */
export function readHead({ method = '', url = '', rawHeaders }: IncomingMessage): RequestHead {
  return classify(method, url, rawHeaders);
}

/** How bodies are recorded. */
export interface Recording {
  masking: RequestMasking;
  /** The most bytes of one that are kept. */
  keep: number;
}

/** @throws Unfit */
export function candidate(head: RequestHead, body: Buffer, { masking, keep }: Recording): Candidate {
  const action = understand(head, body);
  const { forward = null, object = null } = action.body ?? {};
  return {
    head: { ...head, headers: masking.headers(head.headers) },
    forward,
    action: {
      ...action,
      id: randomUUID(),
      body: action.body && {
        ...recordedBody(masking.body({ type: action.body.type, bytes: body, object }), keep),
        type: action.body.type,
        exact: forward ?? body,
        object,
      },
    },
  };
}

function recordedBody(
  { stored, summary }: StoredBody,
  keep: number,
): Pick<RequestBody, 'summary' | 'recorded'> {
  const recorded = stored.subarray(0, keep);
  const cut = (summary.cut ?? 0) + stored.length - recorded.length;
  return { summary: { ...summary, ...(cut > 0 && { cut }) }, recorded };
}

/** Characters of a request target that nothing could be made of. */
const MAX_SHOWN = 2048;

/** What stands in the log of a request that cannot be judged: its words as they came. */
export function unfitAction(
  request: IncomingMessage,
  { refusal, body, vault }: { refusal: Refusal; body: Buffer | null; vault: Vault },
): KubeAction {
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
    body:
      body === null || body.length === 0
        ? null
        : unread(unreadBody(vault, { uri: url, type: mediaType(headers['content-type']), bytes: body })),
    scales: 'unknown',
    unknown: [refusal.message],
  };
}

function unread({ stored, summary }: StoredBody): KubeAction['body'] {
  return { summary, type: summary.type, exact: stored, recorded: stored, object: null };
}
