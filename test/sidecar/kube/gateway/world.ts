/** The gateway on a free port, over a real log, in front of an upstream that the test makes and a real provider. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Approvals } from '../../../../recorder/approvals/asking.ts';
import type { AuditEvent, EventBody } from '../../../../recorder/audit/event.ts';
import { AuditLog } from '../../../../recorder/log/audit-log.ts';
import type { Endings } from '../../../../recorder/log/endings.ts';
import { systemClock } from '../../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../../sidecar/command/analyse.ts';
import {
  createAuthority,
  issueServerCertificate,
} from '../../../../sidecar/kube/credentials/certificates.ts';
import { parseGateway } from '../../../../sidecar/kube/gateway/configuration.ts';
import { type Gateway, startGateway } from '../../../../sidecar/kube/gateway/gateway.ts';
import { RemoteHandler } from '../../../../sidecar/kube/remote/handler.ts';
import type { UpstreamSource } from '../../../../sidecar/kube/upstream/source.ts';
import { newVault } from '../../../../sidecar/mask/new-vault.ts';
import { policyOf, type Reply } from '../proxy/world.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export interface GatewayWorld {
  gateway: Gateway;
  log: AuditLog;
  port: number;
  /** What clients trust. */
  ca: string;
  reported: unknown[];
  /** @param headers names and values in turn */
  ask(path: string, headers: readonly string[], options?: { method?: string; body?: string }): Promise<Reply>;
  /** The same, as far as the head of the answer: the rest of it flows. */
  open(path: string, headers: readonly string[]): Promise<IncomingMessage>;
  /** Ends the gateway, then reads what it recorded. */
  events(): Promise<{ events: AuditEvent[]; bodies: EventBody[]; text: string }>;
}

export const ALLOW_ALL = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec: { defaults: { api: allow, exec: allow, commands: allow, unknown: allow } }
`;

export function configurationOf(spec: object): string {
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentGateway', metadata: { name: 'test' } };
  return JSON.stringify({ ...head, spec });
}

const authority = await createAuthority(new Date());
const certificate = await issueServerCertificate(authority, new Date());

export async function startGatewayWorld(
  t: Test,
  source: UpstreamSource,
  {
    spec,
    policy = ALLOW_ALL,
    approvals,
    endings,
  }: {
    endings?: Endings;
    spec: object;
    policy?: string;
    approvals?: (log: AuditLog) => Promise<Approvals>;
  },
): Promise<GatewayWorld> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-gateway-'));
  const log = await AuditLog.open({ data });
  const reported: unknown[] = [];
  const loaded = policyOf(policy);
  const vault = newVault();
  const gateway = await startGateway({
    ...{ source, journal: log, clock: systemClock, vault, host: '127.0.0.1', port: 0, certificate },
    configuration: parseGateway(configurationOf(spec), 'gateway.yaml'),
    authorities: new Map(),
    policy: () => loaded,
    ...(endings && { endings }),
    ...(approvals && { approvals: await approvals(log) }),
    upgrades: ({ upstream, gate, journal }) =>
      new RemoteHandler({
        upstream,
        refusesPort: () => null,
        recordsInput: () => false,
        guard: {
          ...{ journal, gate, vault, clock: systemClock, analyse, analyseArgv },
          policy: () => loaded.digest,
        },
      }),
    report: (error) => reported.push(error),
  });
  t.teardown(async () => {
    await gateway.close();
    await log.close();
    await rm(data, { recursive: true, force: true });
  });
  const { port } = gateway;
  const ca = authority.certificate;
  return {
    ...{ gateway, log, port, ca, reported },
    open: (path, headers) => open({ port, ca }, path, headers),
    ask: async (path, headers, options) => whole(await open({ port, ca }, path, headers, options)),
    events: async () => {
      await gateway.close();
      return eventsOf(log);
    },
  };
}

async function eventsOf(log: AuditLog) {
  const events: AuditEvent[] = [];
  const { sessions } = await log.sessions();
  const pieces: string[] = [];
  for (const id of ['system', ...sessions.map((one) => one.id)]) {
    for await (const { event, content } of log.events(id)) {
      events.push(event);
      pieces.push(JSON.stringify(event), Buffer.from(content ?? []).toString('latin1'));
    }
  }
  return { events, bodies: events.map(({ body }) => body), text: pieces.join('\n') };
}

function open(
  { port, ca }: { port: number; ca: string },
  path: string,
  headers: readonly string[],
  { method = 'GET', body = '' }: { method?: string; body?: string } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const all = ['host', 'kubernetes', ...headers];
    if (body !== '') all.push('content-length', String(Buffer.byteLength(body)));
    const options = { host: '127.0.0.1', port, ca, path, method, agent: false, headers: all };
    httpsRequest(options, resolve).on('error', reject).end(body);
  });
}

async function whole(response: IncomingMessage): Promise<Reply> {
  const body = await buffer(response);
  const { statusCode: status = 0, headers, trailers } = response;
  return { status, headers, trailers, body };
}
