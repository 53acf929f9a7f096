/**
 * Logins of workloads, by a token of their ServiceAccount: they write evidence of themselves and ask humans for
 * themselves. They have no role, and see nothing.
 */
import type { Identity, Pod } from '../audit/identity.ts';
import { unproven } from '../token/unproven.ts';
import { CredentialsRefused } from './credentials.ts';
import type { Login } from './principal.ts';

/** Tells whose a ServiceAccount's token is. */
export interface WorkloadDoor {
  /** @throws ChaperoneError `UNAUTHENTICATED`; `ISSUER_GONE` and `BUSY` where it cannot be told now */
  identify(token: string): Promise<{ identity: Identity & { pod: Pod } }>;
}

/** Pods at once; a login is a few hundred bytes. */
const MOST = 10_000;
/** Ends with its connections: a token is looked at anew with each of them. */
const NEVER = new AbortController().signal;

export class WorkloadLogins {
  readonly #door: WorkloadDoor;
  /** By the Pod and who it is, the oldest first: one Pod logs in once, however often its token is renewed. */
  readonly #logins = new Map<string, Login>();

  constructor(door: WorkloadDoor) {
    this.#door = door;
  }

  /** Whether a token says that it is one of these: no provider may say so of a person. */
  static isOne(token: string): boolean {
    return String(unproven(token)?.sub).startsWith('system:serviceaccount:');
  }

  /** @throws ChaperoneError `UNAUTHENTICATED`, `ISSUER_GONE`, `BUSY` */
  async find(token: string): Promise<Login> {
    const { identity } = await this.#door.identify(token);
    const { pod, user, groups } = identity;
    // What is recorded is of a Pod: a token that anybody could have taken along proves none.
    if (pod.uid === '') throw new CredentialsRefused('no-pod', 'this token is bound to no Pod', { user });
    const key = JSON.stringify(identity);
    const known = this.#logins.get(key);
    if (known !== undefined) return known;
    const login: Login = {
      ...{ how: 'workload', name: `pod-${pod.uid}`, ended: NEVER, workload: identity },
      principal: { user, groups, roles: [] },
    };
    this.#logins.set(key, login);
    if (this.#logins.size > MOST) this.#logins.delete(this.#logins.keys().next().value!);
    return login;
  }
}

/** Whether somebody is said to be in the very Pod that is proven, and nobody else than its ServiceAccount's. */
export function isOf(said: Identity, { pod: proven }: Identity): boolean {
  const { pod } = said;
  if (pod === undefined || proven === undefined) return false;
  const { namespace, name, uid, serviceAccount } = proven;
  return (
    pod.uid === uid &&
    pod.name === name &&
    pod.namespace === namespace &&
    pod.serviceAccount === serviceAccount
  );
}
