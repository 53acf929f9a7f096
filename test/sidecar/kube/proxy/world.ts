/** The proxy on a free port, in front of an upstream that the test makes, over a real log. */

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer as createHttps, request as httpsRequest, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer as createTls, type TLSSocket } from 'node:tls';
import { Desk } from '../../../../recorder/approvals/desk.ts';
import type { BodyOf, EventBody } from '../../../../recorder/audit/event.ts';
import { AuditLog } from '../../../../recorder/log/audit-log.ts';
import { systemClock } from '../../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../../sidecar/command/analyse.ts';
import {
  createAuthority,
  issueServerCertificate,
} from '../../../../sidecar/kube/credentials/certificates.ts';
import { type KubeProxy, startKubeProxy } from '../../../../sidecar/kube/kube.ts';
import { RemoteHandler } from '../../../../sidecar/kube/remote/handler.ts';
import type { UpstreamSource } from '../../../../sidecar/kube/upstream/source.ts';
import { newVault } from '../../../../sidecar/mask/new-vault.ts';
import type { Vault } from '../../../../sidecar/mask/vault.ts';
import { ALONE } from '../../../../sidecar/policy/builtin-api/surroundings.ts';
import { parsePolicies } from '../../../../sidecar/policy/parse.ts';
import { LoadedPolicy } from '../../../../sidecar/policy/policy-file.ts';
import { compileWhen } from '../../../../sidecar/policy/when/compile.ts';
import { HeldLog } from '../../../recorder/server/held-log.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

/** An API server that does what the test says; it knows who may come in. */
export interface Server {
  source: UpstreamSource;
  authority: string;
  close(): Promise<void>;
}

/** No port-forward reaches it. */
export const CLOSED_PORT = 6443;
export const UPSTREAM_TOKEN = 'the-real-credential';
const identity = { user: 'agent', groups: ['dev'], proof: 'claimed' as const };

const authority = await createAuthority(new Date());
const certificate = await issueServerCertificate(authority, new Date());
export const tls = { cert: certificate.certificate, key: certificate.key };

export function sourceAt(port: number): UpstreamSource {
  return {
    name: 'test',
    server: new URL(`https://127.0.0.1:${port}`),
    namespace: 'agents',
    credentials: async () => ({
      tls: { ca: authority.certificate },
      authorization: `Bearer ${UPSTREAM_TOKEN}`,
    }),
  };
}

/** Speaks HTTP. */
export async function serve(t: Test, handler: RequestListener): Promise<Server> {
  const server = createHttps(tls, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(close);
  const { port } = server.address() as AddressInfo;
  return { source: sourceAt(port), authority: authority.certificate, close };
}

/** Speaks bytes: for answers that no HTTP server gives. */
export async function serveBytes(t: Test, handler: (socket: TLSSocket) => void): Promise<Server> {
  const sockets = new Set<TLSSocket>();
  const server = createTls({ ...tls, ALPNProtocols: ['http/1.1'] }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    handler(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(close);
  const { port } = server.address() as AddressInfo;
  return { source: sourceAt(port), authority: authority.certificate, close };
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  trailers: NodeJS.Dict<string>;
  body: Buffer;
}

export interface Ask extends Omit<RequestOptions, 'headers'> {
  headers?: Record<string, string>;
  body?: Buffer | string;
}

export interface World {
  data: string;
  kube: KubeProxy;
  log: HeldLog;
  vault: Vault;
  /** Where humans decide. */
  desk: Desk;
  token: string;
  port: number;
  /** What clients trust. */
  ca: string;
  reported: unknown[];
  ask(path: string, options?: Ask): Promise<Reply>;
  /** A raw connection. */
  dial(): Promise<TLSSocket>;
  /** Ends the proxy, then reads what it recorded. */
  evidence(): Promise<Evidence>;
}

export interface Evidence {
  bodies: EventBody[];
  admitted: BodyOf<'request.admitted'>[];
  ended: BodyOf<'request.ended'>[];
  /** What is stored of the answers, in order. */
  answer: Buffer;
}

const ALLOW_ALL = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec: { defaults: { api: allow, unknown: allow } }
`;

export function policyOf(text: string): LoadedPolicy {
  return new LoadedPolicy(parsePolicies(text, 'test.yaml', compileWhen), ALONE, compileWhen);
}

export async function startWorld(
  t: Test,
  source: UpstreamSource,
  { policy = ALLOW_ALL }: { policy?: string } = {},
): Promise<World> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-kube-'));
  const log = new HeldLog(await AuditLog.open({ data }));
  const reported: unknown[] = [];
  const loaded = policyOf(policy);
  const vault = newVault();
  const desk = await Desk.open({ journal: log, archive: log, clock: systemClock, key: Buffer.alloc(32, 7) });
  const kube = await startKubeProxy({
    directory: join(data, 'kube'),
    ...{ source, port: 0, orAnother: false, identity, journal: log, clock: systemClock, vault },
    policy: () => loaded,
    approvals: desk,
    upgrades: ({ upstream, gate, journal }) =>
      new RemoteHandler({
        upstream,
        refusesPort: (port) => (port === CLOSED_PORT ? 'that port stays closed' : null),
        recordsInput: (who) => loaded.recordsInput(who),
        guard: {
          journal,
          gate,
          vault,
          clock: systemClock,
          policy: () => loaded.digest,
          analyse,
          analyseArgv,
        },
      }),
    report: (error) => reported.push(error),
  });
  t.teardown(async () => {
    desk.close();
    await kube.close();
    await log.close();
    await rm(data, { recursive: true, force: true });
  });
  const inside = (name: string) => readFile(join(data, 'kube', name), 'utf8');
  const [token, ca] = [(await inside('token')).trim(), await inside('authority.crt')];
  const port = Number(new URL(kube.url).port);
  return {
    ...{ data, kube, log, vault, desk, token, port, ca, reported },
    ask: (path, options) => ask({ port, ca, token }, path, options),
    dial: () => dial(port, ca),
    evidence: async () => {
      await kube.close();
      return evidenceOf(log);
    },
  };
}

async function evidenceOf(log: HeldLog): Promise<Evidence> {
  const bodies: EventBody[] = [];
  const pieces: Buffer[] = [];
  const { sessions } = await log.sessions();
  for (const { id } of sessions.reverse()) {
    for await (const { event, content } of log.events(id)) {
      bodies.push(event.body);
      if (/^request\.(answer|ended)$/.test(event.body.type) && content !== null)
        pieces.push(Buffer.from(content));
    }
  }
  const of = <T extends EventBody['type']>(type: T) =>
    bodies.filter((body): body is BodyOf<T> => body.type === type);
  return {
    bodies,
    admitted: of('request.admitted'),
    ended: of('request.ended'),
    answer: Buffer.concat(pieces),
  };
}

function ask(
  { port, ca, token }: { port: number; ca: string; token: string },
  path: string,
  { headers = {}, body, ...options }: Ask = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const authorization = `Bearer ${token}`;
    const outgoing = httpsRequest(
      { host: '127.0.0.1', port, ca, path, agent: false, headers: { authorization, ...headers }, ...options },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers, trailers } = response;
          resolve({ status, headers, trailers, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function dial(port: number, ca: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  socket.on('error', () => socket.destroy());
  return socket;
}

/** All that a socket gives until it ends. */
export function drain(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('close', () => resolve(text));
  });
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
