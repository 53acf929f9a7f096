/** One connection with a launcher: what it sends is decoded and bounded, and what it does not read ends it. */
import type { Socket } from 'node:net';
import type { FrameStream } from './frame-stream.ts';
import {
  decodeLauncherFrame,
  encodeSidecarFrame,
  type LauncherFrame,
  type SidecarFrame,
} from './shell-frame.ts';

/** Bytes that may wait to be read by the other side: it may hold all that it has sent of a script. */
const UNREAD = 8 << 20;

export interface Listener {
  heard(frame: LauncherFrame): void;
  /** Called once. */
  gone(): void;
}

/** Until somebody listens, a launcher has nothing to say. */
const NOBODY: Listener = {
  heard: () => {
    throw new Error('it speaks out of turn');
  },
  gone: () => undefined,
};

export class Talk {
  readonly #socket: Socket;
  readonly #frames: FrameStream;
  readonly #gone = new AbortController();
  #listener: Listener = NOBODY;
  #paused = false;

  constructor(socket: Socket, frames: FrameStream) {
    this.#socket = socket;
    this.#frames = frames;
    socket.once('close', () => {
      this.#gone.abort();
      this.#listener.gone();
    });
  }

  /** Aborts when the other side is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** From now on it is heard here alone. */
  listen(listener: Listener): void {
    this.#listener = listener;
    if (this.gone.aborted) listener.gone();
  }

  /** What came. @throws where it is nothing that a launcher says, or not now */
  receive(bytes: Buffer): void {
    for (const frame of this.#frames.push(bytes)) {
      if (!this.#socket.destroyed) this.#listener.heard(decodeLauncherFrame(frame));
    }
  }

  say(frame: SidecarFrame): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(encodeSidecarFrame(frame));
    if (this.#socket.writableLength > UNREAD) this.#socket.destroy();
  }

  /** Lets it wait with what it has to say, or go on. */
  hold(stop: boolean): void {
    if (stop === this.#paused) return;
    this.#paused = stop;
    if (stop) this.#socket.pause();
    else this.#socket.resume();
  }

  /** What was said is still sent. */
  end(): void {
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
