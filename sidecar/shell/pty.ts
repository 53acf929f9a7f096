/**
 * One child on a pseudoterminal of its own, as raw bytes, with backpressure that loses nothing.
 *
 * node-pty opens the terminal and reaps the child, but its `spawn()` destroys its socket 200 ms after the child's exit,
 * whether or not everything was read: a reader that had paused for a slow disk would lose the tail. So we
 * take its native layer (exact version pinned), and read the master side ourselves until the kernel says
 * that nothing more can come.
 */
import { readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { ReadStream } from 'node:tty';
import type { TerminalSize } from '../../recorder/audit/session.ts';
import { withoutOurs } from './descriptors.ts';

/** The part of node-pty 1.1's native module that is used here. */
interface NativePty {
  fork(
    file: string,
    args: string[],
    env: string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

const native = (createRequire(import.meta.url)('node-pty') as { native: NativePty }).native;

export interface PtyOptions {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  size: TerminalSize;
}

export interface PtyListener {
  /** Bytes as the child wrote them, in a buffer that is used again when this returns. */
  data(bytes: Buffer): void;
  /** The terminal has taken what was typed, after `write` said to wait. */
  drained(): void;
}

/** How a child ended: `status` as a shell shows it, 128+n for signal n. */
export interface Ending {
  status: number;
  signal: NodeJS.Signals | null;
}

/** After the exit, output of what the child left behind in the background is awaited until it is silent this long. */
const SILENCE_MS = 100;
/** A terminal that takes no input (its program does not read) is tried again after this long. */
const INPUT_RETRY_MS = 10;
/** What one read of a terminal gives at most (the kernel's N_TTY_BUF_SIZE less one). */
const FULL_READ = 4095;
/** Above this much that the terminal has not taken, the typist has to wait. */
const INPUT_HIGH_WATER = 1 << 16;

export class Pty {
  readonly pid: number;
  /** The terminal's name, e.g. `/dev/pts/4`. */
  readonly name: string;
  /** Settles when the child is gone *and* everything it wrote has been handed on. */
  readonly ended: Promise<Ending>;

  readonly #fd: number;
  readonly #stream: ReadStream;
  readonly #listener: PtyListener;
  readonly #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #typistWaits = false;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #ending: Ending | undefined;
  #closed = false;
  #wantPause = false;
  #settle!: (ending: Ending) => void;

  /** Starts the child. */
  constructor(options: PtyOptions, listener: PtyListener) {
    const [file = '', ...args] = withoutOurs(options.argv, options.env);
    const env = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    const { cols, rows } = options.size;
    this.#listener = listener;
    this.ended = new Promise((settle) => {
      this.#settle = settle;
    });
    const utf8 = true;
    const child = native.fork(file, args, env, options.cwd, cols, rows, -1, -1, utf8, '', (code, signal) =>
      this.#onExit(code, signal),
    );
    this.#fd = child.fd;
    this.pid = child.pid;
    this.name = child.pty;
    this.#stream = readStream(child.fd, (bytes) => this.#receive(bytes));
    this.#stream.resume();
    // EIO is how a master learns that the last process has closed the terminal.
    this.#stream.on('error', () => this.#stream.destroy());
    this.#stream.on('close', () => this.#onClose());
  }

  /** Stops reading: the child will block when the kernel's buffer (some kilobytes) is full. */
  pause(): void {
    this.#wantPause = true;
    clearTimeout(this.#silence);
    this.#stream.pause();
  }

  resume(): void {
    this.#wantPause = false;
    if (this.#closed) return;
    this.#stream.resume();
    this.#awaitSilence();
  }

  /** Types into the terminal. False if the typist should wait for `drained`. */
  write(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#retry === undefined) this.#drainInput();
    this.#typistWaits = this.#pendingBytes > INPUT_HIGH_WATER;
    return !this.#typistWaits;
  }

  resize({ cols, rows }: TerminalSize): void {
    if (!this.#closed) native.resize(this.#fd, cols, rows);
  }

  /** To the child itself; what it runs gets SIGHUP from the kernel when the child, who leads the session, is gone. */
  kill(signal: NodeJS.Signals): void {
    if (this.#ending !== undefined) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // gone between its exit and the news of it
    }
  }

  /** Hangs up: closes the terminal, whatever may still be in it. */
  close(): void {
    this.#stream.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#listener.data(bytes);
    this.#awaitSilence();
  }

  #onExit(code: number, signal: number): void {
    this.#ending = signal === 0 ? { status: code, signal: null } : signalled(signal);
    if (this.#closed) this.#settle(this.#ending);
    else this.#awaitSilence();
  }

  /** A process in the background may hold the terminal open for ever: the session ends with its shell all the same. */
  #awaitSilence(): void {
    if (this.#ending === undefined || this.#wantPause || this.#closed) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#stopIfEmpty(), SILENCE_MS);
  }

  #stopIfEmpty(): void {
    const rest = Buffer.allocUnsafe(1 << 16);
    try {
      const length = readSync(this.#fd, rest, 0, rest.length, null);
      if (length > 0) {
        this.#receive(rest.subarray(0, length));
        return;
      }
    } catch {
      // EAGAIN: empty; EIO: closed by the last process
    }
    this.#stream.destroy();
  }

  #onClose(): void {
    this.#closed = true;
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    if (this.#ending !== undefined) this.#settle(this.#ending);
  }

  /** The descriptor does not block; `ReadStream.write` would make it, and hold up the whole process. */
  #drainInput(): void {
    this.#retry = undefined;
    while (this.#pending[0] !== undefined && !this.#closed) {
      const head = this.#pending[0];
      let taken = 0;
      try {
        taken = writeSync(this.#fd, head);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      }
      this.#pendingBytes -= taken;
      if (taken === head.length) {
        this.#pending.shift();
        continue;
      }
      this.#pending[0] = head.subarray(taken);
      this.#retry = setTimeout(() => this.#drainInput(), INPUT_RETRY_MS);
      return;
    }
    if (this.#typistWaits) {
      this.#typistWaits = false;
      this.#listener.drained();
    }
  }
}

/**
 * Reads into one buffer, again and again: Node would otherwise allocate 64 KB each time. (`onread` is an option of the net.Socket
 * that a ReadStream is.)
 */
function readStream(fd: number, receive: (bytes: Buffer) => void): ReadStream {
  const buffer = Buffer.allocUnsafe(1 << 16);
  const callback = (length: number) => {
    receive(buffer.subarray(0, readOn(fd, buffer, length)));
    return true;
  };
  const Stream = ReadStream as new (fd: number, options: OnReadOptions) => ReadStream;
  return new Stream(fd, { onread: { buffer, callback } });
}

/**
 * A terminal gives 4095 bytes at most, however much waits behind them. After as many as that, reading on at once costs a
 * fraction of a round of the event loop for each. Returns how much of `buffer` is filled.
 */
function readOn(fd: number, buffer: Buffer, length: number): number {
  let filled = length;
  try {
    for (let last = length; last === FULL_READ && filled + FULL_READ <= buffer.length; filled += last) {
      last = readSync(fd, buffer, filled, FULL_READ, null);
    }
  } catch {
    // EAGAIN: that was all for now; EIO: the stream will meet it itself
  }
  return filled;
}

interface OnReadOptions {
  onread: { buffer: Uint8Array; callback: (length: number) => boolean };
}

/** The ending of a child that signal number `n` killed. */
export function signalled(n: number): Ending {
  const name = Object.entries(constants.signals).find(([, number]) => number === n)?.[0] ?? null;
  return { status: 128 + n, signal: name as NodeJS.Signals | null };
}
