/** A script that a shell reads from its standard input: what is allowed goes on to it, statement by statement. */
import { ScriptGate, type ScriptGateOptions } from '../kube/remote/script/gate.ts';
import { malformed } from './fields.ts';
import { SHELL_LIMITS } from './shell-frame.ts';
import type { Talk } from './talk.ts';

/** Bytes that may wait for a decision; a launcher sends less before it has heard what goes on. */
const WAITING = 4 << 20;
const REFUSED = 126;

export interface ScriptOptions extends ScriptGateOptions {
  talk: Pick<Talk, 'say'>;
  failed: (error: unknown) => void;
}

export class Script {
  readonly #options: ScriptOptions;
  readonly #gate: ScriptGate;
  #received = 0;
  #waiting = 0;
  #over = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: ScriptOptions) {
    this.#options = options;
    this.#gate = new ScriptGate(options);
  }

  /**
   * @param bytes none of them: there is no more
   * @throws ChaperoneError `USAGE` where they do not follow what came before
   */
  push(offset: number, bytes: Buffer): void {
    if (this.#over) return;
    if (offset !== this.#received) throw malformed('a script out of place');
    this.#received += bytes.length;
    this.#waiting += bytes.length;
    if (this.#waiting > WAITING) throw malformed('more of a script than waits here');
    const copy = Buffer.from(bytes);
    this.#tail = this.#tail.then(() => this.#pass(copy)).catch((error) => this.#fail(error));
  }

  async #pass(bytes: Buffer): Promise<void> {
    if (this.#over) return;
    const last = bytes.length === 0;
    const { pass, refused } = last ? await this.#gate.end() : await this.#gate.write(bytes);
    const { talk } = this.#options;
    for (let at = 0; at < pass.length; at += SHELL_LIMITS.other)
      talk.say({ kind: 'pass', bytes: Buffer.from(pass.subarray(at, at + SHELL_LIMITS.other)) });
    if (refused !== undefined) {
      this.#over = true;
      talk.say({ kind: 'stop', status: REFUSED, message: Buffer.from(`${refused}\n`) });
    } else if (last) {
      this.#over = true;
      talk.say({ kind: 'pass', bytes: Buffer.alloc(0) });
    }
    this.#waiting -= pass.length;
  }

  #fail(error: unknown): void {
    this.#over = true;
    this.#options.failed(error);
  }
}
