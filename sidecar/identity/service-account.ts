/**
 * Whose a ServiceAccount's token is, in the claims of a bound token and in the answer of a TokenReview. Pure.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
 */
import type { Identity, Pod } from '../../recorder/audit/identity.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import { isObject } from '../../recorder/json.ts';
import type { Claims } from '../../recorder/token/verifier.ts';

/** Who is proven, and what is known beside that. */
export interface Workload {
  identity: Identity & { pod: Pod; proof: 'signed' };
  /** Of the ServiceAccount: one that is deleted and made again is another one. Empty where it is not told. */
  uid: string;
}

const SUBJECT =
  /^system:serviceaccount:([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?):([a-z0-9][-a-z0-9.]{0,251}[a-z0-9]|[a-z0-9])$/;
const POD_NAME = /^[a-z0-9][-a-z0-9.]{0,252}$/;
const UID = /^[\w-]{1,64}$/;

/** @throws ChaperoneError `UNAUTHENTICATED` where the claims are those of something else */
export function workloadOf(claims: Claims): Workload {
  const bound = members(claims['kubernetes.io']);
  const account = members(bound.serviceaccount);
  const found = named(claims.sub, bound.pod === undefined ? null : members(bound.pod), account.uid);
  const { namespace, serviceAccount } = found.identity.pod;
  if (bound.namespace !== namespace || account.name !== serviceAccount) throw refused();
  return found;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/#TokenReviewStatus */
export interface ReviewedUser {
  username?: unknown;
  uid?: unknown;
  extra?: unknown;
}

/** @throws ChaperoneError `UNAUTHENTICATED` where it is no ServiceAccount */
export function reviewedWorkload({ username, uid, extra }: ReviewedUser): Workload {
  const told = members(extra);
  const one = (name: string) => {
    const values = told[`authentication.kubernetes.io/${name}`];
    return Array.isArray(values) ? values[0] : undefined;
  };
  const name = one('pod-name');
  return named(username, name === undefined ? null : { name, uid: one('pod-uid') }, uid);
}

/** @param pod null for a token that is bound to none, as `kubectl create token` makes them */
function named(user: unknown, pod: Record<string, unknown> | null, uid: unknown): Workload {
  const [, namespace, , serviceAccount] = SUBJECT.exec(typeof user === 'string' ? user : '') ?? [];
  if (namespace === undefined || serviceAccount === undefined) throw refused();
  const where =
    pod === null ? { name: '', uid: '' } : { name: plain(pod.name, POD_NAME), uid: plain(pod.uid, UID) };
  return {
    identity: {
      user: `system:serviceaccount:${namespace}:${serviceAccount}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
      pod: { namespace, ...where, serviceAccount },
      proof: 'signed',
    },
    uid: uid === undefined ? '' : plain(uid, UID),
  };
}

function plain(value: unknown, pattern: RegExp): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw refused();
}

function members(value: unknown): Record<string, unknown> {
  return isObject(value) ? { ...value } : {};
}

function refused(): ChaperoneError {
  return new ChaperoneError('UNAUTHENTICATED', 'the token is not that of a ServiceAccount');
}
