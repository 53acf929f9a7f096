/** What an operator says of the provider at which people sign in. Read from `oidc.yaml`. */
import type { Micros } from '../../audit/units.ts';
import type { Role, Scope, ScopedRole } from '../principal.ts';

/** Names of members, from the outside in: a name may hold dots. */
export type ClaimPath = readonly string[];

/** Who gets a role. Any of the members that are there is enough. */
export interface Who {
  groups: readonly string[];
  users: readonly string[];
  everyone: boolean;
}

/** A role, who gets it, and where it holds. */
export type RoleRule =
  | { role: ScopedRole; who: Who; where: Scope }
  | { role: Exclude<Role, ScopedRole>; who: Who };

export interface OidcSettings {
  /** What people know the provider by. */
  name: string;
  issuer: URL;
  clientId: string;
  /** Null for a public client. */
  clientSecret: string | null;
  /** Where browsers reach the recorder; null for its own address on this machine. */
  externalUrl: URL | null;
  scopes: readonly string[];
  claims: { user: ClaimPath; groups: ClaimPath };
  roles: readonly RoleRule[];
  /** A login ends after `lifetime`; the provider is asked again every `renew`. */
  session: { lifetime: Micros; renew: Micros };
  /** The public client of command lines; null where they cannot sign in. */
  deviceClientId: string | null;
  /** Whether who can read the data directory is still an admin. */
  localAdmin: boolean;
}
