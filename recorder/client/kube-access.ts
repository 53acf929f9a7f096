/** The Kubernetes access of a recorder that another process runs. */
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { KubeconfigText } from '../server/api.ts';
import type { KubeAccess } from '../server/routes/kube.ts';
import { type Recorder, RecorderClient } from './http.ts';

export class RemoteKubeAccess implements KubeAccess {
  readonly #client: RecorderClient;

  constructor(recorder: Recorder) {
    this.#client = new RecorderClient(recorder);
  }

  async grant(session: SessionId): Promise<string | null> {
    try {
      const answer = await this.#client.json<KubeconfigText>({ method: 'POST', path: addressOf(session) });
      return answer.kubeconfig;
    } catch (error) {
      if (error instanceof ChaperoneError && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }

  async revoke(session: SessionId): Promise<void> {
    await this.#client.json({ method: 'DELETE', path: addressOf(session) });
  }
}

function addressOf(session: SessionId): string {
  return `/api/sessions/${encodeURIComponent(session)}/kubeconfig`;
}
