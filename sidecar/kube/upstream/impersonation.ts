/**
 * As whom requests go on where the API server knows us, and us only, by our own credential. Pure.
 * https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
import type { Header } from '../../request/headers.ts';

export interface Persona {
  user: string;
  uid?: string;
  /** The server adds `system:authenticated`, and those of a ServiceAccount that stands alone. */
  groups: readonly string[];
  /** Names in lower case: a header's name has no other. */
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** @throws RangeError for a name that a header cannot say: whoever makes a persona has looked at it before */
export function impersonationHeaders({ user, uid, groups, extra = {} }: Persona): Header[] {
  return [
    ['Impersonate-User', text(user)],
    ...(uid === undefined ? [] : [['Impersonate-Uid', text(uid)] satisfies Header]),
    ...groups.map((group): Header => ['Impersonate-Group', text(group)]),
    ...Object.entries(extra).flatMap(([name, values]) =>
      values.map((value): Header => [`Impersonate-Extra-${encodeURIComponent(name)}`, text(value)]),
    ),
  ];
}

/** The server takes the bytes of a value for UTF-8; a blank at either end would be lost on the way. */
function text(value: string): string {
  if (value === '' || value !== value.trim() || !value.isWellFormed() || /[\u0000-\u001f\u007f]/.test(value))
    throw new RangeError('a name cannot be said in a header');
  return Buffer.from(value, 'utf8').toString('latin1');
}
