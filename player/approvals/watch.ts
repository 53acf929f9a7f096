/**
 * Which windows listen. A browser opens six connections to one address and no more, and a window that listens keeps
 * one: so those that are looked at do, and of the others one, which tells of what comes in the background.
 */
import type { ApprovalLine } from '../../recorder/server/api.ts';
import { ApiError, followApprovals } from '../api.ts';

const LOCK = 'chaperone.approvals';
/** After a connection that broke off, in milliseconds. */
const RETRY_MS = 2000;

export interface Listener {
  /** @param chosen true in one window of this browser at a time */
  onLine(line: ApprovalLine, chosen: boolean): void;
  onError(error: Error): void;
  /** Nobody can be asked at this recorder. */
  onNobody(): void;
}

/** Listens until the returned function is called. */
export function listen(listener: Listener): () => void {
  const stopped = new AbortController();
  const turn = new Turn(stopped.signal);
  void follow(listener, turn, stopped.signal);
  return () => stopped.abort();
}

async function follow(listener: Listener, turn: Turn, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    await turn.come();
    const signal = AbortSignal.any([stopped, turn.lost()]);
    try {
      for await (const line of followApprovals(signal)) listener.onLine(line, turn.chosen);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403))
        return listener.onNobody();
      if (!signal.aborted) listener.onError(error as Error);
    }
    if (!signal.aborted) await rest(stopped);
  }
}

/** This window's turn: while it is seen, or has been chosen among those that are not. */
class Turn {
  readonly #stopped: AbortSignal;
  chosen = false;
  #lost = new AbortController();
  #wake = () => {};

  constructor(stopped: AbortSignal) {
    this.#stopped = stopped;
    document.addEventListener('visibilitychange', () => this.#change(), { signal: stopped });
    stopped.addEventListener('abort', () => this.#wake());
    const chosen = () => {
      this.chosen = true;
      this.#change();
      return new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve()));
    };
    navigator.locks.request(LOCK, { signal: stopped }, chosen).catch(() => {}); // stopped before it was chosen
  }

  async come(): Promise<void> {
    while (!this.#has() && !this.#stopped.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  /** Aborts when the turn ends. */
  lost(): AbortSignal {
    this.#lost = new AbortController();
    return this.#lost.signal;
  }

  #has(): boolean {
    return this.chosen || document.visibilityState === 'visible';
  }

  #change(): void {
    if (this.#has()) this.#wake();
    else this.#lost.abort();
  }
}

function rest(stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RETRY_MS);
    stopped.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
