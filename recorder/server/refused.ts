/** What a caller is refused, as an error that the log is told of; see `access.refused`. */
import type { BodyOf } from '../audit/event.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError, type ErrorCode } from '../errors.ts';
import { unknown } from '../log/sessions.ts';
import { authorize, type Permission } from './authorize.ts';
import type { Login } from './principal.ts';

type Reason = Exclude<BodyOf<'access.refused'>['reason'], 'credentials'>;

export class Refused extends ChaperoneError {
  readonly reason: Reason;
  /** The session that they named; absent where it is no session's id, which could be any text. */
  readonly session: SessionId | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { reason, session }: { reason: Reason; session?: SessionId },
  ) {
    super(code, message);
    this.reason = reason;
    this.session = session;
  }
}

/** @throws Refused where no role of the caller's, nor the way they logged in, may do this to anything */
export function demand(login: Login, permission: Permission): void {
  if (authorize(login, permission, null)) return;
  const { roles, user } = login.principal;
  const as = roles.length === 0 ? 'has no role here' : `is ${roles.join(' and ')} here`;
  throw new Refused('FORBIDDEN', `${user} ${as}, and may not do this (${permission}): ask an admin`, {
    reason: 'role',
  });
}

/** What lies out of somebody's scope, and what is not there: to them it is the same. */
export function absent(reason: 'scope' | 'unknown', session: SessionId): Refused {
  const { code, message } = unknown(session);
  return new Refused(code, message, reason === 'scope' ? { reason, session } : { reason });
}
