/** Credentials that are not good, and what the log is told of them. */
import { ChaperoneError, type ErrorCode } from '../errors.ts';

export class CredentialsRefused extends ChaperoneError {
  /** For the log: a word or two from a closed list of ours, or the `error` that a provider gave; never a secret. */
  readonly detail: string;
  /** Who it would have been, where that was proven all the same. */
  readonly user: string | undefined;

  constructor(
    detail: string,
    message: string,
    { user, code = 'UNAUTHENTICATED', cause }: { user?: string; code?: ErrorCode; cause?: unknown } = {},
  ) {
    super(code, message, { cause });
    this.detail = detail;
    this.user = user;
  }
}
