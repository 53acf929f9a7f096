/**
 * The sidecar's side of the launcher under test: real door, real gate, real analysis, a real audit log in a directory of
 * its own; only the policy is the test's. The peer speaks the launcher's frames by hand, to say what it never would.
 */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Desk } from '../../../recorder/approvals/desk.ts';
import type { Decision } from '../../../recorder/audit/decision.ts';
import type { AuditEvent, BodyOf, EventType } from '../../../recorder/audit/event.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { Endings } from '../../../recorder/log/endings.ts';
import type { Journal, SessionSummary } from '../../../recorder/log/ports.ts';
import type { CommandAction } from '../../../sidecar/action.ts';
import { Door } from '../../../sidecar/agent/door.ts';
import { FrameStream } from '../../../sidecar/agent/frame-stream.ts';
import {
  decodeSidecarFrame,
  encodeLauncherFrame,
  type LauncherFrame,
  type ShellQuestion,
  type SidecarFrame,
  type StreamKind,
  sidecarLimit,
  type Verdict,
} from '../../../sidecar/agent/shell-frame.ts';
import { Shells, type ShellsOptions } from '../../../sidecar/agent/shells.ts';
import { Tokens } from '../../../sidecar/agent/tokens.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../sidecar/command/analyse.ts';
import { Gate } from '../../../sidecar/gate.ts';
import { MaskedJournal } from '../../../sidecar/mask/journal.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';

export interface Scope {
  teardown(action: () => Promise<unknown>): void;
}

const MINUTE = 60_000_000;
const TERMS = { groups: [], quorum: 1, selfApproval: false, timeout: MINUTE, validity: MINUTE };

/** Refuses programs named `refused`, asks about those named `asked`. */
function decide({ commands, unknown }: CommandAction): Decision {
  const has = (name: string) => commands.some(({ program }) => program === name);
  if (has('refused'))
    return { effect: 'deny', rule: 'test/refused', reason: 'tests refuse it', unjudged: false };
  if (has('asked')) return { effect: 'ask', rule: 'test/asked', reason: 'tests ask', unjudged: false };
  const unjudged = unknown.length > 0;
  return { effect: 'allow', rule: 'test/rest', reason: 'it is a test', unjudged };
}

export interface Launched {
  path: string;
  log: AuditLog;
  desk: Desk;
  endings: Endings;
  reports: unknown[];
  /** Values that are masked. */
  vault: ReturnType<typeof newVault>;
  call(): Caller;
  /** Newest last. */
  sessions(): Promise<SessionSummary[]>;
  events(session: string): Promise<AuditEvent[]>;
  bodies<T extends EventType>(session: string, type: T): Promise<BodyOf<T>[]>;
  output(session: string, stream?: 'stderr'): Promise<string>;
  /** As `kill -9` and a new start would leave it. */
  restart(): Promise<void>;
}

export type Variation = Partial<Pick<ShellsOptions, 'access' | 'patience' | 'continues'>> & {
  journal?: (log: AuditLog) => Journal;
};

export async function launched(t: Scope, variation: Variation = {}): Promise<Launched> {
  const data = mkdtempSync(join(tmpdir(), 'chaperone-agent-'));
  const path = join(data, 'agent.sock');
  const vault = newVault();
  const reports: unknown[] = [];
  const callers: Caller[] = [];
  let now = await started(data, path, { vault, reports, variation });
  t.teardown(async () => {
    for (const caller of callers) caller.hangUp();
    await now.stop();
    await rm(data, { recursive: true, force: true });
  });
  const events = async (session: string) => {
    const all: AuditEvent[] = [];
    for await (const { event } of now.log.events(session)) all.push(event);
    return all;
  };
  return {
    ...{ path, reports, vault, events },
    get log() {
      return now.log;
    },
    get desk() {
      return now.desk;
    },
    get endings() {
      return now.endings;
    },
    call() {
      const caller = new Caller(path);
      callers.push(caller);
      return caller;
    },
    sessions: async () => (await now.log.sessions({ limit: 500 })).sessions.reverse(),
    async bodies<T extends EventType>(session: string, type: T) {
      const all = await events(session);
      return all.flatMap(({ body }) => (body.type === type ? [body as BodyOf<T>] : []));
    },
    async output(session, stream) {
      const pieces: Uint8Array[] = [];
      for await (const { event, content } of now.log.events(session))
        if (event.body.type === 'session.output' && event.body.stream === stream) pieces.push(content!);
      return Buffer.concat(pieces).toString();
    },
    async restart() {
      await now.stop();
      now = await started(data, path, { vault, reports, variation });
    },
  };
}

interface Parts {
  vault: ReturnType<typeof newVault>;
  reports: unknown[];
  variation: Variation;
}

