/**
 * For whom the agent in this pod works, as a signed token says: asked for in the background, never waited for, and asked
 * for again before it runs out, and whenever a prompt may have begun another turn.
 *
 * It proves which run and turn was active in the pod, and not which process asked. Each token is asked for with an
 * audience that was never used before: one that somebody got hold of elsewhere, or earlier, is none.
 */
import { randomUUID } from 'node:crypto';
import type { AgentRun, Identity } from '../../recorder/audit/identity.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import type { IssuerKeys } from '../../recorder/token/keys.ts';
import { type Claims, TokenVerifier } from '../../recorder/token/verifier.ts';

export interface SignedRunOptions {
  /** Mints a token for an audience. @throws ChaperoneError */
  ask: (audience: string) => Promise<string>;
  /** Compared exactly. */
  issuer: string;
  keys: Pick<IssuerKeys, 'find'>;
  clock: { now(): Micros };
  times?: typeof RUN_TIMES;
  /** Told once of what keeps it from being proven, until it is another thing. */
  report: (error: unknown) => void;
}

/** What a token proved, while it holds. */
export interface Proven {
  run: AgentRun;
  /** Empty where it names nobody. */
  humans: string[];
  until: Micros;
}

const SECOND: Micros = 1_000_000;

export const RUN_TIMES: Readonly<Record<'longest' | 'ahead' | 'rest' | 'retry', Micros>> = {
  /** A token is believed for no longer than this, whatever it says. */
  longest: 600 * SECOND,
  /** Before it runs out it is asked for anew, */
  ahead: 60 * SECOND,
  /** never sooner after the last time than this, */
  rest: 2 * SECOND,
  /** and after a failure so much later. */
  retry: 30 * SECOND,
};

const LONGEST_TEXT = 256;

export class SignedRun {
  readonly #options: SignedRunOptions;
  #proven: Proven | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asking = false;
  #again = false;
  #complaint = '';
  #closed = false;

  constructor(options: SignedRunOptions) {
    this.#options = options;
    this.ask();
  }

  /** What holds now; null where nothing does. Never waits. */
  current(): Proven | null {
    return this.#proven !== null && this.#options.clock.now() < this.#proven.until ? this.#proven : null;
  }

  /** An identity with what is proven of it; as it was where nothing is. */
  of(identity: Identity): Identity {
    const proven = this.current();
    if (proven === null) return identity;
    const { run, humans } = proven;
    const known = [...new Set([...(identity.humans ?? []), ...humans])];
    return { ...identity, run, ...(known.length > 0 && { humans: known }), proof: 'signed' };
  }

  /** Another turn may have begun. */
  ask(): void {
    if (this.#closed) return;
    if (this.#asking) this.#again = true;
    else void this.#run();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#asking = true;
    this.#again = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { clock, times = RUN_TIMES } = this.#options;
    let next: Micros = times.retry;
    try {
      this.#proven = await this.#ask();
      this.#complaint = '';
      next = Math.max(times.rest, this.#proven.until - times.ahead - clock.now());
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#complaint && !this.#closed) this.#options.report(error);
      this.#complaint = message;
    }
    // Questions that come at once are one more question, and not at once.
    this.#after(times.rest, () => {
      this.#asking = false;
      if (this.#again) void this.#run();
      else this.#after(next - times.rest, () => void this.#run());
    });
  }

  async #ask(): Promise<Proven> {
    const { ask, issuer, keys, clock } = this.#options;
    const audience = `chaperone:${randomUUID()}`;
    const verifier = new TokenVerifier({ issuer, audiences: [audience], keys, clock });
    return provenBy(await verifier.verify(await ask(audience)), clock.now());
  }

  #after(micros: Micros, act: () => void): void {
    if (this.#closed) return;
    this.#timer = setTimeout(act, Math.max(0, micros) / 1000).unref();
  }
}

/** What the claims of a verified token say. Pure. */
export function provenBy(claims: Claims, now: Micros): Proven {
  const owner = textIn(claims, 'owner_email');
  return {
    run: {
      ...{ issuer: claims.iss, subject: claims.sub.slice(0, LONGEST_TEXT) },
      agent: textIn(claims, 'cloud_agent_id'),
      turn: textIn(claims, 'turn_id'),
      team: textIn(claims, 'team_id'),
    },
    humans: owner === '' ? [] : [owner],
    until: Math.min(claims.exp * SECOND, now + RUN_TIMES.longest),
  };
}

/** A short text without controls; numbers as they are written. */
function textIn(claims: Claims, name: string): string {
  const value = claims[name];
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length <= LONGEST_TEXT && /^\P{Cc}*$/u.test(text) ? text : '';
}
