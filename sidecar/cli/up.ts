import { type Command, InvalidArgumentError } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Trouble } from '../../recorder/server/api.ts';
import type { OidcSettings } from '../../recorder/server/oidc/settings.ts';
import type { RecorderServer } from '../../recorder/server/server.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import type { Closeable } from './cursor.ts';
import { dataDirectory, dataOption, requirePrivate } from './data.ts';
import type { Evidence } from './evidence.ts';
import { hasTerminal } from './foreground.ts';
import type { Guarding, KubeFlags } from './kube.ts';
import { type Leave, untilSignal } from './leave.ts';
import { pageDirectory } from './page.ts';
import { defaultShell } from './shell.ts';
import { agentIssuerOption, agentSocketOption, type SignedFlags, signedRun } from './signed.ts';
import type { Telling } from './telling.ts';

export const DEFAULT_PORT = 7070;

interface Options extends KubeFlags, SignedFlags {
  data?: string;
  oidc?: string;
  port: number;
}

/** `chaperone up`: everything in one process. With a terminal it opens a guarded shell right there. */
export function up(root: Command): void {
  root
    .command('up')
    .description('record, serve the page, and with a terminal open a guarded shell right here')
    .addOption(dataOption())
    .option(
      '-p, --port <port>',
      'where the page is, on 127.0.0.1; 0 takes a free one',
      portNumber,
      DEFAULT_PORT,
    )
    .option('--oidc <file>', 'where people sign in (default: DATA/oidc.yaml, if it is there)')
    .option('--context <name>', 'guard the Kubernetes API of this context of your kubeconfig')
    .option('--kubeconfig <file>', 'where that context is (default: $KUBECONFIG, or ~/.kube/config)')
    .option(
      '--kube-port <port>',
      'where the guarded API is, on 127.0.0.1 (default: 6443, or a free one)',
      portNumber,
    )
    .addOption(agentSocketOption())
    .addOption(agentIssuerOption())
    .action(run);
}

async function run(options: Options): Promise<void> {
  const data = dataDirectory(options.data);
  await requirePrivate(data);
  const [{ guardKube }, { readOidc }, { openDoor }] = await Promise.all([
    import('./kube.ts'),
    import('./oidc-file.ts'),
    import('./cursor.ts'),
  ]);
  const oidc = await readOidc(data, options.oidc);
  const guarding: Guarding = (parts) => guardKube(options, parts);
  const recorder = await startRecorder(data, options.port, { guarding, oidc }).catch((error) =>
    pointToFirst(error, data),
  );
  const leave = untilSignal();
  let door: Closeable | null = null;
  try {
    door = await openDoor(data, recorder, await signedRun(options));
    greet(recorder, data);
    if (hasTerminal()) await shellHere(recorder, leave);
    else await leave.signalled;
  } finally {
    await door?.close();
    await recorder.close();
  }
}

/** Where another `chaperone up` holds the store, its page is what the user is after: a fresh link into it. */
async function pointToFirst(error: unknown, data: string): Promise<never> {
  if (error instanceof ChaperoneError && error.code === 'STORE_LOCKED') {
    const [{ findRecorder }, { requestLoginUrl }] = await Promise.all([
      import('../../recorder/client/discover.ts'),
      import('../../recorder/client/login-link.ts'),
    ]);
    const first = await findRecorder(data, process.env);
    if (first !== null)
      process.stdout.write(`chaperone is up already. ${openIt(await requestLoginUrl(first))}`);
  }
  throw error;
}

export interface RunningRecorder {
  server: RecorderServer;
  evidence: Evidence;
  policy: PolicyFile;
  /** A line on the Kubernetes API that is guarded, for the person who started it; null where none is. */
  kube: string | null;
  /** 32 bytes that only this log can tell, the same each time for one purpose. */
  secret: (purpose: string) => Uint8Array;
  close(): Promise<void>;
}

export interface Around {
  /** Null where no API is to be guarded, whatever there is. */
  guarding?: Guarding | null;
  /** Null where there is the one local admin. */
  oidc?: OidcSettings | null;
}

/**
 * Opens the store, loads the policy, guards a Kubernetes API and serves the page. What was opened is closed again where
 * a step fails.
 */
