/** The session of a bearer that is no shell: all that one pod, or one machine, asks of the API. */
import { hostname } from 'node:os';
import { ulid } from 'ulid';
import type { DraftBody } from '../../recorder/audit/event.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Endable } from '../../recorder/log/endings.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import type { Clock } from '../clock.ts';
import { VERSION } from '../version.ts';
import { Bearer, type Principal } from './credentials/bearers.ts';
import type { Persona } from './upstream/impersonation.ts';

export interface ApiSessionOptions {
  journal: Journal;
  clock: Clock;
  identity: Identity;
  /** As whom its requests go on, where that is by impersonation. */
  as?: Persona;
  /** The API server's address. */
  server: string;
  /** Where it hears that it is to end. */
  endings?: Endable | undefined;
  /** Digest of the policy in force. */
  policy: () => string;
}

export class ApiSession {
  readonly bearer: Bearer;
  readonly #options: ApiSessionOptions;
  readonly #id = ulid();
  #begun = false;
  #unwatch = (): void => {};

  constructor(options: ApiSessionOptions) {
    this.#options = options;
    this.bearer = new Bearer(() => this.#begin());
  }

  /** Ends it, if anything was ever asked; its bearer has to be revoked before. */
  async end(): Promise<void> {
    if (!this.#begun) return;
    this.#begun = false;
    this.#unwatch();
    await this.#append({ type: 'session.end', reason: 'exited', status: 0 });
  }

  async #begin(): Promise<Principal> {
    const { identity, as, server, policy } = this.#options;
    await this.#append({
      type: 'session.start',
      identity,
      host: hostname(),
      command: [],
      cwd: '/',
      policy: policy(),
      agent: VERSION,
      entrance: {
        kind: 'api',
        server,
        ...(as !== undefined && { as: { user: as.user, groups: [...as.groups] } }),
      },
    });
    this.#begun = true;
    this.#unwatch =
      this.#options.endings?.watch(this.#id, (reason) => void this.#endNow(reason)) ?? (() => {});
    return { session: this.#id, identity, ...(as !== undefined && { as }) };
  }

  /** What is under way is cut, and what comes is refused, for as long as its token is known. */
  async #endNow(reason: string): Promise<void> {
    await this.bearer.revoke(reason);
    await this.end().catch(() => undefined); // then the log shows it as cut off
  }

  #append(body: DraftBody): Promise<void> {
    const { journal, clock } = this.#options;
    return journal.append(this.#id, [{ at: clock.now(), body }]);
  }
}
