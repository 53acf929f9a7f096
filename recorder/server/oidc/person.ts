/** Claims of a provider → who that is here, and what they may do. Pure. */
import { groupsOf, userOf } from '../../token/names.ts';
import type { Claims } from '../../token/verifier.ts';
import { CredentialsRefused } from '../credentials.ts';
import { LOCAL_ADMIN, LOCAL_PROGRAM, type Principal, type Scope, type ScopedRole } from '../principal.ts';
import type { ClaimPath, OidcSettings, RoleRule, Who } from './settings.ts';

/** Names that those have who come in otherwise. */
const TAKEN = new Set([LOCAL_ADMIN.user, LOCAL_PROGRAM.user]);

/** The claims that are looked at are all there. */
export function isComplete(claims: Claims, { claims: paths }: OidcSettings): boolean {
  return memberAt(claims, paths.user) !== undefined && memberAt(claims, paths.groups) !== undefined;
}

/**
 * Who these claims speak of. Their signature, issuer and audience have been checked.
 * @throws CredentialsRefused where they name nobody, or somebody without a role
 */
export function personOf(claims: Claims, settings: OidcSettings): Principal {
  const user = nameOf(claims, settings.claims.user);
  const groups = named(() => groupsOf(...leafOf(claims, settings.claims.groups)));
  const granted = settings.roles.filter(({ who }) => isOne(who, user, groups));
  if (granted.length === 0)
    throw new CredentialsRefused(
      'no-role',
      `you are signed in as ${user}, and have no role here: an admin has to map one of your groups to one`,
      { user, code: 'FORBIDDEN' },
    );
  const subject = `${settings.issuer.href}#${claims.sub}`;
  const roles = [...new Set(granted.map(({ role }) => role))];
  return { user, subject, groups, roles, scopes: scopesOf(granted) };
}

function nameOf(claims: Claims, path: ClaimPath): string {
  const user = named(() => userOf(...leafOf(claims, path)));
  // Whoever can give themselves an address that is not theirs could be anybody.
  if (path.length === 1 && path[0] === 'email' && claims.email_verified !== true)
    throw new CredentialsRefused('email-not-verified', 'the provider has not verified your e-mail address');
  if (TAKEN.has(user.toLowerCase()))
    throw new CredentialsRefused('reserved-name', `the name ${user} is not for people of a provider`);
  return user;
}

/** What holds the last member of a path, and its name. */
function leafOf(claims: Claims, path: ClaimPath): [Claims, string] {
  const holder = memberAt(claims, path.slice(0, -1));
  const isObject = typeof holder === 'object' && holder !== null;
  return [isObject ? (holder as Claims) : { iss: '', sub: '', aud: '', exp: 0 }, path.at(-1) ?? ''];
}

function named<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { message } = error as Error;
    throw new CredentialsRefused(message, `who you are cannot be told: ${message}`, { cause: error });
  }
}

function isOne({ groups, users, everyone }: Who, user: string, theirs: readonly string[]): boolean {
  return everyone || users.includes(user) || groups.some((group) => theirs.includes(group));
}

function scopesOf(granted: readonly RoleRule[]): Partial<Record<ScopedRole, readonly Scope[]>> {
  const scopes: Partial<Record<ScopedRole, Scope[]>> = {};
  for (const rule of granted) {
    if ('where' in rule) scopes[rule.role] = [...(scopes[rule.role] ?? []), rule.where];
  }
  return scopes;
}

/** Own members only: `__proto__` and its like name nothing. */
function memberAt(claims: Claims, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
