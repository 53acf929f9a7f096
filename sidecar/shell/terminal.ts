/** The terminal of the person (or the test, or the browser) for whom a shell runs. */
import type { ReadStream, WriteStream } from 'node:tty';
import type { TerminalSize } from '../../recorder/audit/event.ts';
import { ChaperoneError } from '../../recorder/errors.ts';

/** What a session needs of a terminal; a process's own is one form, a test or a WebSocket can be others. */
export interface TerminalPort {
  /** The value of TERM that describes it. */
  readonly term: string;
  size(): TerminalSize;
  /** Shows bytes. Resolves when it can take more; rejects when it is gone. */
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

/** The terminal that this process itself was started on. */
export class ProcessTerminal implements TerminalPort {
  readonly term: string;
  readonly #input: ReadStream;
  readonly #output: WriteStream;

  /** @throws ChaperoneError `NOT_A_TERMINAL` */
  constructor(input: ReadStream = process.stdin, output: WriteStream = process.stdout) {
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

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#output.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  notice(line: string): Promise<void> {
    return this.write(Buffer.from(`${line}\r\n`));
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
