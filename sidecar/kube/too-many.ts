import { ChaperoneError } from '../../recorder/errors.ts';

/** Somebody asks for more than their share. Answered with 429: https://www.rfc-editor.org/rfc/rfc6585#section-4 */
export class TooMany extends ChaperoneError {
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('BUSY', message);
    this.retryAfter = retryAfter;
  }
}
