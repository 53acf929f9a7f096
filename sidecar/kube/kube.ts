/** Puts the API proxy together: credentials, the way upstream, the gate, the listener. */
import { join } from 'node:path';
import type { Identity } from '../../recorder/audit/identity.ts';
import { MaskedJournal } from '../mask/journal.ts';
import type { Vault } from '../mask/vault.ts';
import { ApiSession } from './api-session.ts';
import { Bearer, Bearers, type Principal } from './credentials/bearers.ts';
import { CredentialDirectory, KUBECONFIG, newToken } from './credentials/directory.ts';
import { type Access, kubeconfigText } from './credentials/kubeconfig.ts';
import { type GuardOptions, guardedApi } from './guarded-api.ts';
import { type Listening, listen } from './proxy/server.ts';
import { pinning } from './upstream/pinning.ts';
import type { UpstreamSource } from './upstream/source.ts';
import { Upstream } from './upstream/upstream.ts';

export interface KubeOptions extends GuardOptions {
  /** A private directory that lasts over a restart. */
  directory: string;
  source: UpstreamSource;
  port: number;
  /** Take a free port where that one is in use. */
  orAnother: boolean;
  /** Whose requests those with this machine's own token are. */
  identity: Identity;
}

/** A token of ours is the agent's own to see, and nobody's who replays it. */
const OWN = { record: true, agent: false };

/** What opens the proxy to one guarded shell. */
export interface Grant {
  /** The text of a kubeconfig whose token is that session's alone. */
  kubeconfig: string;
  /** Ends what is under way with it. To be awaited before the session's own end is recorded. */
  revoke(): Promise<void>;
}

export interface KubeProxy {
  /** `https://127.0.0.1:6443` */
  url: string;
  /** The API server behind it. */
  upstream: URL;
  /** Path of the kubeconfig of this machine or pod. */
  kubeconfig: string;
  /** @param principal asked at the first request, and again only where it failed */
  grant(principal: () => Promise<Principal>): Grant;
  close(): Promise<void>;
}

/** @throws ChaperoneError `PORT_IN_USE`, and what the directory and the source throw */
export async function startKubeProxy(options: KubeOptions): Promise<KubeProxy> {
  const { clock, policy, identity, vault, endings } = options;
  const journal = new MaskedJournal(options.journal, vault);
  const source = pinning(options.source, vault);
  const now = new Date(clock.now() / 1000);
  const credentials = await CredentialDirectory.open(options.directory, now);
  const upstream = new Upstream(source);
  const bearers = new Bearers();
  const proxy = guardedApi({ ...options, journal }, upstream, bearers);
  const certificate = await credentials.serverCertificate(now);
  const { port, orAnother, report } = options;
  const server = await listen({ port, orAnother, certificate, proxy, report });
  const digest = () => policy().digest;
  const own = new ApiSession({
    journal,
    clock,
    identity,
    server: source.server.href,
    policy: digest,
    endings,
  });
  bearers.grant(credentials.token, own.bearer);
  vault.pin(credentials.token, OWN);
  const { namespace } = source;
  const close = closing({ server, bearers, own, upstream });
  try {
    await credentials.publish({ server: server.url, namespace });
  } catch (error) {
    await close();
    throw error;
  }
  const access = { server: server.url, authority: credentials.authority, namespace };
  return {
    url: server.url,
    upstream: source.server,
    kubeconfig: join(options.directory, KUBECONFIG),
    grant: (principal) => letIn(principal, { bearers, vault, access }),
    close,
  };
}

interface Door {
  bearers: Bearers;
  vault: Vault;
  access: Omit<Access, 'token'>;
}

function letIn(principal: () => Promise<Principal>, { bearers, vault, access }: Door): Grant {
  const token = newToken();
  bearers.grant(token, new Bearer(principal));
  const unpin = vault.pin(token, OWN);
  return {
    kubeconfig: kubeconfigText({ ...access, token }),
    revoke: async () => {
      await bearers.revoke(token, 'its session has ended');
      unpin();
    },
  };
}

interface Parts {
  server: Listening;
  bearers: Bearers;
  own: ApiSession;
  upstream: Upstream;
}

/** What is under way is cut, and its end recorded, before the session ends. */
function closing({ server, bearers, own, upstream }: Parts): () => Promise<void> {
  let done: Promise<void> | null = null;
  const close = async () => {
    server.drain();
    await bearers.close('chaperone is stopping');
    await server.close();
    await upstream.close();
    await own.end();
  };
  return () => {
    done ??= close();
    return done;
  };
}
