/** Wakes those who follow a session when something of it was stored. */
import type { SessionId } from '../audit/units.ts';

export class Bell {
  readonly #waiting = new Map<SessionId, PromiseWithResolvers<void>>();

  /** Resolves at the next `ring` after this call. Take it before looking, and nothing is missed. */
  next(session: SessionId): Promise<void> {
    let waiting = this.#waiting.get(session);
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>();
      this.#waiting.set(session, waiting);
    }
    return waiting.promise;
  }

  ring(session: SessionId): void {
    this.#waiting.get(session)?.resolve();
    this.#waiting.delete(session);
  }

  ringAll(): void {
    for (const session of [...this.#waiting.keys()]) this.ring(session);
  }
}
