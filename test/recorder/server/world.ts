/** A real server on a free port over a fresh directory, and a client that can say anything. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Desk } from '../../../recorder/approvals/desk.ts';
import type { Draft } from '../../../recorder/audit/event.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Recorder } from '../../../recorder/client/http.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Principal } from '../../../recorder/server/principal.ts';
import { type RecorderServer, type ServerOptions, startServer } from '../../../recorder/server/server.ts';
import { HeldLog } from './held-log.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export interface World {
  data: string;
  log: HeldLog;
  server: RecorderServer;
  desk: Desk;
  token: string;
  /** As a client of this machine knows it. */
  recorder: Recorder;
  /** Steps by hand; starts at a fixed time. */
  clock: { now(): number; step(micros: number): void };
  /** What the server could not explain. */
  reported: unknown[];
  get(path: string, options?: Ask): Promise<Reply>;
  /** Logs a browser in and returns its Cookie header. */
  login(as?: Principal): Promise<string>;
  /** `GET` with the bearer token. */
  api(path: string): Promise<Reply>;
  /** Sends these bytes and returns all that comes back. */
  raw(bytes: string): Promise<string>;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export const ID = '01JD0000000000000000000001';

export async function startWorld(t: Test, more: Partial<ServerOptions> = {}): Promise<World> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-server-'));
  const log = new HeldLog(await AuditLog.open({ data }));
  const assets = join(data, 'player');
  await mkdir(join(assets, 'assets'), { recursive: true });
  await writeFile(join(assets, 'index.html'), '<!doctype html><title>player</title>');
  await writeFile(join(assets, 'assets', 'index-a1B2c3D4.js'), `console.log('${'x'.repeat(4000)}');`);
  await writeFile(join(data, 'secret.txt'), 'outside');
  const clock = handClock();
  const reported: unknown[] = [];
  const report = (error: unknown) => reported.push(error);
  const desk = await Desk.open({ journal: log, archive: log, clock, key: Buffer.alloc(32) });
  const server = await startServer({ log, data, port: 0, assets, clock, report, desk, ...more });
  const token = (await readFile(join(data, 'token'), 'utf8')).trim();
  t.teardown(async () => {
    desk.close();
    await server.close();
    await log.close();
    await rm(data, { recursive: true, force: true });
  });
  const get = (path: string, options: Ask = {}) => ask(server.port, path, options);
  return {
    data,
    log,
    server,
    desk,
    token,
    recorder: { url: server.url, token },
    clock,
    reported,
    get,
    login: async (as) => {
      const { headers } = await get(pathOf(server.loginUrl('/', as)));
      return headers['set-cookie']![0]!.split(';')[0]!;
    },
    api: (path) => get(path, { headers: { authorization: `Bearer ${token}` } }),
    raw: (bytes) => rawAsk(server.port, bytes),
  };
}

export function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** Who an agent is, in a Pod of that namespace where one is given. */
export function identityIn(namespace?: string, user = 'agent'): Identity {
  const pod = namespace && { namespace, name: 'cursor-0', uid: 'uid-1', serviceAccount: 'cursor' };
  return { user, groups: ['dev'], proof: 'claimed', ...(pod && { pod }) };
}

export function startDraft(at = 1_700_000_000_000_000, identity = identityIn()): Draft {
  const terminal = { cols: 80, rows: 24, term: 'xterm-256color' };
  const body = { identity, host: 'box', command: ['bash'], cwd: '/', terminal, policy: 'p', agent: '0.1.0' };
  return { at, body: { type: 'session.start', ...body } };
}

export function outputDraft(text: string | Uint8Array, at = 1_700_000_000_000_001): Draft {
  return { at, body: { type: 'session.output', content: Buffer.from(text) } };
}

export function endDraft(at = 1_700_000_000_000_002): Draft {
  return { at, body: { type: 'session.end', reason: 'exited', status: 0 } };
}

function handClock(): World['clock'] {
  let now = 1_700_000_000_000_000;
  return {
    now: () => now,
    step: (micros) => {
      now += micros;
    },
  };
}

function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function rawAsk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

export function decisionDraft(line: string, allowed: boolean, at = 1_700_000_000_000_001): Draft {
  const [program = '', ...rest] = line.split(' ');
  const commands = [{ program, argv: [program, ...rest], via: [] }];
  const effect = allowed ? ('allow' as const) : ('deny' as const);
  const decision = { effect, rule: 'test/rule', reason: 'for the test', unjudged: false };
  return { at, body: { type: 'command.decided', line, cwd: '/', commands, unknown: [], decision, allowed } };
}
