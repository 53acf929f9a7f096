/** How much waits: in all, of each workload, and of each conversation of one. */
import { ChaperoneError } from '../errors.ts';
import { askerOf, type Request } from './approval.ts';

export const QUOTA = {
  waiting: 10_000,
  /** An agent that asks in a loop must not bury what others ask, */
  ofAsker: 100,
  /** nor by giving each of them a conversation of its own. */
  ofWorkload: 1000,
  /** Of what is asked, as JSON: all of it is kept in memory, and sent to every page that is open. */
  bytes: 32 << 20,
  bytesOfWorkload: 8 << 20,
} as const;

interface Held {
  count: number;
  bytes: number;
}

export class Quota {
  readonly #all: Held = { count: 0, bytes: 0 };
  readonly #askers = new Map<string, Held>();
  readonly #workloads = new Map<string, Held>();

  /**
   * @returns what gives the place back; once, however often it is called
   * @throws ChaperoneError `BUSY` where there is no room for one more
   */
  take(request: Request): () => void {
    const bytes = weightOf(request);
    const [asker, workload] = [askerOf(request), workloadOf(request)];
    const one = this.#askers.get(asker) ?? NONE;
    const many = this.#workloads.get(workload) ?? NONE;
    const isFull =
      this.#all.count >= QUOTA.waiting ||
      this.#all.bytes + bytes > QUOTA.bytes ||
      one.count >= QUOTA.ofAsker ||
      many.count >= QUOTA.ofWorkload ||
      many.bytes + bytes > QUOTA.bytesOfWorkload;
    if (isFull) throw new ChaperoneError('BUSY', 'too much waits for a human already');
    return this.hold(request);
  }

  /** Whatever the limits say: for what is there. */
  hold(request: Request): () => void {
    const [asker, workload, bytes] = [askerOf(request), workloadOf(request), weightOf(request)];
    const change = (by: 1 | -1) => {
      this.#all.count += by;
      this.#all.bytes += by * bytes;
      add(this.#askers, asker, { count: by, bytes: by * bytes });
      add(this.#workloads, workload, { count: by, bytes: by * bytes });
    };
    change(1);
    let isHeld = true;
    return () => {
      if (isHeld) change(-1);
      isHeld = false;
    };
  }
}

const NONE: Held = { count: 0, bytes: 0 };

function add(held: Map<string, Held>, key: string, { count, bytes }: Held): void {
  const before = held.get(key) ?? NONE;
  if (before.count + count === 0) held.delete(key);
  else held.set(key, { count: before.count + count, bytes: before.bytes + bytes });
}

/** Whoever it talks to: a user, in a pod where there is one. */
function workloadOf({ requester: { user, pod } }: Request): string {
  return JSON.stringify([user, pod?.uid ?? '']);
}

/** What it takes in memory and in an answer, about. */
export function weightOf({ asked, requester, reason }: Request): number {
  return Buffer.byteLength(JSON.stringify([asked, requester, reason]));
}
