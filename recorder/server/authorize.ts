/**
 * Who may do what, in one place. Pure.
 *
 *   login ──how──▶ OF_LOGIN ─┐
 *     └─roles──▶ OF_ROLE ────┴▶ permission ──scopes──▶ of these sessions, or of all
 *
 * Every route and every WebSocket names the permission that it needs (`Route.needs`); what it then reads of a session
 * or an approval it reads through `ScopedArchive` and `ScopedDesk`, which ask here again with the identity that it is of.
 */
import type { Identity, Pod } from '../audit/identity.ts';
import { glob, matches } from '../glob.ts';
import type { Login, Role, Scope, ScopedRole } from './principal.ts';

/** Of sessions, and of approvals by who asks: these hold within the scopes of a role. */
const SCOPED_PERMISSIONS = [
  /** Lists, replays, follows, searches and exports them. */
  'sessions.view',
  'sessions.verify',
  'approvals.view',
  /** Approves and denies. */
  'approvals.decide',
  /** Ends a grant. */
  'approvals.revoke',
  'approvals.cancel',
] as const;

const OTHER_PERMISSIONS = [
  /** Asks who they are, loads the page, logs out. */
  'account',
  'health.view',
  'policy.explain',
  /** Verifies the whole log, reads its checkpoint: both tell how much there is. */
  'log.verify',
  /** Reads the recorder's own events: logins, looks, approvals. */
  'log.read',
  /** Ends the sessions, grants and logins of somebody who leaves, and reads what their agents got hold of. */
  'people.offboard',
  /** What programs do: they write evidence, ask humans, open the Kubernetes API to a session, make login links. */
  'evidence.write',
  'approvals.ask',
  'kube.open',
  'logins.issue',
  /** What a session may do about its own requests. */
  'approvals.own',
] as const;

type ScopedPermission = (typeof SCOPED_PERMISSIONS)[number];
export type Permission = ScopedPermission | (typeof OTHER_PERMISSIONS)[number];

export const PERMISSIONS: readonly Permission[] = [...SCOPED_PERMISSIONS, ...OTHER_PERMISSIONS];

const VIEWER = [
  'sessions.view',
  'sessions.verify',
  'approvals.view',
  'health.view',
  'policy.explain',
] as const satisfies Permission[];

export const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: VIEWER,
  approver: [...VIEWER, 'approvals.decide', 'approvals.revoke'],
  auditor: [...VIEWER, 'log.verify', 'log.read'],
  admin: [
    ...VIEWER,
    'log.verify',
    'log.read',
    'approvals.decide',
    'approvals.revoke',
    'approvals.cancel',
    'people.offboard',
  ],
};

/** What a way of logging in brings by itself, whatever the roles: a browser must not act as a program does. */
export const OF_LOGIN: Readonly<Record<Login['how'], readonly Permission[]>> = {
  link: ['account'],
  oidc: ['account'],
  device: ['account'],
  token: ['account', 'evidence.write', 'approvals.ask', 'kube.open', 'logins.issue'],
  workload: ['evidence.write', 'approvals.ask'],
  session: ['approvals.own'],
};

/** What is asked of a caller is answered from these alone. */
export type Caller = Pick<Login, 'how' | 'principal'>;

/** Whose session or request it is, as far as scopes tell them apart. */
export type Whose = Pick<Identity, 'user'> & { pod?: Pick<Pod, 'namespace'> };

/** How far a permission of a caller goes. */
export type Reach = 'nothing' | 'everything' | readonly Scope[];

export function reachOf({ how, principal }: Caller, permission: Permission): Reach {
  if (OF_LOGIN[how].includes(permission)) return 'everything';
  const roles = principal.roles.filter((role) => OF_ROLE[role].includes(permission));
  if (roles.length === 0) return 'nothing';
  if (!isScoped(permission) || !roles.every(isScopedRole)) return 'everything';
  return roles.filter(isScopedRole).flatMap((role) => principal.scopes?.[role] ?? []);
}

/**
 * True if the caller may.
 *
 * @param of whose session or request it is about; null asks whether there may be any at all that it holds for, which
 *   is for the door of a route and never enough to show one
 */
export function authorize(caller: Caller, permission: Permission, of: Whose | null): boolean {
  const reach = reachOf(caller, permission);
  if (reach === 'nothing') return false;
  if (reach === 'everything' || of === null) return true;
  return reach.some((scope) => holds(scope, of, caller.principal.user));
}

/** What a page may offer to the caller. */
export function permissionsOf(caller: Caller): Permission[] {
  return PERMISSIONS.filter((permission) => reachOf(caller, permission) !== 'nothing');
}

function holds({ namespaces, users, own }: Scope, { user, pod }: Whose, principal: string): boolean {
  if (namespaces !== undefined && !(pod !== undefined && matchesAny(namespaces, pod.namespace))) return false;
  if (users !== undefined && !matchesAny(users, user)) return false;
  return own === undefined || user === principal;
}

function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((source) => matches(glob(source), text));
}

function isScoped(permission: Permission): permission is ScopedPermission {
  return (SCOPED_PERMISSIONS as readonly Permission[]).includes(permission);
}

function isScopedRole(role: Role): role is ScopedRole {
  return role === 'viewer' || role === 'approver';
}
