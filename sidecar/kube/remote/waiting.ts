/** A client that waits for its answer: what it says meanwhile is kept, and that it leaves is noticed. */
import type { Duplex } from 'node:stream';
import type { Connection } from './connection.ts';

/** What a client may say before it was answered; it is read no further then. */
const EARLY_BYTES = 1 << 16;

export class WaitingClient {
  readonly #socket: Duplex;
  readonly #pieces: Buffer[];
  #bytes: number;
  readonly #left: () => void;

  /** @param left called when it has gone, or says that it will not go on */
  constructor({ socket, head }: Connection, left: () => void) {
    this.#socket = socket;
    this.#pieces = [head];
    this.#bytes = head.length;
    this.#left = left;
    socket.on('end', left).on('close', left).on('data', this.#keep);
    if (socket.destroyed || socket.readableEnded) left();
  }

  /** The connection, with what was said. From now on whoever takes it has to read it. */
  release(): Connection {
    this.#socket.off('end', this.#left).off('close', this.#left).off('data', this.#keep);
    this.#socket.pause();
    return { socket: this.#socket, head: Buffer.concat(this.#pieces) };
  }

  readonly #keep = (piece: Buffer): void => {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes > EARLY_BYTES) this.#socket.pause();
  };
}
