/**
 * Who left, and when: what was issued to them before that opens nothing any more, here or at a gateway. What is issued
 * to them later does: whoever issues it has let them back in. A restart forgets nobody, for it is read from the log.
 */

import { eventsSince } from '../approvals/restore.ts';
import type { Micros } from '../audit/units.ts';
import type { Archive } from '../log/ports.ts';

/** Longer than a token should live: what is older has run out by itself. */
export const REMEMBERED: Micros = 48 * 3600 * 1_000_000;

export class Left {
  readonly #now: () => Micros;
  /** The latest time for each. */
  readonly #since = new Map<string, Micros>();

  constructor(now: () => Micros) {
    this.#now = now;
  }

  /** With those who left before this recorder began. */
  static async restored(archive: Pick<Archive, 'events'>, now: () => Micros): Promise<Left> {
    const left = new Left(now);
    for await (const { event } of eventsSince(archive, now() - REMEMBERED, { content: false }))
      if (event.body.type === 'access.offboarded') left.#note(event.body.user, event.at);
    return left;
  }

  /** Somebody leaves now. */
  note(user: string): void {
    this.#note(user, this.#now());
  }

  /** Whether what was issued to them then is from before they left. */
  refuses(user: string, issued: Micros): boolean {
    const since = this.#since.get(user);
    return since !== undefined && !(issued > since);
  }

  /** Forgets what is too old to matter; to be called now and then. */
  sweep(): void {
    const before = this.#now() - REMEMBERED;
    for (const [user, since] of this.#since) if (since < before) this.#since.delete(user);
  }

  #note(user: string, at: Micros): void {
    this.#since.set(user, Math.max(at, this.#since.get(user) ?? 0));
  }
}
