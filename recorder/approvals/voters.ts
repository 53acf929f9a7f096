/** Who may decide on an approval, how many it takes, and who may take it back. Pure. */
import type { Approver } from '../audit/approval.ts';
import type { Identity } from '../audit/identity.ts';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError, type ErrorCode } from '../errors.ts';
import type { Approval } from './approval.ts';
import type { Terms } from './asking.ts';

/** Whose members count as members of all: the one who may log in where nobody has a name of their own. */
export const EVERY_GROUP = 'chaperone:local-admin';

/** Why somebody may not decide on it. */
export interface Obstacle {
  why: 'over' | 'own' | 'groups' | 'voted';
  message: string;
}

/** Null where this person may decide on it now. */
export function obstacleOf(
  { request, votes, settled }: Approval,
  by: Approver,
  now: Micros,
): Obstacle | null {
  const { groups, selfApproval, until } = request.terms;
  const state = settled?.state ?? (now >= until ? 'expired' : null);
  if (state !== null) return { why: 'over', message: `this request is ${state} already` };
  if (!selfApproval && isSelf(request.requester, by))
    return { why: 'own', message: 'nobody decides on their own request' };
  const isMember = by.groups.some((group) => groups.includes(group) || group === EVERY_GROUP);
  if (groups.length > 0 && !isMember)
    return { why: 'groups', message: `only members of ${groups.join(', ')} decide on this` };
  if (votes.some((vote) => isSamePerson(vote.by, by)))
    return { why: 'voted', message: `${by.user} has decided on this already` };
  return null;
}

const CODES: Record<Obstacle['why'], ErrorCode> = {
  over: 'SETTLED',
  own: 'FORBIDDEN',
  groups: 'FORBIDDEN',
  voted: 'SETTLED',
};

/** @throws ChaperoneError `SETTLED` where it is over or they have decided, `FORBIDDEN` where it is not theirs to decide */
export function checkVoter(approval: Approval, by: Approver, now: Micros): void {
  const obstacle = obstacleOf(approval, by, now);
  if (obstacle !== null) throw new ChaperoneError(CODES[obstacle.why], obstacle.message);
}

/**
 * Whether one of them is, or acts for, the other: by one's own name, that of the pod's ServiceAccount, and of the people
 * that it acts for. Where one issuer vouches for both, its subject says who they are, and no name that one may choose.
 */
export function isSelf(
  { user, subject, pod, humans = [] }: Identity,
  by: Pick<Approver, 'user' | 'subject'>,
): boolean {
  const account = pod === undefined ? [] : [`system:serviceaccount:${pod.namespace}:${pod.serviceAccount}`];
  const isKnown =
    subject !== undefined && by.subject !== undefined && issuerOf(subject) === issuerOf(by.subject);
  const own = isKnown ? [] : [user];
  return (
    (isKnown && subject === by.subject) ||
    [...own, ...account, ...humans].some((name) => isSameName(name, by.user))
  );
}

/** Of `https://issuer#sub`: an issuer has no fragment. */
function issuerOf(subject: string): string {
  return subject.slice(0, subject.indexOf('#'));
}

/** One who votes twice is one, under whatever name. */
function isSamePerson(a: Approver, b: Approver): boolean {
  return isSameName(a.user, b.user) || (a.subject !== undefined && a.subject === b.subject);
}

/** Two claims may write one name in two ways; where two people had such names, neither would decide for the other. */
function isSameName(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/**
 * Whether a signature says which person asks, in a way that tells whether an approver is that person: their own token, of
 * the issuer at which approvers sign in, or one of a workload whose people are known. That of a ServiceAccount alone
 * proves the workload and not who is behind it; a name that another issuer gave may be anybody's here.
 * @param issuer where approvers sign in
 */
export function isPersonProven({ proof, subject, humans = [] }: Identity, issuer: string): boolean {
  if (proof !== 'signed') return false;
  // Whom a rule takes them for hangs on a name that another issuer may let them choose.
  if (subject !== undefined) return issuerOf(subject) === issuer;
  return humans.length > 0;
}

/**
 * Where nothing proves which person asks, one of those who approve may be that person: then it takes one more of them, so
 * that without any one of them there are still as many as the policy wants.
 * @param issuer where approvers sign in; null where there is one who may log in, and nobody else to ask
 */
export function quorumFor(
  { quorum, selfApproval }: Pick<Terms, 'quorum' | 'selfApproval'>,
  requester: Identity,
  issuer: string | null,
): { quorum: number; unproven?: true } {
  if (issuer === null || selfApproval || isPersonProven(requester, issuer)) return { quorum };
  return { quorum: quorum + 1, unproven: true };
}
