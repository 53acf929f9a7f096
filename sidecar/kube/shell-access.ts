/** Each guarded shell gets a token of its own, so that its requests are recorded beside its commands. */
import type { SessionId } from '../../recorder/audit/units.ts';
import type { Archive } from '../../recorder/log/ports.ts';
import type { KubeAccess } from '../../recorder/server/routes/kube.ts';
import type { Grant, KubeProxy } from './kube.ts';

export class ShellAccess implements KubeAccess {
  readonly #kube: Pick<KubeProxy, 'grant'>;
  readonly #archive: Archive;
  readonly #grants = new Map<SessionId, Grant>();

  constructor(kube: Pick<KubeProxy, 'grant'>, archive: Archive) {
    this.#kube = kube;
    this.#archive = archive;
  }

  async grant(session: SessionId): Promise<string> {
    await this.revoke(session);
    // Who it is stands in the log once the session has begun, and nothing is asked before that.
    const grant = this.#kube.grant(async () => {
      const { identity } = await this.#archive.session(session);
      return { session, identity };
    });
    this.#grants.set(session, grant);
    return grant.kubeconfig;
  }

  async revoke(session: SessionId): Promise<void> {
    const grant = this.#grants.get(session);
    this.#grants.delete(session);
    await grant?.revoke();
  }
}
