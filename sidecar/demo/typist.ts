/** A terminal without a person: it types a script into a guarded shell and shows what comes back. */
import { setTimeout as wait } from 'node:timers/promises';
import type { TerminalSize } from '../../recorder/audit/session.ts';
import type { TerminalListener, TerminalPort } from '../shell/terminal.ts';
import { PROMPT, type Step } from './script.ts';

const KEY_MS = 28;
/** What is remembered of the output, for finding the prompt at its end. */
const TAIL = 256;
/** A step that waits longer than this for its prompt is given up, and with it the demonstration. */
const PATIENCE_MS = 30_000;

export class Typist implements TerminalPort {
  readonly term = 'xterm-256color';
  readonly #size: TerminalSize;
  readonly #show: (bytes: Uint8Array) => void;
  #tail = '';
  #heard: (() => void) | null = null;
  #left = false;

  /** @param show gets every byte of output */
  constructor(size: TerminalSize, show: (bytes: Uint8Array) => void) {
    this.#size = size;
    this.#show = show;
  }

  size(): TerminalSize {
    return this.#size;
  }

  write(bytes: Uint8Array): Promise<void> {
    // The caller's memory is its own again when this resolves; who shows it may still hold on to it.
    this.#show(Buffer.from(bytes));
    this.#tail = (this.#tail + Buffer.from(bytes).toString('latin1')).slice(-TAIL);
    this.#heard?.();
    return Promise.resolve();
  }

  notice(text: string): Promise<void> {
    return this.write(Buffer.from(`${text}\r\n`));
  }

  #listener: TerminalListener | null = null;

  attach(listener: TerminalListener): () => void {
    this.#listener = listener;
    if (this.#left) queueMicrotask(() => listener.gone());
    return () => {
      this.#listener = null;
    };
  }

  hold(): void {}

  /** Leaves off typing, and ends the session as a closed window does. */
  hangUp(): void {
    this.#left = true;
    this.#listener?.gone();
    this.#heard?.();
  }

  /** Types all steps. Ends the session where the shell stops answering. */
  async type(steps: readonly Step[]): Promise<void> {
    for (const { keys, after, look = 0 } of steps) {
      if (!(await this.#shown(after))) break;
      await wait(look);
      await this.#press(keys);
    }
  }

  async #press(keys: string): Promise<void> {
    this.#tail = '';
    // Escape sequences are single keys.
    for (const key of keys.match(/\u001b\[.|./gs) ?? []) {
      if (this.#left) return;
      this.#listener?.typed(Buffer.from(key));
      await wait(KEY_MS);
    }
  }

  async #shown(pattern: RegExp | undefined): Promise<boolean> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!this.#left && !this.#isShown(pattern)) {
      const left = deadline - Date.now();
      if (left <= 0) this.hangUp();
      await Promise.race([
        new Promise<void>((resolve) => (this.#heard = resolve)),
        wait(Math.min(left, 200)),
      ]);
    }
    return !this.#left;
  }

  #isShown(pattern: RegExp | undefined): boolean {
    if (pattern !== undefined) return pattern.test(this.#tail);
    return this.#tail.replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, '').endsWith(PROMPT);
  }
}
