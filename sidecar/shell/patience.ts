/** How long a shell's hooks wait for a person: until who is at the terminal gives up, or the same process asks anew. */

const ANEW = Symbol('asks anew');

export class Patience {
  readonly #asking = new Map<number, AbortController>();

  /** A process asks: what it asked before, it waits for no longer. */
  begin(process: number): AbortSignal {
    this.#asking.get(process)?.abort(ANEW);
    const controller = new AbortController();
    this.#asking.set(process, controller);
    return controller.signal;
  }

  /** @returns true where the process is still there for the answer */
  end(process: number, signal: AbortSignal): boolean {
    if (this.#asking.get(process)?.signal === signal) this.#asking.delete(process);
    return signal.reason !== ANEW;
  }

  /** Ctrl-C, or the end of the session. */
  giveUp(): void {
    for (const controller of this.#asking.values()) controller.abort();
    this.#asking.clear();
  }
}
