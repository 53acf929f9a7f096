/** Requests for the tests of approvals. */
import type { Asking } from '../../../recorder/approvals/asking.ts';
import type { ApprovalTerms, Approver, BodyOf } from '../../../recorder/audit/event.ts';

export const SESSION = '01J00000000000000000000001';
export const SECOND = 1_000_000;

export function asking(change: Partial<Asking> = {}, terms: Partial<Asking['terms']> = {}): Asking {
  return {
    session: SESSION,
    requester: { user: 'agent', groups: [], conversation: 'c1', proof: 'claimed' },
    asked: { kind: 'command', line: 'make deploy', cwd: '/', commands: [], unknown: [] },
    digest: 'd'.repeat(64),
    rule: 'team/deploys',
    reason: 'A deployment wants a second pair of eyes.',
    terms: {
      groups: [],
      quorum: 1,
      selfApproval: false,
      timeout: 60 * SECOND,
      validity: 60 * SECOND,
      ...terms,
    },
    ...change,
  };
}

export function request(terms: Partial<ApprovalTerms> = {}): BodyOf<'approval.requested'> {
  const { session, requester, asked, digest, rule, reason } = asking();
  return {
    type: 'approval.requested',
    id: '01J00000000000000000000002',
    ...{ session, requester, asked, digest, rule, reason },
    terms: {
      groups: [],
      quorum: 1,
      selfApproval: false,
      until: 60 * SECOND,
      validity: 60 * SECOND,
      ...terms,
    },
  };
}

export function approver(user = 'reviewer', ...groups: string[]): Approver {
  return { user, groups, login: `browser-${user}` };
}
