/**
 * One approval, from the request to its end. Pure: the time is passed in, and the state is what its events say, so
 * that a recorder which starts again knows what the former one knew.
 *
 *                     ┌─▶ approved ──used──▶ (nothing more; with a grant: again until it ends or is revoked)
 *   requested ─▶ pending ─▶ denied
 *                     ├─▶ expired       nobody decided in time
 *                     └─▶ cancelled     by its requester, or by an administrator
 */
import type { ApprovalMark, Approver, BodyOf, EventBody, Identity, Micros } from '../audit/event.ts';
import { ChaperoneError } from '../errors.ts';

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
  revoked: boolean;
}

/** Whose members count as members of all: the one who may log in where nobody has a name of their own. */
export const EVERY_GROUP = 'chaperone:local-admin';

/** A request of longer life than this is not accepted, so that a restart has to look back so far only. */
export const LONGEST: Micros = 24 * 3600 * 1_000_000;

export function requested(request: Request, at: Micros): Approval {
  return { request, requestedAt: at, votes: [], settled: null, settledAt: 0, used: false, revoked: false };
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
    case 'approval.revoked':
      return { ...approval, revoked: true };
  }
}

/**
 * Whether this person may decide on it now.
 * @throws ChaperoneError `SETTLED` where it is over or they have decided, `FORBIDDEN` where it is not theirs to decide
 */
export function checkVoter(approval: Approval, by: Approver, now: Micros): void {
  const { request, votes, settled } = approval;
  const state = settled?.state ?? (now >= request.terms.until ? 'expired' : null);
  if (state !== null) throw new ChaperoneError('SETTLED', `this request is ${state} already`);
  const { groups, selfApproval } = request.terms;
  if (!selfApproval && isSelf(request.requester, by))
    throw new ChaperoneError('FORBIDDEN', 'nobody decides on their own request');
  const isMember = by.groups.some((group) => groups.includes(group) || group === EVERY_GROUP);
  if (groups.length > 0 && !isMember)
    throw new ChaperoneError('FORBIDDEN', `only members of ${groups.join(', ')} decide on this`);
  if (votes.some((vote) => vote.by.user === by.user))
    throw new ChaperoneError('SETTLED', `${by.user} has decided on this already`);
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

/** What an approval means for the very same action that is asked for again. */
export type Answer = 'wait' | 'go on' | 'refuse' | 'ask anew';

export function answerTo(approval: Approval, now: Micros): Answer {
  const { settled, settledAt, request, used } = approval;
  if (settled === null) return now < request.terms.until ? 'wait' : 'ask anew';
  const holds = now < settledAt + request.terms.validity;
  switch (settled.state) {
    case 'approved':
      return isGranted(approval, now) || (!used && holds && !approval.revoked) ? 'go on' : 'ask anew';
    case 'denied':
      return holds ? 'refuse' : 'ask anew';
    case 'expired':
    case 'cancelled':
      return 'ask anew';
  }
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
export function changesAt({ settled, settledAt, request }: Approval): Micros {
  if (settled === null) return request.terms.until;
  return Math.max(settledAt + request.terms.validity, settled.grantedUntil ?? 0);
}

/** The asker by any of their names: one's own, and the ServiceAccount's of the pod that asks. */
function isSelf({ user, pod }: Identity, by: Approver): boolean {
  const names = [user, ...(pod ? [`system:serviceaccount:${pod.namespace}:${pod.serviceAccount}`] : [])];
  return names.includes(by.user);
}

/**
 * Who asks, as far as a decision is bound to it: another conversation, another pod or another user does not profit.
 * Without a conversation it is the session.
 */
export function askerOf({ requester, session }: Pick<Request, 'requester' | 'session'>): string {
  const { user, pod, conversation } = requester;
  return JSON.stringify([user, pod?.uid ?? '', conversation ?? `session ${session}`]);
}

/** How it stands beside the decision that it belongs to. */
export function markOf({ request, settled, votes }: Approval): ApprovalMark {
  const by = settled?.by === undefined ? votes.map((vote) => vote.by.user) : [settled.by];
  const comment = votes.findLast((vote) => vote.comment !== undefined)?.comment;
  const said = comment === undefined ? {} : { comment };
  return { id: request.id, state: settled?.state ?? 'abandoned', by, ...said };
}
