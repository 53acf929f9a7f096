/** One request on the desk, and who waits for it here. */
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Approval } from './approval.ts';

export class Entry {
  approval: Approval;
  /** What is asked, and by whom. */
  readonly key: string;
  /** The session that used it last. */
  usedIn: SessionId | null = null;
  /** When it changes by itself. */
  timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #waiting = new Set<() => void>();
  #left = false;

  /** Gives back its place among those that wait. */
  readonly quit: () => void;

  constructor(approval: Approval, key: string, quit: () => void) {
    this.approval = approval;
    this.key = key;
    this.quit = quit;
  }

  get id(): string {
    return this.approval.request.id;
  }

  /** What happens to it happens one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /**
   * Resolves when it is settled or `signal` aborts.
   * @throws ChaperoneError `RECORDER_GONE` where nobody here will know
   */
  settled(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        if (this.#left)
          reject(new ChaperoneError('RECORDER_GONE', 'the recorder stopped before anybody decided'));
        else resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done);
      if (signal?.aborted || this.#left || this.approval.settled !== null) done();
    });
  }

  wake(): void {
    for (const told of [...this.#waiting]) told();
  }

  leave(): void {
    clearTimeout(this.timer);
    this.#left = true;
    this.wake();
  }
}
