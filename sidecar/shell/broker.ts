/**
 * Answers the hooks of one guarded shell: may this command run?
 *
 * Listens on the loopback for the time of one session, on one port number for datagrams and for connections, and on a
 * socket of the file system for shells that can speak to one, which costs them half. What does not open with the session's secret is dropped without a word; a connection that stays silent, or
 * says too much, is closed.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
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

/** Its name in the session's private directory. */
export const SOCKET = 'ask';

const LOOPBACK = '127.0.0.1';
/** A hook asks at once after connecting. */
const PATIENCE_MS = 5_000;
/** While the answer takes longer than this, the hook is told that somebody is still there. */
const STILL_HERE_MS = 1_000;
/** More at once than any shell asks; what comes on top waits in the kernel. */
const MAX_CONNECTIONS = 256;
/** Datagrams under way; for one that is dropped the hook connects. */
const MAX_DATAGRAMS = 256;
/** Refusals said by datagram whose reasons have not been fetched. */
const MAX_UNSAID = 256;
/** Ports tried until one is free for both. */
const PORT_ATTEMPTS = 20;
/** What unix(7) has room for, with the NUL at its end. */
const LONGEST_PATH = 107;

export type Answerer = (question: Question) => Promise<Reply>;

export class Broker {
  readonly channel: Channel;
  readonly #servers: readonly Server[];
  readonly #datagrams: UdpSocket;
  readonly #answerer: Answerer;
  readonly #secret: Buffer;
  readonly #sockets = new Set<Socket>();
  /** By asker, what was refused by datagram and why: the hook comes for the reason, or again where the datagram was lost. */
  readonly #unsaid = new Map<string, { text: string; reply: Reply }>();
  #underWay = 0;
  #closed = false;

  private constructor(
    servers: readonly [tcp: Server, ...unix: Server[]],
    datagrams: UdpSocket,
    answerer: Answerer,
  ) {
    this.#servers = servers;
    this.#datagrams = datagrams;
    this.#answerer = answerer;
    const { port } = servers[0].address() as AddressInfo;
    const socket = (servers[1]?.address() ?? '') as string;
    this.channel = { port, socket, secret: token(18), answerSecret: token(9) };
    this.#secret = Buffer.from(this.channel.secret);
    for (const server of servers) server.on('connection', (socket) => this.#serve(socket));
    datagrams.on('message', (message, from) => void this.#replyTo(message, from));
    datagrams.on('error', () => undefined); // an answer to who is gone
  }

  /** @param path in a private directory; without one, and where it is too long, there is no socket of the file system */
  static async listen(answerer: Answerer, path = ''): Promise<Broker> {
    const more = path !== '' && Buffer.byteLength(path) <= LONGEST_PATH ? [await listening({ path })] : [];
    for (let attempt = 1; ; attempt++) {
      const server = await listening({ host: LOOPBACK, port: 0 });
      const datagrams = await bindUdp((server.address() as AddressInfo).port);
      if (datagrams !== null) return new Broker([server, ...more], datagrams, answerer);
      server.close();
      if (attempt === PORT_ATTEMPTS) throw new Error('no port is free on the loopback');
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#datagrams.close();
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => void server.close(() => resolve())),
    );
    await Promise.all(closed);
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
    const question = this.#question(fields);
    if (question === null) {
      socket.destroy();
      return;
    }
    socket.setTimeout(0);
    try {
      const kept = this.#kept(question);
      const { answer, message } = kept ?? (await this.#answer(question, (text) => socket.write(text)));
      socket.end(formatAnswer(this.channel.answerSecret, answer, message));
    } catch {
      socket.destroy();
    }
  }

  /** A question that fits into one datagram costs no connection. The reason for a no is then asked for by one. */
  async #replyTo(message: Buffer, from: RemoteInfo): Promise<void> {
    if (this.#underWay >= MAX_DATAGRAMS) return;
    this.#underWay += 1;
    const send = (text: string) => {
      // A decision may outlast the session that asked for it, and a closed socket throws.
      if (!this.#closed) this.#datagrams.send(text, from.port, from.address, () => undefined);
    };
    try {
      const question = this.#question(new QuestionReader().push(message) ?? []);
      if (question === null) return;
      const reply = await this.#answer(question, send);
      if (reply.answer !== 'run') this.#keep(question, reply);
      send(formatAnswer(this.channel.answerSecret, reply.answer).slice(0, ANSWER_LENGTH));
    } catch {
      // No answer is a refusal, once the hook has tried a connection.
    } finally {
      this.#underWay -= 1;
    }
  }

  async #answer(question: Question, say: (text: string) => unknown): Promise<Reply> {
    if (question.kind === 'why') return { answer: 'refuse' };
    const stillHere = setInterval(() => say(formatAnswer(this.channel.answerSecret, 'wait')), STILL_HERE_MS);
    try {
      return await this.#answerer(question);
    } finally {
      clearInterval(stillHere);
    }
  }

  #keep(question: Question, reply: Reply): void {
    const oldest = this.#unsaid.keys().next().value;
    if (this.#unsaid.size >= MAX_UNSAID && oldest !== undefined) this.#unsaid.delete(oldest);
    this.#unsaid.set(asker(question), { text: question.text, reply });
  }

  #kept(question: Question): Reply | null {
    const kept = this.#unsaid.get(asker(question));
    if (kept?.text !== question.text || question.kind === 'abandon') return null;
    this.#unsaid.delete(asker(question));
    return kept.reply;
  }

  #question(fields: readonly string[]): Question | null {
    return this.#isOurs(fields[0] ?? '') ? parseQuestion(fields) : null;
  }

  #isOurs(claimed: string): boolean {
    const bytes = Buffer.from(claimed);
    return bytes.length === this.#secret.length && timingSafeEqual(bytes, this.#secret);
  }
}

/** The answering secret and one character: what a hook reads at once. */
const ANSWER_LENGTH = 13;

/** 4 characters for 3 bytes. */
function token(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** One (sub)shell asks one thing at a time. */
function asker({ shell, process }: Question): string {
  return `${shell}/${process}`;
}

async function listening(where: { host: string; port: number } | { path: string }): Promise<Server> {
  const server = createServer({ noDelay: true });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...where, backlog: 511 }, resolve);
  });
  return server;
}

/** Null where somebody else has the port. */
async function bindUdp(port: number): Promise<UdpSocket | null> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind({ address: LOOPBACK, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
