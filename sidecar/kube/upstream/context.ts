/** A context of a kubeconfig, read as @kubernetes/client-node reads it: certificates, tokens, exec plugins, OIDC. */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { reasonOf } from '../../../recorder/store/fault.ts';
import type { Credentials, TlsMaterial, UpstreamSource } from './source.ts';

export interface ContextOptions {
  /** The context's name; the current one where it is left out. */
  context?: string;
  /** A kubeconfig; by default what `KUBECONFIG` names, then `~/.kube/config`. */
  file?: string;
}

/** @throws ChaperoneError `NOT_FOUND` for a file or context that is not there, `USAGE` for one that cannot be used */
export function fromContext(options: ContextOptions): UpstreamSource {
  let config = load(options);
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
      if (rejected) config = load(options);
      return read(config, name);
    },
  };
}

function load(options: ContextOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    if (options.file === undefined) config.loadFromDefault();
    else config.loadFromFile(options.file);
  } catch (error) {
    throw notFound(options, reasonOf((error as Error).message).split('\n', 1)[0]!);
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const name = config.getCurrentContext();
  if (!name || config.getContextObject(name) === null) {
    const known = config.getContexts().map((one) => one.name);
    throw notFound(
      options,
      `there is no context ${name || '(none is current)'} among ${known.join(', ') || 'none'}`,
    );
  }
  return config;
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
    const reason = reasonOf((error as Error).message)
      .trim()
      .split('\n', 1)[0];
    throw new ChaperoneError('UNAUTHENTICATED', `context ${name} gives no credentials: ${reason}`, {
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

function notFound({ file }: ContextOptions, reason: string): ChaperoneError {
  return new ChaperoneError('NOT_FOUND', `${file ?? 'the kubeconfig'} cannot be used: ${reason}`);
}
