/** Who is logged in, and what they may do here. */
import { EVERY_GROUP } from '../approvals/voters.ts';
import type { LoginKind } from '../audit/access.ts';
import type { Identity } from '../audit/identity.ts';
import type { SessionId } from '../audit/units.ts';

/**
 * `viewer`: sees sessions of the namespaces that are theirs to see. `approver`: a viewer who decides on approvals.
 * `auditor`: sees and verifies everything, changes nothing. `admin`: all of it, and ends logins, grants and sessions.
 */
export type Role = 'viewer' | 'approver' | 'auditor' | 'admin';

/** Roles that hold for some sessions; the others hold for all there is. */
export type ScopedRole = Extract<Role, 'viewer' | 'approver'>;

/** The sessions that match every member that is there; all sessions where there is none. */
export interface Scope {
  /** Globs over the namespace of the Pod that the agent runs in. A session of no Pod matches none, `*` neither. */
  namespaces?: readonly string[];
  /** Globs over the session's user. */
  users?: readonly string[];
  /**
   * The session's user is called as the principal is. Only for providers where nobody chooses their own name: a claim
   * that people can edit would let them into one another's sessions.
   */
  own?: true;
}

export interface Principal {
  /** Names the person in the log: of one machine `admin`, of a provider what its claim says. */
  user: string;
  /** `https://issuer#sub` of who signed in at a provider: stays the same where a name does not. */
  subject?: string;
  groups: readonly string[];
  roles: readonly Role[];
  /**
   * Where a scoped role holds: for the sessions of any of these. A scoped role without an entry holds nowhere, so what
   * maps people to roles says `[{}]` for all sessions.
   */
  scopes?: Partial<Record<ScopedRole, readonly Scope[]>>;
}

/** A login that was proven. `name` tells logins apart in the log and is no secret. */
export interface Login {
  how: LoginKind;
  name: string;
  principal: Principal;
  /** Aborts when it ends, or means less than it did: what is streamed to it ends then. */
  ended: AbortSignal;
  /** Of a workload: who it is proven to be, and the only one that it speaks for. */
  workload?: Identity;
  /** Of what runs in a session: that one, and the only one that it speaks for. */
  session?: SessionId;
}

/** On one machine there is one human who may log in, whatever browser they use. */
export const LOCAL_ADMIN: Principal = { user: 'admin', groups: [EVERY_GROUP], roles: ['admin'] };

/** Programs of this machine that record, where people have names of their own. */
export const LOCAL_PROGRAM: Principal = { user: 'local', groups: [], roles: [] };