async function started(data: string, path: string, { vault, reports, variation }: Parts) {
  const log = await AuditLog.open({ data: join(data, 'evidence') });
  const journal = variation.journal?.(log) ?? new MaskedJournal(log, vault);
  const clock = systemClock;
  const desk = await Desk.open({ journal: log, archive: log, clock, key: log.secret('approvals') });
  const policy = () => ({ digest: 'test', decide, approvalTerms: () => TERMS }) as never;
  const gate = new Gate({ journal, clock, approvals: desk, policy });
  const endings = new Endings();
  const report = (error: unknown) => reports.push(error);
  const { journal: _, ...rest } = variation;
  const shells = new Shells({
    ...{ endings, report, archive: log, tokens: new Tokens(log.secret('shells')) },
    guard: { journal, gate, clock, vault, policy: () => 'test', analyse, analyseArgv },
    identity: { user: 'agent', groups: [], proof: 'claimed' },
    decide,
    around: { home: '/home/agent', workspace: () => undefined, files: () => null },
    ...rest,
  });
  const door = await Door.open({
    ...{ path, report },
    hook: async () => ({ status: 0, stdout: '{}', stderr: '' }),
    shell: (talk, first) => void shells.serve(talk, first),
  });
  const stop = async () => {
    shells.close();
    await door.close();
    desk.close();
    await log.close();
  };
  return { log, desk, endings, stop };
}

/** One connection. */
export class Caller {
  readonly socket: Socket;
  readonly heard: SidecarFrame[] = [];
  readonly #frames = new FrameStream(sidecarLimit);
  #seen = 0;
  #wake: () => void = () => undefined;
  closed = false;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    this.socket.on('data', (bytes: Buffer) => {
      this.heard.push(...this.#frames.push(bytes).map(decodeSidecarFrame));
      this.#wake();
    });
  }

  say(...frames: LauncherFrame[]): void {
    this.socket.write(Buffer.concat(frames.map(encodeLauncherFrame)));
  }

  hangUp(): void {
    this.socket.destroy();
  }

  /** The next frame of that kind; those before it are passed over. */
  async hears<K extends SidecarFrame['kind']>(kind: K): Promise<Extract<SidecarFrame, { kind: K }>> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      for (; this.#seen < this.heard.length; this.#seen++) {
        const frame = this.heard[this.#seen]!;
        if (frame.kind !== kind) continue;
        this.#seen++;
        return frame as Extract<SidecarFrame, { kind: K }>;
      }
      if (this.closed || Date.now() > deadline)
        throw new Error(`never heard ${kind}, but ${JSON.stringify(this.heard.map((frame) => frame.kind))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Resolves when the other side has closed it. */
  async isClosed(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  async asks(asked: Partial<Told> = {}): Promise<Verdict> {
    this.say(question(asked));
    return this.hears('verdict');
  }

  async stored(): Promise<{ stdout: number; stderr: number; terminal: number }> {
    return (await this.hears('ack')).stored;
  }

  data(stream: 'stdout' | 'stderr' | 'terminal', offset: number, text: string | Buffer): void {
    this.say({ kind: 'data', stream, offset, bytes: Buffer.from(text as string) });
  }

  /** The shell is over. */
  async ends(code = 0, signal = false): Promise<void> {
    this.say({ kind: 'exited', signal, code }, { kind: 'end' });
    await this.isClosed();
  }
}

export interface Told {
  argv: string[];
  environment: Record<string, string>;
  stdin: StreamKind;
  stdout: StreamKind;
  stderr: StreamKind;
  script: string | null;
  cwd: string;
  parent: string;
  running: boolean;
}

export function question(told: Partial<Told>): ShellQuestion {
  const { argv = ['bash', '-c', 'true'], environment = {}, cwd = '/work', script = null } = told;
  const { stdin = 'null', stdout = 'pipe', stderr = 'pipe', parent = '', running = false } = told;
  const stream = (kind: StreamKind, ino: number) => ({ kind, dev: 1n, ino: BigInt(ino) });
  const tty = (kind: StreamKind) => kind === 'terminal';
  return {
    kind: 'shell',
    terminal: { stdin: tty(stdin), stdout: tty(stdout), stderr: tty(stderr) },
    ...{ running, columns: 80, rows: 24, pid: 4321, ppid: 4320 },
    streams: { stdin: stream(stdin, 1), stdout: stream(stdout, 2), stderr: stream(stderr, 3) },
    shell: Buffer.from(`/bin/${argv[0]?.replace(/^-/, '').split('/').at(-1)}`),
    cwd: Buffer.from(cwd),
    argv: argv.map((word) => Buffer.from(word)),
    environment: Object.entries(environment).map(([name, value]) => Buffer.from(`${name}=${value}`)),
    parent: Buffer.from(parent),
    script: script === null ? null : { bytes: Buffer.from(script), cut: false },
  };
}
