/** Whose token it is, and as whom its requests go on: what the configuration maps them to, and never more. Pure. */
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Micros } from '../../../recorder/audit/units.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { glob, matches } from '../../../recorder/glob.ts';
import { groupsOf, isReserved, userOf, whatIsWrong } from '../../../recorder/token/names.ts';
import type { Claims } from '../../../recorder/token/verifier.ts';
import type { Workload } from '../../identity/service-account.ts';
import type { Persona } from '../upstream/impersonation.ts';
import type { AccountsConfiguration, IssuerConfiguration } from './configuration.ts';

export interface Caller {
  /** As they stand in the log, and as policies and approvals know them. */
  identity: Identity;
  /** As the API server knows them. */
  as: Persona;
  /** When their token was issued; 0 where it does not say. */
  issued: Micros;
}

/** @throws ChaperoneError `UNAUTHENTICATED` where the claims name nobody, `FORBIDDEN` where they may not come in */
export function callerOf(
  claims: Claims,
  { user: claim, groups: source, allow, upstream }: IssuerConfiguration,
): Caller {
  const user = userOf(claims, claim);
  const groups = source === undefined ? [] : groupsOf(claims, source);
  if (allow !== undefined) {
    const named =
      matchesAny(allow.users ?? [], user) || groups.some((group) => matchesAny(allow.groups ?? [], group));
    if (!named) throw new ChaperoneError('FORBIDDEN', `${user} may not use this gateway`);
  }
  const { userPrefix, groupPrefix, uid } = upstream;
  return {
    identity: { user, groups, subject: `${new URL(claims.iss).href}#${claims.sub}`, proof: 'signed' },
    issued: (claims.iat ?? 0) * 1e6,
    as: {
      user: granted(userPrefix + user),
      ...(uid !== undefined && { uid: userOf(claims, uid) }),
      groups: [...new Set(groups.flatMap((group) => mapped(group, groupPrefix, upstream.groups)))].map(
        granted,
      ),
    },
  };
}

/** @throws ChaperoneError `FORBIDDEN` */
export function workloadCaller(
  { identity, uid, issued }: Workload & { issued: Micros },
  { allow, ...passed }: AccountsConfiguration,
): Caller {
  const { namespace, serviceAccount, name, uid: podUid } = identity.pod;
  if (!matchesAny(allow, `${namespace}:${serviceAccount}`))
    throw new ChaperoneError(
      'FORBIDDEN',
      `the ServiceAccount ${namespace}:${serviceAccount} may not use this gateway`,
    );
  return {
    identity,
    issued,
    as: {
      user: identity.user,
      ...(passed.uid && uid !== '' && { uid }),
      // The API server itself adds those of a ServiceAccount.
      groups: [],
      ...(passed.pod && name !== '' && { extra: podExtra(name, podUid) }),
    },
  };
}

function podExtra(name: string, uid: string): Record<string, string[]> {
  return {
    'authentication.kubernetes.io/pod-name': [name],
    'authentication.kubernetes.io/pod-uid': [uid],
  };
}

function mapped(group: string, prefix: string, rules: IssuerConfiguration['upstream']['groups']): string[] {
  return rules.flatMap((rule) => {
    if (typeof rule === 'string') return matchesAny([rule], group) ? [prefix + group] : [];
    return matchesAny([rule.group], group) ? rule.as : [];
  });
}

/** Whatever was configured. @throws ChaperoneError `FORBIDDEN` */
function granted(name: string): string {
  if (isReserved(name) || whatIsWrong(name) !== null)
    throw new ChaperoneError(
      'FORBIDDEN',
      'nobody goes on by a name that is reserved, or cannot be told from others',
    );
  return name;
}

function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((source) => matches(glob(source), text));
}
