/**
 * What a launcher does where nobody answers it: a file beside the socket, which only we can write, says `continue` where the
 * policy would rather have a shell run unrecorded than not at all. Without it nothing runs.
 */
import { rm } from 'node:fs/promises';
import { replaceFile } from '../../recorder/store/atomic-file.ts';

/** So soon does a change of the policy take effect. */
const EVERY_MS = 1000;

export class OnFailure {
  readonly #path: string;
  readonly #continues: () => boolean;
  readonly #report: (error: unknown) => void;
  #said: boolean | null = null;
  #turn: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  /** @param socket path of the socket */
  constructor(socket: string, continues: () => boolean, report: (error: unknown) => void) {
    this.#path = `${socket}.on-failure`;
    this.#continues = continues;
    this.#report = report;
    this.#timer = setInterval(() => void this.say(), EVERY_MS);
    this.#timer.unref();
  }

  /** Resolves when the file says what the policy says. */
  say(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#write()).catch(this.#report);
    return this.#turn;
  }

  /** The file stays: it is for when we are gone. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  async #write(): Promise<void> {
    const continues = this.#continues();
    if (continues === this.#said) return;
    if (continues) await replaceFile(this.#path, 'continue\n');
    else await rm(this.#path, { force: true });
    this.#said = continues;
  }
}
