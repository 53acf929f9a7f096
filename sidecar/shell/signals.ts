/** Signals sent to us while a session runs, and what the child gets of them. */

/** The process, or what a test puts in its place. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;

/** The signals of a process, and a hang-up of our own for one session of it. */
export class EndableSignals implements SignalSource {
  readonly #source: SignalSource;
  readonly #listeners = new Set<(signal: NodeJS.Signals) => void>();
  #ended = false;

  constructor(source: SignalSource) {
    this.#source = source;
  }

  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): void {
    this.#source.on(signal, listener);
    if (signal !== 'SIGHUP') return;
    this.#listeners.add(listener);
    if (this.#ended) listener('SIGHUP');
  }

  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): void {
    this.#source.off(signal, listener);
    if (signal === 'SIGHUP') this.#listeners.delete(listener);
  }

  /** Ends the session as if its terminal were gone, whatever of it has begun by now. */
  end(): void {
    this.#ended = true;
    for (const listener of [...this.#listeners]) listener('SIGHUP');
  }
}

/** What a child gets that is still there this long after it was told to end. An interactive bash ignores SIGTERM. */
const STEPS: readonly [after: number, signal: NodeJS.Signals][] = [
  [2_000, 'SIGHUP'],
  [5_000, 'SIGKILL'],
];

interface Child {
  kill(signal: NodeJS.Signals): unknown;
}

/** Passes signals on until the returned function is called. */
export function forwardSignals(source: SignalSource, child: Child, ender: Ender): () => void {
  const forward = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') ender.end(signal);
    else child.kill(signal);
  };
  for (const signal of FORWARDED) source.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) source.off(signal, forward);
  };
}

/** Ends a child, with more force the longer it stays. */
export class Ender {
  readonly #child: Child;
  #timers: NodeJS.Timeout[] = [];

  constructor(child: Child) {
    this.#child = child;
  }

  end(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
    if (this.#timers.length > 0) return;
    this.#timers = STEPS.map(([after, next]) => setTimeout(() => this.#child.kill(next), after));
  }

  /** The child is gone. */
  done(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
