/** `chaperone gateway`: the guarded Kubernetes API for clients that bring a token of their own. */
import { createSecureContext } from 'node:tls';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { readRegularFile, readText } from '../../recorder/store/regular-file.ts';
import type { KeyPair } from '../kube/credentials/certificates.ts';
import type { GatewayConfiguration } from '../kube/gateway/configuration.ts';
import type { Gateway } from '../kube/gateway/gateway.ts';
import type { Readiness } from '../kube/gateway/health.ts';
import { dataDirectory, dataOption, kubeDirectory, requirePrivate } from './data.ts';
import { visible } from './format.ts';
import type { Guarding, UpstreamFlags } from './kube.ts';
import { untilSignal } from './leave.ts';
import { DEFAULT_PORT, portNumber, type RunningRecorder, startRecorder } from './up.ts';

interface Options extends UpstreamFlags {
  data?: string;
  config: string;
  listen: Listen;
  tlsCert?: string;
  tlsKey?: string;
  name?: string[];
  oidc?: string;
  port: number;
  healthPort: number;
}

interface Listen {
  host: string;
  port: number;
}

const HEALTH_PORT = 9464;
const MAX_BYTES = 1 << 20;
const RELOAD_MS = 60_000;

export function gateway(root: Command): void {
  root
    .command('gateway')
    .description(
      'guard the Kubernetes API for clients that bring tokens of their own, and go on by impersonation',
    )
    .addOption(dataOption())
    .requiredOption('--config <file>', 'whose tokens open it, and as whom they go on (kind AgentGateway)')
    .addOption(
      new Option('--listen <address>', 'where the guarded API is')
        .argParser(listenAddress)
        .default({ host: '0.0.0.0', port: 6443 }, '0.0.0.0:6443'),
    )
    .option('--tls-cert <file>', 'its certificate, PEM; read again when it changes')
    .option('--tls-key <file>', 'the key of that')
    .option('--name <name...>', 'names and addresses in a certificate of our own authority')
    .option(
      '-p, --port <port>',
      'where the page is, on 127.0.0.1; 0 takes a free one',
      portNumber,
      DEFAULT_PORT,
    )
    .option('--oidc <file>', 'where people sign in to the page (default: DATA/oidc.yaml, if it is there)')
    .option('--health-port <port>', 'where /livez and /readyz are', portNumber, HEALTH_PORT)
    .option(
      '--context <name>',
      'the API server behind it, by a context of a kubeconfig (default: the cluster around us)',
    )
    .option('--kubeconfig <file>', 'where that context is (default: $KUBECONFIG, or ~/.kube/config)')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const data = dataDirectory(options.data);
  await requirePrivate(data);
  const leave = untilSignal();
  const started: { gateway: Gateway | null } = { gateway: null };
  const [{ startHealth }, { readOidc }] = await Promise.all([
    import('../kube/gateway/health.ts'),
    import('./oidc-file.ts'),
  ]);
  const readiness = async (): Promise<Readiness> => {
    if (started.gateway === null || leave.received()) return 'closing';
    return recorder?.policy.complaint === null && (await started.gateway.troubles()).length === 0
      ? 'ok'
      : 'degraded';
  };
  let recorder: RunningRecorder | null = null;
  const health = await startHealth({ host: options.listen.host, port: options.healthPort, readiness });
  try {
    const oidc = await readOidc(data, options.oidc);
    const guarding = guardingOf(options, data, started);
    recorder = await startRecorder(data, options.port, { guarding, oidc });
    process.stdout.write(
      `chaperone gateway is up. Evidence: ${data}\n${recorder.kube}\nProbes: http://${options.listen.host}:${health.port}/readyz\nOpen once in your browser:\n\n  ${recorder.server.loginUrl()}\n\n`,
    );
    for (const trouble of (await started.gateway?.troubles()) ?? []) complain(trouble);
    await leave.signalled;
  } finally {
    await recorder?.close();
    await health.close();
  }
}

