/**
 * Masks known values in bytes that flow: what may be the beginning of one is held back until more has come.
 *
 *     pushed    …ord: s3cr │ et12 rest            a value `s3cret12`, cut
 *     released  …ord:      │ ******** rest
 *
 * Pure: who pushes decides when it has been quiet for long enough, and then lets go of what is held.
 */
import type { Known, Views } from './known.ts';
import { CONTEXT, type Hit, type Style } from './replace.ts';

const NOTHING = new Uint8Array();
const NONE: Views = { record: NOTHING, agent: NOTHING, masked: false };
/** What is held at most, whatever is between the characters of a value. */
const MAX_HELD = 1 << 18;

/** Bytes that hardly anything begins with by chance but a value. */
const TELLING = 4;
const BRIEF_MS = 20;
const PATIENT_MS = 250;

/**
 * Milliseconds without more to come after which what is held is let go, so that a person who types sees it: hardly
 * any for the first letter or two of something, more where it looks like a value that is on its way.
 */
export function patience(held: number): number {
  return held < TELLING ? BRIEF_MS : PATIENT_MS;
}

export class StreamMask {
  readonly #known: () => Known;
  readonly #style: Style;
  /** What is held, and in front of it what was let go but says how to read the rest. */
  #kept: Uint8Array = NOTHING;
  #released = 0;
  #masked = false;

  /** @param known asked at each push: values may join at any time */
  constructor(known: () => Known, style: Style) {
    this.#known = known;
    this.#style = style;
  }

  /** Bytes that wait for more. */
  get held(): number {
    return this.#kept.length - this.#released;
  }

  /** Whether anything was masked in the record. */
  get masked(): boolean {
    return this.#masked;
  }

  push(bytes: Uint8Array): Views {
    return bytes.length === 0 ? NONE : this.#turn(bytes, false);
  }

  /** Lets go of what is held. Its end is still masked if it turns out to have been the beginning of a value. */
  release(): Views {
    return this.held === 0 ? NONE : this.#turn(NOTHING, true);
  }

  #turn(bytes: Uint8Array, all: boolean): Views {
    const known = this.#known();
    const text = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    const search = known.search(text, this.#style);
    const from = this.#released;
    const held = text.length - search.partial > MAX_HELD ? text.length : search.partial;
    const to = all ? text.length : Math.max(from, held, endAcross(search.record, held));
    const views = known.render(text, search, { from, to }, this.#style);
    this.#masked ||= views.masked;
    const context = this.#style === 'json' ? CONTEXT : 0;
    const keep = Math.max(0, Math.min(held, search.open) - context);
    this.#kept = keep === text.length ? NOTHING : Uint8Array.prototype.slice.call(text, keep);
    this.#released = to - keep;
    return views;
  }
}

/** Where a hit ends that goes on across `place`: its last bytes may be the beginning of another value as well. */
function endAcross(hits: readonly Hit[], place: number): number {
  const last = hits.at(-1);
  return last !== undefined && last.start < place ? last.end : 0;
}