export async function startRecorder(
  data: string,
  port: number,
  { guarding = null, oidc = null }: Around = {},
): Promise<RunningRecorder> {
  const [
    { AuditLog },
    { startServer },
    { deadlineClock, systemClock },
    { watchPolicy },
    { newVault },
    { MaskedJournal, maskedApproval },
    { Desk },
    { explainerOf },
    { Endings },
    { Left },
    { credentialReads },
    { homeDirectory },
    { startTelling },
    { readOwners },
  ] = await Promise.all([
    import('../../recorder/log/audit-log.ts'),
    import('../../recorder/server/server.ts'),
    import('../clock.ts'),
    import('./policies.ts'),
    import('../mask/new-vault.ts'),
    import('../mask/journal.ts'),
    import('../../recorder/approvals/desk.ts'),
    import('./explainer.ts'),
    import('../../recorder/log/endings.ts'),
    import('../../recorder/offboard/left.ts'),
    import('./credential-reads.ts'),
    import('./home.ts'),
    import('./telling.ts'),
    import('./owners-file.ts'),
  ]);
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const undo of opened.splice(0).reverse()) await undo();
  };
  try {
    const log = await AuditLog.open({ data });
    opened.push(() => log.close());
    const vault = newVault();
    const journal = new MaskedJournal(log, vault);
    const clock = systemClock;
    const desk = await Desk.open({
      ...{ journal, archive: log, clock: deadlineClock, key: log.secret('approvals') },
      masked: (body) => maskedApproval(body, vault),
      issuer: oidc?.issuer.href ?? null,
      owners: await readOwners(data),
    });
    opened.push(async () => desk.close());
    const endings = new Endings();
    const left = await Left.restored(log, () => clock.now());
    const here = { archive: log, journal, vault, approvals: desk, endings, remote: false, close };
    const evidence: Evidence = { ...here, kube: null, ownAccess: null };
    const policy = await watchPolicy(data, evidence);
    opened.push(() => policy.close());
    const guarded =
      (await guarding?.({ ...{ data, log, policy, vault, endings, left }, approvals: desk })) ?? null;
    if (guarded !== null) opened.push(() => guarded.close());
    const kube = guarded?.access ?? null;
    // What shells in processes of their own record knows nothing of what passed here.
    const ingest = new MaskedJournal(log, vault, { output: true });
    const page = { log, ingest, data, port, assets: pageDirectory(), clock, desk };
    let telling: Telling | null = null;
    const troubles = (): Trouble[] => [
      ...(policy.complaint === null ? [] : [{ what: 'policy' as const, message: policy.complaint }]),
      ...(telling?.troubles() ?? []),
    ];
    const explainer = explainerOf(() => policy.current());
    const more = { ...(kube !== null && { kube }), ...(oidc !== null && { oidc }) };
    const sessionKey = log.secret('sessions');
    const leaving = { endings, left, credentialReads: credentialReads(homeDirectory()) };
    const server = await startServer({ ...page, ...leaving, sessionKey, troubles, explainer, ...more });
    opened.push(() => server.close());
    const told = { desk, archive: log, data, clock: deadlineClock };
    telling = await startTelling(told, oidc?.externalUrl?.href ?? server.url);
    if (telling !== null) opened.push(telling.close);
    const ownAccess: Evidence['ownAccess'] = async (session) => {
      const token = server.sessionToken(session);
      return token === null ? null : { url: server.url, token };
    };
    return {
      server,
      evidence: { ...evidence, kube, ownAccess },
      policy,
      kube: guarded?.summary ?? null,
      secret: (purpose) => log.secret(purpose),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function greet({ server, kube }: RunningRecorder, data: string): void {
  const api = kube === null ? '' : `${kube}\n`;
  process.stdout.write(`chaperone is up. Evidence: ${data}\n${api}${openIt(server.loginUrl())}`);
}

/** A link is good once; where people sign in there is none. */
function openIt(url: string): string {
  return `${url.includes('/login?token=') ? 'Open once' : 'Sign in'} in your browser:\n\n  ${url}\n\n`;
}

/** Opens the guarded shell; when it ends the page stays, so that its session can be replayed. */
async function shellHere(recorder: RunningRecorder, leave: Leave): Promise<void> {
  const { guardedShell } = await import('./guarded.ts');
  process.stdout.write('This is a guarded shell now; exit leaves it.\n\n');
  const { status, session } = await guardedShell(recorder.evidence, recorder.policy, {
    request: { kind: 'shell', shell: defaultShell() },
  });
  if (leave.received()) return;
  process.stdout.write(
    `\nThe guarded shell ended with exit status ${status}. Replay it here; Ctrl-C stops chaperone:\n\n  ${recorder.server.loginUrl(`/sessions/${session}`)}\n\n`,
  );
  await leave.signalled;
}

export function portNumber(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('a port from 0 to 65535');
  return port;
}
