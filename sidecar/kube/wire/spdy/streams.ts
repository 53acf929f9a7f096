/** The streams of one connection that are open, and what may be sent on each. Pure. */
import { ReceiveWindows, SendWindows } from './window.ts';

export interface Stream {
  replied: boolean;
  peerEnded: boolean;
  weEnded: boolean;
}

export class Streams {
  readonly sending = new SendWindows();
  readonly receiving = new ReceiveWindows();
  /** Streams that may be open at once. */
  readonly limit: number;
  readonly #open = new Map<number, Stream>();
  #last = -1;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(stream: number): Stream | undefined {
    return this.#open.get(stream);
  }

  has(stream: number): boolean {
    return this.#open.has(stream);
  }

  get full(): boolean {
    return this.#open.size >= this.limit;
  }

  /** The largest number so far, whoever opened it; -1 before the first. */
  get last(): number {
    return this.#last;
  }

  /** True of one that is gone: what still comes for it was on its way when it went. */
  was(stream: number): boolean {
    return stream <= this.#last && stream % 2 === 1;
  }

  add(stream: number): void {
    this.#last = stream;
    this.#open.set(stream, { replied: false, peerEnded: false, weEnded: false });
    this.sending.open(stream);
    this.receiving.open(stream);
  }

  remove(stream: number): void {
    this.#open.delete(stream);
    this.sending.close(stream);
    this.receiving.close(stream);
  }

  /** One side is through with it; with both it is gone. */
  end(stream: number, side: 'peerEnded' | 'weEnded'): void {
    const found = this.#open.get(stream);
    if (found === undefined) return;
    found[side] = true;
    if (found.peerEnded && found.weEnded) this.remove(stream);
  }
}
