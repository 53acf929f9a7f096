/** Many frames on one connection, in whatever pieces they come. Pure. The layout is in frame.ts. */
import { malformed } from './fields.ts';
import { type Frame, VERSION } from './frame.ts';

const HEAD = 6;
/** Bytes that one piece holds on average, at least: each costs memory of its own. */
const PIECE = 64;

export class FrameStream {
  #held: Buffer[] = [];
  #have = 0;
  readonly #limit: (kind: number) => number;

  /** @param limit the longest payload in bytes of a frame of that kind; negative where there is no such kind */
  constructor(limit: (kind: number) => number) {
    this.#limit = limit;
  }

  /** Bytes of a frame that is not whole yet. */
  get held(): number {
    return this.#have;
  }

  /**
   * The frames that became whole. Payloads are views of what arrived.
   * @throws ChaperoneError `USAGE` where one is too long, of another version or of a kind that is not allowed
   */
  push(bytes: Buffer): Frame[] {
    this.#held.push(bytes);
    this.#have += bytes.length;
    if (this.#held.length > PIECE + this.#have / PIECE) this.#held = [Buffer.concat(this.#held)];
    const frames: Frame[] = [];
    for (let length = this.#next(); length !== null; length = this.#next()) frames.push(this.#take(length));
    return frames;
  }

  /** The length of the whole frame in front, head included, or null where it is not there yet. */
  #next(): number | null {
    if (this.#have < HEAD) return null;
    if (this.#held[0]!.length < HEAD) this.#held = [Buffer.concat(this.#held)];
    const head = this.#held[0]!;
    const length = head.readUInt32BE(0) - 2;
    const kind = head[5]!;
    if (head[4] !== VERSION) throw malformed(`version ${head[4]} is not spoken here, ${VERSION} is`);
    const limit = this.#limit(kind);
    if (limit < 0 || length < 0 || length > limit) throw malformed(`kind ${kind} with ${length} bytes`);
    return this.#have < HEAD + length ? null : HEAD + length;
  }

  #take(length: number): Frame {
    const all = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
    this.#held = [all.subarray(length)];
    this.#have -= length;
    return { kind: all[5]!, payload: all.subarray(HEAD, length) };
  }
}
