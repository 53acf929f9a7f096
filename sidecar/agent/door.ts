/**
 * The socket that the programs in a guarded container ask at. Whoever reaches it is hostile: what is asked is bounded in
 * size and time, and so is how many ask at once. Nothing is ever sent but the answer to a question.
 */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ChaperoneError } from '../../recorder/errors.ts';
import { encodeAnswer, FrameReader, type HookAnswer, KINDS } from './frame.ts';

export interface DoorOptions {
  path: string;
  /** @param signal aborts when who asked is gone */
  hook: (bytes: Uint8Array, signal: AbortSignal) => Promise<HookAnswer>;
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

  #serve(socket: Socket, { hook, report }: DoorOptions, budget: { buffered: number }): void {
    const reader = new FrameReader();
    const gone = new AbortController();
    let asked = false;
    let held = 0;
    this.#sockets.add(socket);
    socket.setTimeout(DOOR_LIMITS.question, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      budget.buffered -= held;
      gone.abort();
    });
    socket.on('data', (bytes: Buffer) => {
      held += bytes.length;
      budget.buffered += bytes.length;
      try {
        if (budget.buffered > DOOR_LIMITS.buffered)
          throw new ChaperoneError('BUSY', 'too much is asked at once');
        if (asked) throw new ChaperoneError('USAGE', 'more follows behind a question');
        const frame = reader.push(bytes);
        if (frame === null) return;
        if (frame.kind !== KINDS.hook) throw new ChaperoneError('USAGE', `kind ${frame.kind} is no question`);
        asked = true;
        // A person may take their time.
        socket.setTimeout(0);
        hook(frame.payload, gone.signal).then(
          (answer) => socket.end(encodeAnswer(answer)),
          (error) => {
            report(error);
            socket.destroy();
          },
        );
      } catch {
        // It gets no answer, which denies: nothing is told to who does not speak as we do.
        socket.destroy();
      }
    });
  }
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
