/**
 * The socket that the programs in a guarded container ask at. Whoever reaches it is hostile: what is asked is bounded in
 * size and time, and so is how many ask at once. Nothing is ever sent but answers to questions.
 */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ChaperoneError } from '../../recorder/errors.ts';
import { encodeAnswer, FRAME_LIMIT, type Frame, type HookAnswer, KINDS } from './frame.ts';
import { FrameStream } from './frame-stream.ts';
import { decodeLauncherFrame, type LauncherFrame, launcherLimit } from './shell-frame.ts';
import { Talk } from './talk.ts';

export interface DoorOptions {
  path: string;
  /** @param signal aborts when who asked is gone */
  hook: (bytes: Uint8Array, signal: AbortSignal) => Promise<HookAnswer>;
  /** Goes on with a launcher, whose first word this is; left out where shells are not let in. */
  shell?: (talk: Talk, first: LauncherFrame) => void;
  report: (error: unknown) => void;
}

export const DOOR_LIMITS = {
  /** Connections at once; what waits for a person holds one. */
  connections: 1024,
  /** Milliseconds in which a question has to be there. */
  question: 10_000,
  /** Bytes of questions that are not whole yet, of all connections. */
  buffered: 128 * 1024 * 1024,
  /** Of the address of a Unix socket. https://man7.org/linux/man-pages/man7/unix.7.html */
  path: 107,
} as const;

export class Door {
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /**
   * Takes the place of a socket that nobody listens at any more.
   * @throws ChaperoneError `USAGE` where the path is no place for a socket, `PORT_IN_USE` where somebody listens there
   */
  static async open(options: DoorOptions): Promise<Door> {
    const { path } = options;
    if (Buffer.byteLength(path) > DOOR_LIMITS.path)
      throw new ChaperoneError('USAGE', `${path} is too long for a socket: name another by CHAPERONE_SOCKET`);
    await removeStale(path);
    const budget = { buffered: 0 };
    // Who shuts its side is gone: nothing else tells that a program which waits for its answer was ended.
    const server = createServer({ allowHalfOpen: false });
    const door = new Door(server, path);
    server.maxConnections = DOOR_LIMITS.connections;
    server.on('connection', (socket) => door.#serve(socket, options, budget));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    return door;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await unlink(this.#path).catch(() => undefined);
  }

  #serve(socket: Socket, options: DoorOptions, budget: { buffered: number }): void {
    const frames = new FrameStream(longest);
    let talk: Talk | null = null;
    let asked = false;
    let held = 0;
    this.#sockets.add(socket);
    const late = setTimeout(() => socket.destroy(), DOOR_LIMITS.question);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(late);
      this.#sockets.delete(socket);
      budget.buffered -= held;
    });
    const count = () => {
      budget.buffered += frames.held - held;
      held = frames.held;
      if (budget.buffered > DOOR_LIMITS.buffered)
        throw new ChaperoneError('BUSY', 'too much is asked at once');
    };
    socket.on('data', (bytes: Buffer) => {
      try {
        if (talk !== null) talk.receive(bytes);
        else if (asked) throw new ChaperoneError('USAGE', 'more follows behind a question');
        else {
          const [first, ...more] = frames.push(bytes);
          if (first !== undefined) {
            if (more.length > 0 || frames.held > 0)
              throw new ChaperoneError('USAGE', 'more follows behind a question');
            asked = true;
            // A person may take their time.
            clearTimeout(late);
            if (first.kind === KINDS.hook) this.#answer(socket, first.payload, options);
            else talk = this.#talk(socket, { frames, first }, options);
          }
        }
        count();
      } catch {
        // It gets no answer, which denies: nothing is told to who does not speak as we do.
        socket.destroy();
      }
    });
  }

  #answer(socket: Socket, question: Buffer, { hook, report }: DoorOptions): void {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    hook(question, gone.signal).then(
      (answer) => socket.end(encodeAnswer(answer)),
      (error) => {
        report(error);
        socket.destroy();
      },
    );
  }

  #talk(
    socket: Socket,
    { frames, first }: { frames: FrameStream; first: Frame },
    options: DoorOptions,
  ): Talk {
    const { shell } = options;
    if (shell === undefined) throw new ChaperoneError('USAGE', 'no shell is let in here');
    const question = decodeLauncherFrame(first);
    const talk = new Talk(socket, frames);
    shell(talk, question);
    return talk;
  }
}

function longest(kind: number): number {
  return kind === KINDS.hook ? FRAME_LIMIT : launcherLimit(kind);
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new ChaperoneError('USAGE', `${path} is no socket: move it away`);
  if (await answers(path))
    throw new ChaperoneError('PORT_IN_USE', `somebody listens at ${path}: name another by CHAPERONE_SOCKET`);
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
