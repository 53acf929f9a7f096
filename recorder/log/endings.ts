/** How a running session is ended from outside: who writes it is told, and ends what it records. */
import type { SessionId } from '../audit/units.ts';

/** For who writes sessions. */
export interface Endable {
  /** Calls `told`, once at most, when the session is to end now. Returns what takes that back. */
  watch(session: SessionId, told: (reason: string) => void): () => void;
}

export class Endings implements Endable {
  readonly #watchers = new Map<SessionId, Set<(reason: string) => void>>();

  watch(session: SessionId, told: (reason: string) => void): () => void {
    const watchers = this.#watchers.get(session) ?? new Set();
    watchers.add(told);
    this.#watchers.set(session, watchers);
    return () => {
      watchers.delete(told);
      if (watchers.size === 0 && this.#watchers.get(session) === watchers) this.#watchers.delete(session);
    };
  }

  /** @returns false where nobody writes it who could be told */
  end(session: SessionId, reason: string): boolean {
    const watchers = this.#watchers.get(session);
    this.#watchers.delete(session);
    for (const told of watchers ?? []) told(reason);
    return watchers !== undefined;
  }
}
