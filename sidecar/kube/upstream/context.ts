/** A context of a kubeconfig, read as @kubernetes/client-node reads it: certificates, tokens, exec plugins, OIDC. */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { reasonOf } from '../../../recorder/store/fault.ts';
import { informed } from './exec-info.ts';
import { type Named, readKubeconfig, readText } from './kubeconfig.ts';
import type { Credentials, TlsMaterial, UpstreamSource } from './source.ts';

export interface ContextOptions {
  /** The context's name; the current one where it is left out. */
  context?: string;
  /** A kubeconfig; by default what `KUBECONFIG` names, then `~/.kube/config`. */
  file?: string;
}

/** @throws ChaperoneError `NOT_FOUND` for a file or context that is not there, `USAGE` for one that cannot be used */
export function fromContext(options: ContextOptions): UpstreamSource {
  let { config, lasting } = load(options);
  const cluster = config.getCurrentCluster();
  const name = config.getCurrentContext();
  if (cluster === null) throw notFound(options, `context ${name} names no cluster`);
  refuseUnsafe(name, cluster);
  return {
    name,
    server: new URL(cluster.server),
    namespace: config.getContextObject(name)?.namespace ?? '',
    async credentials(rejected) {
      // A plugin's answer is remembered by the object, and the files may have changed since.
      if (rejected || !lasting) ({ config, lasting } = load(options));
      return read(config, name);
    },
  };
}

interface Loaded {
  config: KubeConfig;
  /** False where the token stands in a file of its own, which somebody renews. */
  lasting: boolean;
}

function load(options: ContextOptions): Loaded {
  try {
    return loaded(options);
  } catch (error) {
    throw error instanceof ChaperoneError ? error : notFound(options, firstLine(error));
  }
}

function loaded(options: ContextOptions): Loaded {
  const files = readKubeconfig(options.file);
  const name = options.context ?? files.current;
  const context = files.contexts.find((one) => one.name === name);
  if (context === undefined) {
    const known = files.contexts.map((one) => one.name);
    const wanted = name || '(none is current)';
    throw notFound(options, `there is no context ${wanted} among ${known.join(', ') || 'none'}`);
  }
  const cluster = files.clusters.find((one) => one.name === context.value.cluster);
  const user = files.users.find((one) => one.name === context.value.user);
  const { tokenFile } = user?.value ?? {};
  if (user !== undefined) refuseImpersonation(name, user);
  const written = {
    'current-context': name,
    clusters: listed(cluster, 'cluster'),
    users: listed(user && cluster && withToken(informed(user, cluster)), 'user'),
    contexts: listed(context, 'context'),
  };
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify(written));
  return { config, lasting: tokenFile === undefined };
}

function listed(one: Named | undefined, member: string): object[] {
  return one === undefined ? [] : [{ name: one.name, [member]: one.value }];
}

/** A file with the token stands above one that is written in place. */
function withToken({ name, value }: Named): Named {
  const { tokenFile } = value;
  if (typeof tokenFile !== 'string' || tokenFile === '') return { name, value };
  return { name, value: { ...value, token: readText(tokenFile).trim() } };
}

/** Without it, requests would go on with more rights than the context means to have. */
function refuseImpersonation(context: string, { value }: Named): void {
  if (!['as', 'as-uid', 'as-groups', 'as-user-extra'].some((member) => value[member] !== undefined)) return;
  throw new ChaperoneError(
    'USAGE',
    `context ${context} cannot be guarded: its user acts as another one (as), which is not supported`,
  );
}

/** What would send the credential where nobody checked who takes it. */
function refuseUnsafe(
  context: string,
  { server, skipTLSVerify, proxyUrl }: { server: string; skipTLSVerify?: boolean; proxyUrl?: string },
): void {
  const reason = !/^https:/i.test(server)
    ? `its server is ${server}, which is not https`
    : skipTLSVerify
      ? 'it has insecure-skip-tls-verify: give it certificate-authority instead'
      : proxyUrl
        ? 'it has a proxy-url, which is not supported'
        : null;
  if (reason !== null) throw new ChaperoneError('USAGE', `context ${context} cannot be guarded: ${reason}`);
}

async function read(config: KubeConfig, name: string): Promise<Credentials> {
  const options: RequestOptions = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new ChaperoneError('UNAUTHENTICATED', `context ${name} gives no credentials: ${firstLine(error)}`, {
      cause: error,
    });
  }
  const { Authorization: bearer } = options.headers as Record<string, string | undefined>;
  const basic = options.auth ? `Basic ${Buffer.from(options.auth).toString('base64')}` : null;
  return { tls: tlsOf(options), authorization: bearer ?? basic };
}

function tlsOf({ ca, cert, key, servername }: RequestOptions): TlsMaterial {
  const given = { ca, cert, key, servername };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])),
  );
}

function firstLine(error: unknown): string {
  const { message, path } = error as NodeJS.ErrnoException;
  const reason = reasonOf(message);
  const named = path === undefined || reason === message ? reason : `${path}: ${reason}`;
  const [line = ''] = named.trim().split('\n', 1);
  return line || 'it failed, and did not say why';
}

function notFound({ file }: ContextOptions, reason: string): ChaperoneError {
  return new ChaperoneError('NOT_FOUND', `${file ?? 'the kubeconfig'} cannot be used: ${reason}`);
}