function guardingOf(options: Options, data: string, started: { gateway: Gateway | null }): Guarding {
  return async (parts) => {
    const [{ startGateway }, { guardOptions, upstreamOf }] = await Promise.all([
      import('../kube/gateway/gateway.ts'),
      import('./kube.ts'),
    ]);
    const source = await upstreamOf(options);
    if (source === null)
      throw new ChaperoneError(
        'USAGE',
        'gateway needs --context outside of a cluster: which Kubernetes API is behind it?',
      );
    const configuration = await readConfiguration(options.config);
    const authorities = await readAuthorities(configuration);
    const { pair, authority } = await certificateOf(options, data);
    const { host, port } = options.listen;
    const running = await startGateway({
      ...(await guardOptions(parts)),
      left: parts.left,
      ...{ source, configuration, authorities, host, port, certificate: pair },
    });
    started.gateway = running;
    const reloading = reload(options, pair, running);
    const summary = `The Kubernetes API of ${source.name} is guarded at ${running.url}, for tokens of ${namesOf(configuration)}.${authority}`;
    const close = () => {
      clearInterval(reloading);
      started.gateway = null;
      return running.close();
    };
    return { access: null, summary, close };
  };
}

async function readConfiguration(path: string): Promise<GatewayConfiguration> {
  const { parseGateway } = await import('../kube/gateway/configuration.ts');
  const file = await readRegularFile(path, { limit: MAX_BYTES, links: true });
  if (file === null) throw new ChaperoneError('NOT_FOUND', `${path}: there is no such file`);
  if ((file.mode & 0o022) !== 0)
    throw new ChaperoneError(
      'FORBIDDEN',
      `others can write ${path}, and so let themselves in: chmod go-w it`,
    );
  return parseGateway(file.bytes.toString('utf8'), path);
}

async function readAuthorities({ issuers }: GatewayConfiguration): Promise<Map<string, string>> {
  const paths = issuers.flatMap(({ certificateAuthority }) => certificateAuthority ?? []);
  return new Map(await Promise.all(paths.map(async (path) => [path, await required(path)] as const)));
}

/** What it is reached with: the pair that was given, or one of our own authority, which clients are to trust. */
async function certificateOf(
  { tlsCert, tlsKey, name = [] }: Options,
  data: string,
): Promise<{ pair: KeyPair; authority: string }> {
  if (tlsCert !== undefined && tlsKey !== undefined)
    return { pair: await readPair(tlsCert, tlsKey), authority: '' };
  if (tlsCert !== undefined || tlsKey !== undefined)
    throw new ChaperoneError('USAGE', '--tls-cert and --tls-key belong together');
  const { CredentialDirectory } = await import('../kube/credentials/directory.ts');
  const now = new Date();
  const directory = await CredentialDirectory.open(kubeDirectory(data), now);
  const authority = ` Clients trust ${kubeDirectory(data)}/authority.crt.`;
  return { pair: await directory.serverCertificate(now, name), authority };
}

/** @throws ChaperoneError `NOT_FOUND`, `USAGE` where the two are no pair */
async function readPair(certificate: string, key: string): Promise<KeyPair> {
  const pair = { certificate: await required(certificate), key: await required(key) };
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
  } catch (error) {
    throw new ChaperoneError(
      'USAGE',
      `${certificate} and ${key} are no certificate with its key: ${(error as Error).message}`,
    );
  }
  return pair;
}

/** A certificate that was renewed takes effect; one that is broken does not. */
function reload({ tlsCert, tlsKey }: Options, first: KeyPair, running: Gateway): NodeJS.Timeout {
  let current = first;
  const look = async (certificate: string, key: string) => {
    const found = await readPair(certificate, key);
    if (found.certificate === current.certificate && found.key === current.key) return;
    running.renew(found);
    current = found;
  };
  return setInterval(() => {
    if (tlsCert !== undefined && tlsKey !== undefined)
      look(tlsCert, tlsKey).catch(({ message }) => complain(`the former certificate stays: ${message}`));
  }, RELOAD_MS).unref();
}

/** @throws ChaperoneError `NOT_FOUND` */
async function required(path: string): Promise<string> {
  const text = await readText(path, { limit: MAX_BYTES, links: true });
  if (text === null) throw new ChaperoneError('NOT_FOUND', `${path}: there is no such file`);
  return text;
}

function namesOf({ issuers, serviceAccounts }: GatewayConfiguration): string {
  const names = issuers.map(({ url }) => url);
  return [...names, ...(serviceAccounts === undefined ? [] : ['ServiceAccounts'])].join(', ');
}

/** `0.0.0.0:6443`, `[::]:6443`, `:6443` */
export function listenAddress(value: string): Listen {
  const [, host, port] = /^(\[[\da-f:.]+\]|[\da-z.-]*):(\d{1,5})$/i.exec(value) ?? [];
  if (host === undefined || port === undefined)
    throw new InvalidArgumentError('an address is e.g. 0.0.0.0:6443');
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: portNumber(port) };
}

function complain(message: string): void {
  process.stderr.write(`chaperone: ${visible(message)}\n`);
}
