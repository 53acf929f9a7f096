/** The terminal of the person (or the test, or the browser) for whom a shell runs. */
import { spawnSync } from 'node:child_process';
import { write } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import type { TerminalSize } from '../../recorder/audit/session.ts';
import { ChaperoneError } from '../../recorder/errors.ts';

/** What a session needs of a terminal; a process's own is one form, a test or a WebSocket can be others. */
export interface TerminalPort {
  /** The value of TERM that describes it. */
  readonly term: string;
  size(): TerminalSize;
  /** Shows bytes. Resolves when it can take more and has no more use for these; rejects when it is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Takes the terminal over until the returned function is called: raw mode, every key as it comes. */
  attach(listener: TerminalListener): () => void;
  /** Stops and restarts the keys, for a shell that does not read what is pasted. */
  hold(stop: boolean): void;
  /** One line for the person, before the session or after it. */
  notice(line: string): Promise<void>;
}

export interface TerminalListener {
  typed(bytes: Uint8Array): void;
  resized(size: TerminalSize): void;
  /** The terminal is gone: the window was closed, the connection lost. */
  gone(): void;
}

/**
 * Node's raw mode leaves a terminal turning LF into CR LF. What comes here has been through a terminal already, and a
 * full-screen program's LF means one line down and nothing else. Node puts all back that it found, this included.
 */
function plainOutput(output: Terminal): void {
  spawnSync('stty', ['-opost'], { stdio: [output.fd, 'ignore', 'ignore'] });
}

/** `WriteStream` of @types/node leaves out what it inherits. */
type Terminal = WriteStream & { readonly fd: number };

/** A terminal that does not block and takes no more is tried again after this long. */
const FULL_RETRY_MS = 5;

function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

/** The terminal that this process itself was started on. */
export class ProcessTerminal implements TerminalPort {
  readonly term: string;
  readonly #input: ReadStream;
  readonly #output: Terminal;

  /** @throws ChaperoneError `NOT_A_TERMINAL` */
  constructor(input: ReadStream = process.stdin, output: Terminal = process.stdout) {
    if (!input.isTTY || !output.isTTY) {
      throw new ChaperoneError(
        'NOT_A_TERMINAL',
        'stdin and stdout must be a terminal: run this from one, or give a command after --',
      );
    }
    this.#input = input;
    this.#output = output;
    this.term = process.env.TERM || 'xterm';
  }

  size(): TerminalSize {
    return { cols: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  /** Not through the stream: for a terminal that writes in step with us, and a screen that is held (Ctrl-S) holds all. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      try {
        rest = rest.subarray(await writeSome(this.#output.fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await new Promise((resolve) => setTimeout(resolve, FULL_RETRY_MS));
      }
    }
  }

  notice(line: string): Promise<void> {
    return this.write(Buffer.from(`${line.replaceAll('\n', '\r\n')}\r\n`));
  }

  hold(stop: boolean): void {
    if (stop) this.#input.pause();
    else this.#input.resume();
  }

  attach(listener: TerminalListener): () => void {
    const typed = (bytes: Buffer) => listener.typed(bytes);
    const resized = () => listener.resized(this.size());
    const gone = () => listener.gone();
    // `exit` runs after an uncaught exception too: whatever happens, the user gets a usable terminal back.
    const cooked = () => this.#input.setRawMode(false);
    this.#input.setRawMode(true);
    plainOutput(this.#output);
    process.once('exit', cooked);
    this.#input.on('data', typed).on('end', gone).on('error', gone).resume();
    this.#output.on('resize', resized).on('error', gone);
    return () => {
      process.off('exit', cooked);
      this.#input.off('data', typed).off('end', gone).off('error', gone).pause();
      this.#output.off('resize', resized).off('error', gone);
      this.#input.setRawMode(false);
    };
  }
}
