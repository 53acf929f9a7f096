/**
 * What stands in the place of a masked value in structured text: `[chaperone-masked:3f0c61b2a97]`. It is known again
 * wherever it turns up, is equal for equal values, and tells nothing else about them. Pure.
 *
 *     [chaperone-masked:  18 bytes, so that it is W2NoYXBlcm9uZS1tYXNrZWQ6 in base64 too
 *     3f0c61b2a97         HMAC-SHA256(key, view ‖ 0 ‖ value), its first 44 bits
 *     ]                   30 bytes in all: base64 without padding
 */
import { createHmac } from 'node:crypto';

/** Who reads it: the record, or the agent. Both see different masks, so that one says nothing about the other. */
export type View = 'record' | 'agent';

/** For whom a value is masked. */
export type MaskedFor = Record<View, boolean>;

export const MASK_BYTES = 30;

const PREFIX = '[chaperone-masked:';
const DIGITS = 11;
const WHOLE = new RegExp(`\\[chaperone-masked:[0-9a-f]{${DIGITS}}\\]`);

/** What the beginning of the prefix is, encoded at each of the three places that base64 gives it. */
const ENCODED = [0, 1, 2].map((shift) => {
  const text = Buffer.concat([Buffer.alloc(shift), Buffer.from(PREFIX)]).toString('base64');
  return text.slice([0, 2, 3][shift], -4);
});

export class Marker {
  readonly #key: Uint8Array;

  /** @param key random and never stored: whoever had it could try guesses against the masks of a recording */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  mask(value: Uint8Array, view: View): string {
    const digest = createHmac('sha256', this.#key).update(`${view}\0`).update(value).digest('hex');
    return `${PREFIX}${digest.slice(0, DIGITS)}]`;
  }
}

/** True where bytes that a client sent hold a mask, plain or in base64. */
export function carriesMask(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (ENCODED.some((text) => bytes.includes(text))) return true;
  return bytes.includes(PREFIX) && WHOLE.test(bytes.toString('latin1'));
}
