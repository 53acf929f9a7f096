/** Who is logged in, and what they may do here. */
import { EVERY_GROUP } from '../approvals/approval.ts';

/**
 * `viewer`: sees sessions of the namespaces that are theirs to see. `approver`: a viewer who decides on approvals.
 * `auditor`: sees and verifies everything, changes nothing. `admin`: all of it, and ends logins, grants and sessions.
 */
export type Role = 'viewer' | 'approver' | 'auditor' | 'admin';

export interface Principal {
  /** Names the person in the log: of one machine `admin`, of a provider what its claim says. */
  user: string;
  groups: readonly string[];
  roles: readonly Role[];
}

/** On one machine there is one human who may log in, whatever browser they use. */
export const LOCAL_ADMIN: Principal = { user: 'admin', groups: [EVERY_GROUP], roles: ['admin'] };
