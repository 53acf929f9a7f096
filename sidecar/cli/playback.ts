/** A longer one would fire at once. A recording can say any time at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The time of a replay: it stands still while paused, and ends when the viewer leaves. */
export class Playback {
  readonly #leave = new AbortController();
  /** Milliseconds of pauses so far. */
  #paused = 0;
  #pausedAt: number | null = null;
  #wake: (() => void) | null = null;

  get left(): boolean {
    return this.#leave.signal.aborted;
  }

  /** Milliseconds since the process began, without the pauses. */
  now(): number {
    return (this.#pausedAt ?? performance.now()) - this.#paused;
  }

  leave(): void {
    this.#leave.abort();
    this.#wake?.();
  }

  togglePause(): void {
    if (this.#pausedAt === null) this.#pausedAt = performance.now();
    else {
      this.#paused += performance.now() - this.#pausedAt;
      this.#pausedAt = null;
    }
    this.#wake?.();
  }

  /** Resolves when `now()` has come to `at`, or the viewer has left. */
  async until(at: number): Promise<void> {
    while (!this.left && this.now() + 1 < at) {
      const wait = this.#pausedAt === null ? at - this.now() : null;
      await new Promise<void>((resolve) => {
        const timer = wait === null ? null : setTimeout(resolve, Math.min(wait, LONGEST_TIMER_MS));
        this.#wake = () => {
          if (timer !== null) clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = null;
  }
}

const CTRL_C = '\u0003';

/**
 * Takes the keyboard: space pauses, `q` and Ctrl-C leave. Everything else is swallowed, which matters: a
 * recording may hold sequences that make the terminal answer, and its answer must not be typed into the shell
 * that the viewer comes back to. Returns what gives the keyboard back.
 */
export function takeKeyboard(playback: Playback, input: NodeJS.ReadStream): () => void {
  const leave = () => playback.leave();
  process.once('SIGINT', leave);
  if (!input.isTTY) return () => process.off('SIGINT', leave);
  const pressed = (keys: Buffer) => {
    for (const key of keys.toString('latin1')) {
      if (key === ' ') playback.togglePause();
      else if (key === 'q' || key === CTRL_C) playback.leave();
    }
  };
  const cooked = () => input.setRawMode(false);
  input.setRawMode(true).on('data', pressed).resume();
  process.once('exit', cooked);
  return () => {
    process.off('SIGINT', leave);
    process.off('exit', cooked);
    input.off('data', pressed).pause();
    cooked();
  };
}
