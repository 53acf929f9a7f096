/**
 * Which sessions one connection may write: those that it began, from their first event to their last. Pure.
 */
import type { SessionId } from '../../audit/event.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Append } from './draft.ts';

const MAX_LIVE = 256;

export class Ownership {
  /** True once the end has been taken in, stored or not. */
  readonly #sessions = new Map<SessionId, { ending: boolean }>();

  /** The sessions that have not ended. */
  get live(): SessionId[] {
    return [...this.#sessions.keys()];
  }

  has(session: SessionId): boolean {
    return this.#sessions.has(session);
  }

  /**
   * Takes an append in, before it is stored.
   * @throws ChaperoneError `FORBIDDEN` if it may not be written here
   */
  admit({ session, drafts }: Append): void {
    const starts = drafts.flatMap(({ body }, index) => (body.type === 'session.start' ? [index] : []));
    const end = drafts.findIndex(({ body }) => body.type === 'session.end');
    const known = this.#sessions.get(session);
    if (known === undefined && starts[0] !== 0) refuse(session, 'was not begun by this connection');
    if (starts.length > (known === undefined ? 1 : 0)) refuse(session, 'begins twice');
    if (known?.ending === true || (end !== -1 && end !== drafts.length - 1))
      refuse(session, 'goes on after its end');
    if (known === undefined && this.#sessions.size >= MAX_LIVE) {
      refuse(session, `is one more than the ${MAX_LIVE} that may be open on one connection`);
    }
    this.#sessions.set(session, { ending: end !== -1 });
  }

  /** The append is stored: a session that ended is no longer ours to cut off. */
  stored({ session, drafts }: Append): void {
    if (drafts.at(-1)?.body.type === 'session.end') this.#sessions.delete(session);
  }

  /** The append is not stored: what it began has not begun, what it ended has not ended. */
  failed({ session, drafts }: Append): void {
    if (drafts[0]?.body.type === 'session.start') this.#sessions.delete(session);
    else if (this.#sessions.has(session)) this.#sessions.set(session, { ending: false });
  }
}

function refuse(session: SessionId, why: string): never {
  throw new ChaperoneError('FORBIDDEN', `session ${session} ${why}`);
}
