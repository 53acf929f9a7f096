/**
 * One approval, from the request to its end. Pure: the time is passed in, and the state is what its events say, so
 * that a recorder which starts again knows what the former one knew.
 *
 *                     ┌─▶ approved ──used──▶ (nothing more; with a grant: again until it ends or is revoked)
 *                     │      ▲        │
 *                     │      └returned┘  what went on did not come to be, and is tried again at once
 *   requested ─▶ pending ─▶ denied
 *                     ├─▶ expired       nobody decided in time
 *                     └─▶ cancelled     by its requester, or by an administrator
 */
import type { ApprovalMark } from '../audit/decision.ts';
import type { BodyOf, EventBody } from '../audit/event.ts';
import type { Micros, SessionId } from '../audit/units.ts';

export type ApprovalEvent = Extract<EventBody, { type: `approval.${string}` }>;
export type Request = BodyOf<'approval.requested'>;
type Vote = BodyOf<'approval.voted'>;
type Settled = BodyOf<'approval.settled'>;

export interface Approval {
  request: Request;
  requestedAt: Micros;
  votes: readonly Vote[];
  /** How it ended; null while it waits. */
  settled: Settled | null;
  settledAt: Micros;
  used: boolean;
  /** Where what went on did not come to be: who may try it again, since when, and how often that was. */
  returned: { session: SessionId; at: Micros; times: number } | null;
  revoked: boolean;
}

/** What did not come to be is tried again within this time, by the same session, and no more often than that. */
export const AGAIN = { within: 10 * 1_000_000, times: 5 } as const;

/** A request of longer life than this is not accepted, so that a restart has to look back so far only. */
export const LONGEST: Micros = 24 * 3600 * 1_000_000;

export function requested(request: Request, at: Micros): Approval {
  const fresh = { votes: [], settled: null, settledAt: 0, used: false, returned: null, revoked: false };
  return { request, requestedAt: at, ...fresh };
}

/** The state after an event that is stored. What cannot follow on the present state changes nothing. */
export function after(approval: Approval, body: ApprovalEvent, at: Micros): Approval {
  switch (body.type) {
    case 'approval.requested':
    case 'approval.effect':
      return approval;
    case 'approval.voted':
      return approval.settled === null ? { ...approval, votes: [...approval.votes, body] } : approval;
    case 'approval.settled':
      return approval.settled === null ? { ...approval, settled: body, settledAt: at } : approval;
    case 'approval.used':
      return { ...approval, used: true };
    case 'approval.returned':
      return mayReturn(approval)
        ? { ...approval, used: false, returned: returned(approval, body, at) }
        : approval;
    case 'approval.revoked':
      return { ...approval, revoked: true };
  }
}

/** What follows from the votes and the time; null while it goes on waiting. */
export function outcome(approval: Approval, now: Micros): Settled | null {
  const { request, votes } = approval;
  const { id, terms } = request;
  if (approval.settled !== null) return null;
  if (votes.some(({ vote }) => vote === 'deny')) return { type: 'approval.settled', id, state: 'denied' };
  // Time first: votes that for whatever reason did not settle it in time are no yes.
  if (now >= terms.until) return { type: 'approval.settled', id, state: 'expired' };
  const approved = votes.filter(({ vote }) => vote === 'approve');
  if (approved.length >= terms.quorum) {
    const grant = grantOf(approved);
    const granted = grant > 0 ? { grantedUntil: now + grant } : {};
    return { type: 'approval.settled', id, state: 'approved', ...granted };
  }
  return null;
}

/** All who approve have to grant it, and the shortest time counts. */
function grantOf(votes: readonly Vote[]): Micros {
  return Math.min(...votes.map(({ grant = 0 }) => grant), LONGEST);
}

/** Whether what went on by it may be said not to have come to be. */
export function mayReturn({ settled, used, returned }: Approval): boolean {
  return settled?.state === 'approved' && used && (returned?.times ?? 0) < AGAIN.times;
}

function returned(
  { returned: before }: Approval,
  { session }: BodyOf<'approval.returned'>,
  at: Micros,
): Approval['returned'] {
  return { session, at, times: (before?.times ?? 0) + 1 };
}

/** What an approval means for the very same action that is asked for again. */
export type Answer = 'wait' | 'go on' | 'refuse' | 'ask anew';

/** @param session who asks; whoever may use it at all where it is left out */
export function answerTo(approval: Approval, now: Micros, session?: SessionId): Answer {
  const { settled, settledAt, request } = approval;
  if (settled === null) return now < request.terms.until ? 'wait' : 'ask anew';
  const holds = now < settledAt + request.terms.validity;
  switch (settled.state) {
    case 'approved':
      return isGranted(approval, now) || isUnused(approval, now, session) ? 'go on' : 'ask anew';
    case 'denied':
      return holds ? 'refuse' : 'ask anew';
    case 'expired':
    case 'cancelled':
      return 'ask anew';
  }
}

/** Whether it passes once more. */
function isUnused(approval: Approval, now: Micros, session?: SessionId): boolean {
  const { settledAt, request, used, returned, revoked } = approval;
  if (used || revoked) return false;
  if (returned === null) return now < settledAt + request.terms.validity;
  return now < returned.at + AGAIN.within && (session ?? returned.session) === returned.session;
}

/** Whether the very same action still passes without being asked for anew. */
export function isGranted({ settled, revoked }: Approval, now: Micros): boolean {
  return !revoked && settled?.state === 'approved' && now < (settled.grantedUntil ?? 0);
}

/** True once nothing that is asked for can have to do with it any more. */
export function isOver(approval: Approval, now: Micros): boolean {
  return approval.settled !== null && answerTo(approval, now) === 'ask anew';
}

/** The next moment at which it changes by itself, where it is not over. */
export function changesAt({ settled, settledAt, request, returned }: Approval): Micros {
  if (settled === null) return request.terms.until;
  const holds = returned === null ? settledAt + request.terms.validity : returned.at + AGAIN.within;
  return Math.max(holds, settled.grantedUntil ?? 0);
}

/**
 * Who asks, as far as a decision is bound to it: another conversation, another pod or another user does not profit.
 * Without a conversation it is the session.
 */
export function askerOf(request: Pick<Request, 'requester' | 'session' | 'origin'>): string {
  const { user, pod, conversation } = request.requester;
  return JSON.stringify([user, pod?.uid ?? '', conversation ?? `session ${originOf(request)}`]);
}

/** The session that what is asked comes from in the end. */
export function originOf({ session, origin = session }: Pick<Request, 'session' | 'origin'>): SessionId {
  return origin;
}

/** How it stands beside the decision that it belongs to. */
export function markOf({ request, settled, votes }: Approval): ApprovalMark {
  const by = settled?.by === undefined ? votes.map((vote) => vote.by.user) : [settled.by];
  const comment = votes.findLast((vote) => vote.comment !== undefined)?.comment;
  const said = comment === undefined ? {} : { comment };
  return { id: request.id, state: settled?.state ?? 'abandoned', by, ...said };
}
