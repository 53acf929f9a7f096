/** The desk as one login may see it: a request out of their scope is not there, in the words for one that never was. */
import type { Approval } from '../approvals/approval.ts';
import { changes } from '../approvals/changes.ts';
import type { Desk } from '../approvals/desk.ts';
import { ChaperoneError } from '../errors.ts';
import { authorize, type Permission, reachOf } from './authorize.ts';
import type { Login } from './principal.ts';
import { Refused } from './refused.ts';

export class ScopedDesk {
  readonly #desk: Desk;
  readonly #login: Login;

  constructor(desk: Desk, login: Login) {
    this.#desk = desk;
    this.#login = login;
  }

  list(): Approval[] {
    return this.#desk.list().filter((approval) => this.#sees(approval));
  }

  async *changes(ended: readonly AbortSignal[]): AsyncGenerator<Approval> {
    for await (const approval of changes(this.#desk, ended)) if (this.#sees(approval)) yield approval;
  }

  /**
   * One request, where the caller may do this with it.
   *
   * @throws ChaperoneError `NOT_FOUND` where they may not see it either, `FORBIDDEN` where they may
   */
  find(id: string, permission: Permission): Approval {
    if (reachOf(this.#login, permission) === 'everything') return this.#desk.find(id);
    const approval = this.#lookUp(id);
    const { requester, session } = approval.request;
    if (authorize(this.#login, permission, requester)) return approval;
    if (!this.#sees(approval)) throw absent(id, { reason: 'scope', session });
    const message = `${this.#login.principal.user} may see this request, but not do this with it (${permission})`;
    throw new Refused('FORBIDDEN', message, { reason: 'scope', session });
  }

  #lookUp(id: string): Approval {
    try {
      return this.#desk.find(id);
    } catch (error) {
      if (error instanceof ChaperoneError && error.code === 'NOT_FOUND')
        throw absent(id, { reason: 'unknown' });
      throw error;
    }
  }

  #sees({ request }: Approval): boolean {
    return authorize(this.#login, 'approvals.view', request.requester);
  }
}

function absent(id: string, why: ConstructorParameters<typeof Refused>[2]): Refused {
  return new Refused('NOT_FOUND', `there is no request ${id.slice(0, 40)} to decide on`, why);
}
