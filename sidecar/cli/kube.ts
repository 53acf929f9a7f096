/** The guarded Kubernetes API of `chaperone up`: which server, as whom, and how it is found. Loads nothing heavy itself. */
import type { Approvals } from '../../recorder/approvals/asking.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Endable } from '../../recorder/log/endings.ts';
import type { Archive, Journal } from '../../recorder/log/ports.ts';
import type { Left } from '../../recorder/offboard/left.ts';
import type { KubeAccess } from '../../recorder/server/routes/kube.ts';
import { systemClock } from '../clock.ts';
import type { GuardOptions } from '../kube/guarded-api.ts';
import { inCluster } from '../kube/upstream/in-cluster.ts';
import type { UpstreamSource } from '../kube/upstream/source.ts';
import type { Vault } from '../mask/vault.ts';
import { isOwnPort } from '../policy/builtin-api/remote.ts';
import { ALONE } from '../policy/builtin-api/surroundings.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import { kubeDirectory } from './data.ts';
import { complainOf } from './format.ts';

export interface UpstreamFlags {
  context?: string;
  kubeconfig?: string;
}

export interface KubeFlags extends UpstreamFlags {
  kubePort?: number;
}

export const KUBE_PORT = 6443;

export interface Guarded {
  /** What leads guarded shells there; null where that is for others. */
  access: KubeAccess | null;
  /** For the person who started it. */
  summary: string;
  close(): Promise<void>;
}

/** Guards a Kubernetes API with what the recorder has opened; null where there is none to guard. */
export type Guarding = (parts: Parts) => Promise<Guarded | null>;

/** What the recorder has opened. */
export interface Parts {
  data: string;
  log: Journal & Archive;
  policy: PolicyFile;
  vault: Vault;
  approvals: Approvals;
  endings: Endable;
  left: Left;
}

/**
 * Guards the API of the context that was named, or of the cluster that this process runs in; null where neither is.
 * @throws ChaperoneError `USAGE`, `NOT_FOUND`, `PORT_IN_USE`
 */
export async function guardKube(flags: KubeFlags, parts: Parts): Promise<Guarded | null> {
  const { data, log } = parts;
  const found = await findSource(flags);
  if (found === null) return null;
  const [{ startKubeProxy }, { ShellAccess }] = await Promise.all([
    import('../kube/kube.ts'),
    import('../kube/shell-access.ts'),
  ]);
  const { source, identity } = found;
  const proxy = await startKubeProxy({
    directory: kubeDirectory(data),
    ...(await guardOptions(parts)),
    ...{ source, identity },
    port: flags.kubePort ?? KUBE_PORT,
    // In a pod the port is what its containers were told; on a laptop the kubeconfig says which it is.
    orAnother: flags.kubePort === undefined && !isInPod(flags),
  });
  if (source.server.origin === proxy.url) {
    await proxy.close();
    throw new ChaperoneError(
      'USAGE',
      `context ${source.name} leads back here: name the cluster's own context`,
    );
  }
  const summary = `The Kubernetes API of ${source.name} is guarded: KUBECONFIG=$(chaperone kubeconfig) kubectl …`;
  return { access: new ShellAccess(proxy, log), summary, close: () => proxy.close() };
}

/** The gate and what carries remote commands, with what the recorder has opened. */
export async function guardOptions({ log, policy, vault, approvals, endings }: Parts): Promise<GuardOptions> {
  const [{ RemoteHandler }, { analyse, analyseArgv }] = await Promise.all([
    import('../kube/remote/handler.ts'),
    import('../command/analyse.ts'),
  ]);
  return {
    ...{ journal: log, clock: systemClock, vault, approvals, endings },
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
  };
}

async function findSource(flags: KubeFlags): Promise<{ source: UpstreamSource; identity: Identity } | null> {
  const source = await upstreamOf(flags);
  if (source === null) {
    if (flags.kubePort === undefined) return null;
    throw new ChaperoneError('USAGE', '--kube-port needs --context: which Kubernetes API is to be guarded?');
  }
  if (!isInPod(flags)) {
    const { localIdentity } = await import('../identity/local.ts');
    return { source, identity: localIdentity(process.env) };
  }
  const { podIdentity } = await import('../identity/pod.ts');
  const { authorization } = await source.credentials(false);
  return { source, identity: podIdentity(authorization, source.namespace) };
}

/**
 * The context that was named, or the cluster that this process runs in; null where neither is.
 * @throws ChaperoneError `USAGE`, `NOT_FOUND`
 */
export async function upstreamOf({
  context,
  kubeconfig: file,
}: UpstreamFlags): Promise<UpstreamSource | null> {
  if (context === undefined && file === undefined) return inCluster(process.env);
  const { fromContext } = await import('../kube/upstream/context.ts');
  return fromContext({ ...(context !== undefined && { context }), ...(file !== undefined && { file }) });
}

/** Unless a context is named it is the cluster around us. */
function isInPod({ context, kubeconfig }: UpstreamFlags): boolean {
  return context === undefined && kubeconfig === undefined;
}

const complain = complainOf('a request to the Kubernetes API failed');
