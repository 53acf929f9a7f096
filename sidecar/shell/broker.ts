/**
 * Answers the hooks of one guarded shell: may this command run?
 *
 * Listens on the loopback for the time of one session. A connection that does not open with the session's
 * secret is closed without a word; one that stays silent, or says too much, is closed too.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import {
  type Channel,
  formatAnswer,
  parseQuestion,
  type Question,
  QuestionReader,
  type Reply,
} from './frame.ts';

/** A hook asks at once after connecting. */
const PATIENCE_MS = 5_000;
/** While the answer takes longer than this, the hook is told that somebody is still there. */
const STILL_HERE_MS = 1_000;
/** More at once than any shell asks; what comes on top waits in the kernel. */
const MAX_CONNECTIONS = 256;

export type Answerer = (question: Question) => Promise<Reply>;

export class Broker {
  readonly channel: Channel;
  readonly #server: Server;
  readonly #answerer: Answerer;
  readonly #secret: Buffer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, channel: Channel, answerer: Answerer) {
    this.#server = server;
    this.channel = channel;
    this.#answerer = answerer;
    this.#secret = Buffer.from(channel.secret);
  }

  static async listen(answerer: Answerer): Promise<Broker> {
    const server = createServer({ noDelay: true });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0, backlog: 511 }, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const channel = { port, secret: token(18), answerSecret: token(9) };
    const broker = new Broker(server, channel, answerer);
    server.on('connection', (socket) => broker.#serve(socket));
    return broker;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(socket: Socket): void {
    const reader = new QuestionReader();
    this.#sockets.add(socket);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (piece) => {
      try {
        const fields = reader.push(piece);
        if (fields !== null) void this.#reply(socket, fields);
      } catch {
        socket.destroy(); // the hook takes a closed connection for a refusal
      }
    });
  }

  async #reply(socket: Socket, fields: readonly string[]): Promise<void> {
    const question = this.#isOurs(fields[0] ?? '') ? parseQuestion(fields) : null;
    if (question === null) {
      socket.destroy();
      return;
    }
    socket.setTimeout(0);
    const secret = this.channel.answerSecret;
    const stillHere = setInterval(() => socket.write(formatAnswer(secret, 'wait')), STILL_HERE_MS);
    try {
      const { answer, message } = await this.#answerer(question);
      socket.end(formatAnswer(secret, answer, message));
    } catch {
      socket.destroy();
    } finally {
      clearInterval(stillHere);
    }
  }

  #isOurs(claimed: string): boolean {
    const bytes = Buffer.from(claimed);
    return bytes.length === this.#secret.length && timingSafeEqual(bytes, this.#secret);
  }
}

/** 4 characters for 3 bytes. 12 characters are the length that the hooks read. */
function token(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
