/** An approval as one login is shown it, with what that login may do with it. */
import { type Approval, answerTo, isGranted } from '../../approvals/approval.ts';
import { isSelf, obstacleOf } from '../../approvals/voters.ts';
import type { Approver } from '../../audit/approval.ts';
import type { Micros } from '../../audit/units.ts';
import type { ApprovalView } from '../api.ts';
import { authorize } from '../authorize.ts';
import type { Login } from '../principal.ts';

export function approverOf({ name, principal }: Login): Approver {
  const { user, groups, subject } = principal;
  return { user, groups: [...groups], login: name, ...(subject !== undefined && { subject }) };
}

export function viewOf(approval: Approval, login: Login, now: Micros): ApprovalView {
  const { request, requestedAt, votes, settled, settledAt, used, revoked } = approval;
  const { id, session, requester, asked, rule, reason, terms, body } = request;
  return {
    ...{ id, session, requester, asked, rule, reason, terms, requestedAt },
    ...(body !== undefined && { body }),
    votes: votes.map(({ by, vote, comment }) => ({
      ...{ user: by.user, login: by.login, vote },
      ...(comment !== undefined && { comment }),
    })),
    state: settled?.state ?? 'pending',
    ...(settled !== null && { settledAt }),
    ...(settled?.by !== undefined && { by: settled.by }),
    ...(isGranted(approval, now) && { grantedUntil: settled?.grantedUntil ?? 0 }),
    used,
    revoked,
    ...permissionsOn(approval, login, now),
  };
}

/** Said again where it is tried: this is what a page may offer. */
function permissionsOn(
  approval: Approval,
  login: Login,
  now: Micros,
): Pick<ApprovalView, 'may' | 'obstacle'> {
  const { requester } = approval.request;
  const by = approverOf(login);
  const isOpen = approval.settled === null;
  const obstacle = authorize(login, 'approvals.decide', requester)
    ? obstacleOf(approval, by, now)
    : ({ why: 'role', message: 'your roles do not let you decide on this' } as const);
  const cancels = isSelf(requester, by) || authorize(login, 'approvals.cancel', requester);
  const revokes = authorize(login, 'approvals.revoke', requester);
  return {
    may: {
      vote: isOpen && obstacle === null,
      cancel: isOpen && cancels,
      revoke: !isOpen && revokes && answerTo(approval, now) === 'go on',
    },
    ...(isOpen && obstacle !== null && { obstacle }),
  };
}
