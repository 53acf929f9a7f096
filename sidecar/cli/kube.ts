/** The guarded Kubernetes API of `chaperone up`: which server, as whom, and how it is found. Loads nothing heavy itself. */
import type { Approvals } from '../../recorder/approvals/asking.ts';
import type { Identity } from '../../recorder/audit/event.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Archive, Journal } from '../../recorder/log/ports.ts';
import type { KubeAccess } from '../../recorder/server/routes/kube.ts';
import { systemClock } from '../clock.ts';
import type { KubeProxy } from '../kube/kube.ts';
import { inCluster } from '../kube/upstream/in-cluster.ts';
import type { UpstreamSource } from '../kube/upstream/source.ts';
import type { Vault } from '../mask/vault.ts';
import { isOwnPort } from '../policy/builtin-api/remote.ts';
import { ALONE } from '../policy/builtin-api/surroundings.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import { kubeDirectory } from './data.ts';
import { visible } from './format.ts';

export interface KubeFlags {
  context?: string;
  kubeconfig?: string;
  kubePort?: number;
}

export const KUBE_PORT = 6443;

export interface Guarded {
  proxy: KubeProxy;
  access: KubeAccess;
  /** For the person who started it. */
  summary: string;
}

interface Parts {
  data: string;
  log: Journal & Archive;
  policy: PolicyFile;
  vault: Vault;
  approvals: Approvals;
}

/**
 * Guards the API of the context that was named, or of the cluster that this process runs in; null where neither is.
 * @throws ChaperoneError `USAGE`, `NOT_FOUND`, `PORT_IN_USE`
 */
export async function guardKube(
  flags: KubeFlags,
  { data, log, policy, vault, approvals }: Parts,
): Promise<Guarded | null> {
  const found = await findSource(flags);
  if (found === null) return null;
  const [{ startKubeProxy }, { ShellAccess }, { RemoteHandler }, { analyse, analyseArgv }] =
    await Promise.all([
      import('../kube/kube.ts'),
      import('../kube/shell-access.ts'),
      import('../kube/remote/handler.ts'),
      import('../command/analyse.ts'),
    ]);
  const { source, identity } = found;
  const proxy = await startKubeProxy({
    directory: kubeDirectory(data),
    ...{ source, identity, journal: log, clock: systemClock, vault, approvals },
    port: flags.kubePort ?? KUBE_PORT,
    // In a pod the port is what its containers were told; on a laptop the kubeconfig says which it is.
    orAnother: flags.kubePort === undefined && source.name !== 'in-cluster',
    policy: () => policy.current(),
    upgrades: ({ upstream, gate, journal }) =>
      new RemoteHandler({
        upstream,
        refusesPort: (port) =>
          isOwnPort(port, ALONE) ? 'it belongs to the container that guards the Pod' : null,
        recordsInput: (who) => policy.current().recordsInput(who),
        guard: {
          ...{ journal, gate, clock: systemClock, vault, analyse, analyseArgv },
          policy: () => policy.current().digest,
        },
      }),
    report: complain,
  });
  if (source.server.origin === proxy.url) {
    await proxy.close();
    throw new ChaperoneError(
      'USAGE',
      `context ${source.name} leads back here: name the cluster's own context`,
    );
  }
  const summary = `The Kubernetes API of ${source.name} is guarded: KUBECONFIG=$(chaperone kubeconfig) kubectl …`;
  return { proxy, access: new ShellAccess(proxy, log), summary };
}

async function findSource(flags: KubeFlags): Promise<{ source: UpstreamSource; identity: Identity } | null> {
  const { context, kubeconfig: file } = flags;
  if (context !== undefined || file !== undefined) {
    const [{ fromContext }, { localIdentity }] = await Promise.all([
      import('../kube/upstream/context.ts'),
      import('../identity/local.ts'),
    ]);
    const source = fromContext({
      ...(context !== undefined && { context }),
      ...(file !== undefined && { file }),
    });
    return { source, identity: localIdentity(process.env) };
  }
  const source = await inCluster(process.env);
  if (source !== null) {
    const { podIdentity } = await import('../identity/pod.ts');
    const { authorization } = await source.credentials(false);
    return { source, identity: podIdentity(authorization, source.namespace) };
  }
  if (flags.kubePort === undefined) return null;
  throw new ChaperoneError('USAGE', '--kube-port needs --context: which Kubernetes API is to be guarded?');
}

function complain(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`chaperone: a request to the Kubernetes API failed: ${visible(message)}\n`);
}
