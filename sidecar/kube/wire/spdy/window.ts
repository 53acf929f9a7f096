/**
 * Flow control of SPDY/3.1: how much each sender may have under way, a stream and the whole session. Pure.
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/, 2.6.8
 *
 * Kubernetes' SPDY library has none: it neither sends WINDOW_UPDATE nor heeds it, and sends past any window; TCP
 * alone holds it back. So a peer's windows bind us only once it has shown that it counts (a WINDOW_UPDATE, or a
 * SETTINGS with an initial window, which those who count send first). Then, too, what has been passed on is granted
 * again. Whoever has not shown it gets no grants as data flows: a server that has said everything closes, and a grant
 * that meets the closed socket is answered by a reset, which takes with it what was still on its way to us. But a peer
 * that counts without having shown it would wait for ever: who has become silent with its window used up is granted
 * (`silent`). Whoever overruns our windows is known not to heed them, which is no fault.
 */

const INITIAL = 65_536;
const LARGEST = 0x7fffffff;
/** Half a window: a grant for every frame would double their number. */
const GRANT = INITIAL / 2;
/** With less than this a sender that cuts no frames may have to wait. */
const SCARCE = INITIAL / 8;

/** What we may send. Stream 0 is the session. */
export class SendWindows {
  /** The peer has shown that it counts. */
  counts = false;
  #initial = INITIAL;
  readonly #left = new Map<number, number>([[0, INITIAL]]);

  open(stream: number): void {
    this.#left.set(stream, this.#initial);
  }

  close(stream: number): void {
    this.#left.delete(stream);
  }

  sent(stream: number, bytes: number): void {
    this.#add(stream, -bytes);
    this.#add(0, -bytes);
  }

  /** False if the window grew over 2³¹ − 1. A stream that is gone is passed over. */
  grow(stream: number, delta: number): boolean {
    this.counts = true;
    this.#add(stream, delta);
    return (this.#left.get(stream) ?? 0) <= LARGEST;
  }

  /** SETTINGS changes the windows of open streams, too, not the session's. False as with `grow`. */
  settle(initial: number): boolean {
    this.counts = true;
    const delta = initial - this.#initial;
    this.#initial = initial;
    for (const stream of this.#left.keys()) if (stream !== 0) this.#add(stream, delta);
    return initial <= LARGEST && [...this.#left.values()].every((left) => left <= LARGEST);
  }

  /** Infinity where the peer does not count. */
  left(stream: number): number {
    if (!this.counts) return Number.POSITIVE_INFINITY;
    return Math.max(0, Math.min(this.#left.get(0)!, this.#left.get(stream) ?? 0));
  }

  #add(stream: number, bytes: number): void {
    const left = this.#left.get(stream);
    if (left !== undefined) this.#left.set(stream, left + bytes);
  }
}

interface Allowance {
  /** What the peer may still send. */
  left: number;
  /** What was passed on and not granted again yet. */
  owed: number;
}

/** What the peer may send: what was passed on is granted again once it is worth a WINDOW_UPDATE. */
export class ReceiveWindows {
  readonly #windows = new Map<number, Allowance>([[0, { left: INITIAL, owed: 0 }]]);
  /** The peer has sent more than it may. */
  overrun = false;

  open(stream: number): void {
    this.#windows.set(stream, { left: INITIAL, owed: 0 });
  }

  close(stream: number): void {
    this.#windows.delete(stream);
  }

  received(stream: number, bytes: number): void {
    for (const window of [this.#windows.get(stream), this.#windows.get(0)]) {
      if (window === undefined) continue;
      window.left -= bytes;
      this.overrun ||= window.left < 0;
    }
  }

  /** `bytes` of the stream have been passed on. */
  consumed(stream: number, bytes: number): void {
    for (const window of [this.#windows.get(stream), this.#windows.get(0)]) {
      if (window !== undefined) window.owed += bytes;
    }
  }

  /** What is worth a WINDOW_UPDATE: [stream, delta] each. They count as given. */
  due(): [number, number][] {
    return this.#give(({ owed }) => owed >= GRANT);
  }

  /** The same for a peer that has been silent: only what it may be waiting for. */
  scarce(): [number, number][] {
    return this.overrun ? [] : this.#give(({ left, owed }) => owed > 0 && left < SCARCE);
  }

  #give(which: (window: Allowance) => boolean): [number, number][] {
    const given: [number, number][] = [];
    for (const [number, window] of this.#windows) {
      if (!which(window)) continue;
      given.push([number, window.owed]);
      window.left += window.owed;
      window.owed = 0;
    }
    return given;
  }
}
