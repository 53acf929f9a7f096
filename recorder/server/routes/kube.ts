/** What lets a session's processes into the Kubernetes API, where a proxy runs beside the recorder. */
import type { SessionId } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive } from '../../log/ports.ts';
import type { KubeconfigText } from '../api.ts';
import { sendJson } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';

/** A proxy of the Kubernetes API, as far as sessions need it. */
export interface KubeAccess {
  /**
   * The text of a kubeconfig whose requests are recorded in that session; null where there is no proxy. What an
   * earlier call gave is revoked.
   */
  grant(session: SessionId): Promise<string | null>;
  /** Resolves when nothing more will be recorded in the session because of it. To be awaited before its end. */
  revoke(session: SessionId): Promise<void>;
}

export function kubeRoutes({
  archive,
  kube,
}: {
  archive: Pick<Archive, 'session'>;
  kube: KubeAccess;
}): Route[] {
  const path = '/api/sessions/:id/kubeconfig';
  return [
    {
      method: 'POST',
      path,
      needs: 'kube.open',
      async handle(exchange) {
        const session = await ownSession(exchange, archive);
        const kubeconfig = await kube.grant(session);
        if (kubeconfig === null) throw new ChaperoneError('NOT_FOUND', 'no Kubernetes API is guarded here');
        sendJson(exchange.response, { kubeconfig } satisfies KubeconfigText);
      },
    },
    {
      method: 'DELETE',
      path,
      needs: 'kube.open',
      async handle(exchange) {
        await kube.revoke(await ownSession(exchange, archive));
        sendJson(exchange.response, {});
      },
    },
  ];
}

/**
 * Who may write a session may open things to it: the bearer token's holder, and no browser. Programs see no sessions
 * where people have names of their own; what they may ask of one is this, so it is looked up for them.
 */
async function ownSession({ params }: Exchange, archive: Pick<Archive, 'session'>): Promise<SessionId> {
  const { id, state } = await archive.session(params.id!);
  if (state === 'live') return id;
  throw new ChaperoneError('FORBIDDEN', `session ${id} is over`);
}
