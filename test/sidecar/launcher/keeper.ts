/**
 * The other end of the launcher's socket for tests that are about the launcher alone: speaks the real codec, keeps what it
 * is told, and says what the test wants. What judges and records is the real sidecar's, and is tested with that.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { FrameStream } from '../../../sidecar/agent/frame-stream.ts';
import {
  type DataStream,
  decodeLauncherFrame,
  encodeSidecarFrame,
  type LauncherFrame,
  launcherLimit,
  type Offsets,
  type ShellQuestion,
  type SidecarFrame,
  type Verdict,
} from '../../../sidecar/agent/shell-frame.ts';

export interface Kept {
  question: ShellQuestion;
  streams: Record<DataStream, Buffer[]>;
  /** Where each of them goes on. */
  stored: Offsets;
  sizes: [number, number][];
  script: Buffer[];
  exited: { signal: boolean; code: number } | null;
  /** It said that all is done. */
  ended: boolean;
  resumed: number;
  token: Buffer;
  faults: string[];
}

export interface Answers {
  verdict?: (question: ShellQuestion) => Partial<Verdict> | Promise<Partial<Verdict>>;
  /** False keeps an acknowledgement back. */
  acknowledges?: (kept: Kept) => boolean;
  script?: (piece: Buffer, kept: Kept) => SidecarFrame[];
  /** Every frame, before it is kept. */
  hears?: (frame: LauncherFrame, socket: Socket) => void;
}

export const none = { stdout: false, stderr: false, terminal: false, script: false };
export const outputs = { ...none, stdout: true, stderr: true, terminal: true };
const allowed: Verdict = {
  kind: 'verdict',
  run: true,
  relay: outputs,
  message: Buffer.alloc(0),
  argv: [],
  environment: [],
  token: Buffer.alloc(0),
};

export class Keeper {
  readonly path: string;
  /** What was kept outlives who kept it: a later keeper is given it. */
  readonly sessions: Kept[];
  readonly sockets = new Set<Socket>();
  readonly #answers: Answers;
  #server: Server | null = null;

  constructor(path: string, answers: Answers = {}, sessions: Kept[] = []) {
    this.path = path;
    this.sessions = sessions;
    this.#answers = answers;
  }

  async open(): Promise<this> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((done, failed) => server.once('error', failed).listen(this.path, 511, done));
    return this;
  }

  /** As a sidecar that is killed; what it kept stays. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.#server?.close(done));
  }

  /** Of all sessions, when each has said that it ended. */
  async done(count = 1): Promise<Kept[]> {
    for (let i = 0; i < 1000; i++) {
      if (this.sessions.filter(({ ended }) => ended).length >= count) return this.sessions;
      await new Promise((wait) => setTimeout(wait, 5));
    }
    throw new Error(`only ${this.sessions.filter(({ ended }) => ended).length} of ${count} ended`);
  }

  #serve(socket: Socket): void {
    const reader = new FrameStream(launcherLimit);
    let kept: Kept | null = null;
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    let turn = Promise.resolve();
    socket.on('data', (bytes: Buffer) => {
      const frames = reader.push(bytes).map(decodeLauncherFrame);
      turn = turn.then(async () => {
        for (const frame of frames) {
          this.#answers.hears?.(frame, socket);
          kept = await this.#take(frame, kept, socket);
        }
        if (kept !== null && frames.some(({ kind }) => kind === 'data')) this.acknowledge(kept, socket);
      });
    });
  }

  async #take(frame: LauncherFrame, kept: Kept | null, socket: Socket): Promise<Kept | null> {
    if (frame.kind === 'shell') return await this.#ask(frame, socket);
    if (frame.kind === 'resume') return this.#resume(frame.token, socket);
    if (kept === null) throw new Error(`${frame.kind} before anything was asked`);
    switch (frame.kind) {
      case 'data': {
        const have = kept.stored[frame.stream];
        if (frame.offset !== have)
          kept.faults.push(`${frame.stream} goes on at ${frame.offset}, not ${have}`);
        kept.streams[frame.stream].push(frame.bytes);
        kept.stored[frame.stream] = frame.offset + frame.bytes.length;
        return kept;
      }
      case 'resize':
        kept.sizes.push([frame.columns, frame.rows]);
        return kept;
      case 'script':
        kept.script.push(frame.bytes);
        for (const answer of this.#answers.script?.(frame.bytes, kept) ?? []) send(socket, answer);
        return kept;
      case 'exited':
        kept.exited = { signal: frame.signal, code: frame.code };
        return kept;
      case 'end':
        kept.ended = true;
        return kept;
    }
  }

  async #ask(question: ShellQuestion, socket: Socket): Promise<Kept> {
    const streams = { stdout: [], stderr: [], terminal: [] };
    const stored = { stdout: 0, stderr: 0, terminal: 0 };
    const token = randomBytes(32);
    const kept: Kept = {
      ...{ question, streams, stored, sizes: [], script: [], exited: null, ended: false, resumed: 0, token },
      faults: [],
    };
    const verdict = { ...allowed, token, ...(await this.#answers.verdict?.(question)) };
    if (verdict.run && Object.values(verdict.relay).some(Boolean)) this.sessions.push(kept);
    send(socket, verdict);
    return kept;
  }

  #resume(token: Buffer, socket: Socket): Kept | null {
    const kept = this.sessions.find((session) => session.token.equals(token));
    if (kept === undefined) {
      const message = Buffer.from('chaperone: no such session\n');
      send(socket, { ...allowed, run: false, relay: none, message });
      return null;
    }
    kept.resumed++;
    this.acknowledge(kept, socket, true);
    return kept;
  }

  /** What is held back by `acknowledges` is acknowledged to all. */
  acknowledgeAll(): void {
    for (const socket of this.sockets) for (const kept of this.sessions) this.acknowledge(kept, socket, true);
  }

  acknowledge(kept: Kept, socket: Socket, always = false): void {
    if (!always && this.#answers.acknowledges?.(kept) === false) return;
    send(socket, { kind: 'ack', stored: kept.stored });
  }
}

export function send(socket: Socket, frame: SidecarFrame): void {
  socket.write(encodeSidecarFrame(frame));
}
