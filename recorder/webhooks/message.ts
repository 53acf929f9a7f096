/**
 * What is told of an approval. Pure. Everything in it is as the log has it: known secrets are masked. A message is a
 * hint, and no more than that: the page shows all of it, and nothing that it links to decides anything.
 */
import type { Approval, ApprovalEvent } from '../approvals/approval.ts';
import type { Identity } from '../audit/identity.ts';
import type { Micros } from '../audit/units.ts';
import { askedText } from '../export/labels.ts';
import { glob, matches } from '../glob.ts';
import { UNPRINTABLE } from '../unprintable.ts';
import type { MessageType, TargetSettings } from './settings.ts';

export interface Message {
  /** The same after a restart: who gets it twice can tell. */
  id: string;
  type: MessageType;
  at: Micros;
  /** As it stood then. */
  approval: Approval;
}

/** The JSON that is sent. Members may be added; `version` changes where one goes away or means something else. */
export interface Payload {
  version: 1;
  type: MessageType;
  /** RFC 3339: when it happened. */
  timestamp: string;
  data: {
    id: string;
    /** The request on the page. */
    url: string;
    state: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';
    kind: 'command' | 'request' | 'tool';
    /** What would run, in one line of up to 1,000 characters; `cut` where there is more. */
    what: string;
    cut: boolean;
    rule: string;
    reason: string;
    session: string;
    requester: { user: string; proof: Identity['proof']; pod?: string; conversation?: string };
    requestedAt: string;
    /** Nobody having decided by then means no. */
    until: string;
    groups: string[];
    quorum: number;
    votes: { user: string; vote: 'approve' | 'deny'; comment?: string }[];
    /** Who cancelled or revoked it. */
    by?: string;
    grantedUntil?: string;
  };
}

/** Null for what nobody is told of. */
export function messageOf(approval: Approval, event: ApprovalEvent, at: Micros): Message | null {
  const type = typeOf(event);
  return type === null
    ? null
    : { id: `${event.id}.${type.slice('approval.'.length)}.${at}`, type, at, approval };
}

function typeOf(event: ApprovalEvent): MessageType | null {
  switch (event.type) {
    case 'approval.requested':
    case 'approval.voted':
    case 'approval.used':
    case 'approval.revoked':
      return event.type;
    case 'approval.settled':
      return `approval.${event.state}`;
    case 'approval.effect':
    case 'approval.returned':
      return null;
  }
}

/** All that is said has to hold. */
export function isFor(
  { types, groups, kinds, rules, namespaces }: Filter,
  { type, approval: { request } }: Message,
): boolean {
  const { asked, rule, terms, requester } = request;
  const namespace = requester.pod?.namespace;
  return (
    types.includes(type) &&
    (groups === null || terms.groups.length === 0 || terms.groups.some((one) => groups.includes(one))) &&
    (kinds === null || kinds.includes(asked.kind)) &&
    (rules === null || matchesAny(rules, rule)) &&
    (namespaces === null || (namespace !== undefined && matchesAny(namespaces, namespace)))
  );
}

type Filter = Pick<TargetSettings, 'types' | 'groups' | 'kinds' | 'rules' | 'namespaces'>;

function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((source) => matches(glob(source), text));
}

const MOST_SHOWN = 1000;

/** @param page where people open the page, e.g. `https://chaperone.example.com` */
export function payloadOf({ type, at, approval }: Message, page: string): Payload {
  const { request, settled, requestedAt, votes } = approval;
  const { id, asked, rule, reason, session, terms } = request;
  const title = visible(askedText(approval.request.asked));
  const until = settled?.grantedUntil;
  return {
    ...{ version: 1, type, timestamp: timeOf(at) },
    data: {
      ...{ id, url: new URL(`/approvals/${id}`, page).href, state: settled?.state ?? 'pending' },
      ...{ kind: asked.kind, what: clipped(title, MOST_SHOWN), cut: title.length > MOST_SHOWN },
      ...{ rule: clipped(rule, MOST_SHOWN), reason: clipped(reason, MOST_SHOWN), session },
      requester: requesterOf(request.requester),
      ...{ requestedAt: timeOf(requestedAt), until: timeOf(terms.until) },
      ...{ groups: terms.groups.slice(0, MOST_NAMED), quorum: terms.quorum },
      votes: votes.slice(0, MOST_NAMED).map(({ by, vote, comment }) => ({
        ...{ user: clipped(by.user, MOST_NAME), vote },
        ...(comment !== undefined && { comment: clipped(comment, MOST_SHOWN) }),
      })),
      ...(settled?.by !== undefined && { by: clipped(settled.by, MOST_NAME) }),
      ...(until !== undefined && { grantedUntil: timeOf(until) }),
    },
  };
}

const MOST_NAMED = 64;
const MOST_NAME = 253;

function requesterOf({ user, proof, pod, conversation }: Identity): Payload['data']['requester'] {
  return {
    ...{ user: clipped(user, MOST_NAME), proof },
    ...(pod !== undefined && { pod: clipped(`${pod.namespace}/${pod.name}`, 2 * MOST_NAME) }),
    ...(conversation !== undefined && { conversation: clipped(conversation, MOST_NAME) }),
  };
}

function timeOf(at: Micros): string {
  return new Date(at / 1000).toISOString();
}

/** What acts on who reads it becomes a mark that it was there. */
const UNSEEN = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${UNPRINTABLE}]`, 'g');

function visible(text: string): string {
  return text.replace(UNSEEN, '\ufffd');
}

function clipped(text: string, most: number): string {
  const shown = visible(text);
  if (shown.length <= most) return shown;
  // Not in the middle of a pair.
  return `${shown.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
