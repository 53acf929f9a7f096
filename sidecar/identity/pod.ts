/**
 * Who asks in a pod: its ServiceAccount, as the claims of the mounted token say. The signature is the API server's to
 * check, which it does at each request; here nothing proves it, so it is `claimed`.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
 */
import { hostname } from 'node:os';
import type { Identity } from '../../recorder/audit/identity.ts';
import { unproven } from '../../recorder/token/unproven.ts';

interface Named {
  name?: unknown;
  uid?: unknown;
}

interface Claims {
  'kubernetes.io'?: { namespace?: unknown; pod?: Named; serviceaccount?: Named };
}

/**
 * @param authorization the header that opens the API server for it
 * @param otherwise the namespace, where the token does not say
 */
export function podIdentity(authorization: string | null, otherwise: string): Identity {
  const { pod, serviceaccount, namespace } = claimsOf(authorization ?? '')['kubernetes.io'] ?? {};
  const where = text(namespace) || otherwise;
  const serviceAccount = text(serviceaccount?.name) || 'default';
  return {
    user: `system:serviceaccount:${where}:${serviceAccount}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${where}`],
    pod: { namespace: where, name: text(pod?.name) || hostname(), uid: text(pod?.uid), serviceAccount },
    proof: 'claimed',
  };
}

/** The payload of the token in the header; empty where there is none. */
function claimsOf(authorization: string): Claims {
  return unproven(authorization.replace(/^Bearer /i, '')) ?? {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
