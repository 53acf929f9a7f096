/**
 * Sign-ins that have begun: what the provider has to send back, tied to the browser that began by a cookie of its own.
 * Each is good for one answer, and not for long.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Micros } from '../../audit/units.ts';
import { digestOf, newSecret } from '../secrets.ts';
import type { Sent } from './provider.ts';

export const PENDING_LIMITS = {
  /** Signing in may take a second factor, and no coffee. */
  life: (10 * 60 * 1_000_000) as Micros,
  /** The oldest are forgotten: who began must begin again. */
  most: 4096,
} as const;

export interface Pending extends Sent {
  /** Where the browser was going. */
  next: string;
}

interface Entry extends Pending {
  browser: Buffer;
  expires: Micros;
}

export class PendingSignIns {
  readonly #now: () => Micros;
  /** By state, oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(now: () => Micros) {
    this.#now = now;
  }

  /** @returns what is sent to the provider, and the value of the browser's cookie */
  begin(next: string): { pending: Pending; cookie: string } {
    const now = this.#now();
    for (const [state, { expires }] of this.#entries) {
      if (expires > now && this.#entries.size < PENDING_LIMITS.most) break;
      this.#entries.delete(state);
    }
    const cookie = newSecret();
    const pending = { state: newSecret(), nonce: newSecret(), verifier: newSecret(), next };
    this.#entries.set(pending.state, {
      ...pending,
      browser: digestOf(cookie),
      expires: now + PENDING_LIMITS.life,
    });
    return { pending, cookie };
  }

  /** The one that this browser began, once; null for any other. */
  take(state: string, cookie: string): Pending | null {
    const entry = this.#entries.get(state);
    if (entry === undefined || !timingSafeEqual(entry.browser, digestOf(cookie))) return null;
    this.#entries.delete(state);
    return entry.expires > this.#now() ? entry : null;
  }
}
