/** A task that is run again whenever there is news. */

export interface RepeatedOptions {
  /** Between two runs, in milliseconds: a flood of news is one run every so often. */
  rest: number;
  /** After a failure the task is run again by itself after so many milliseconds. */
  retry: number;
  onError: (error: Error) => void;
}

/** One run at a time, and none is broken off by news: what came meanwhile makes one more run. */
export class Repeated {
  readonly #task: (signal: AbortSignal) => Promise<void>;
  readonly #options: RepeatedOptions;
  readonly #abort = new AbortController();
  #state: 'idle' | 'running' | 'resting' = 'idle';
  #news = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(task: (signal: AbortSignal) => Promise<void>, options: RepeatedOptions) {
    this.#task = task;
    this.#options = options;
  }

  /** There is news. */
  ask(): void {
    this.#news = true;
    if (this.#state === 'idle') void this.#run();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    this.#state = 'running';
    this.#news = false;
    try {
      await this.#task(signal);
      this.#rest(this.#options.rest);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.onError(error as Error);
      this.#news = true;
      this.#rest(this.#options.retry);
    }
  }

  #rest(milliseconds: number): void {
    if (this.#abort.signal.aborted) return;
    this.#state = 'resting';
    this.#timer = setTimeout(() => {
      this.#state = 'idle';
      if (this.#news) void this.#run();
    }, milliseconds);
  }
}
