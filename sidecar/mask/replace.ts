/** What stands where a known value stood. Pure. */
import type { Form } from './forms.ts';
import { MASK_BYTES, type Marker, type View } from './marker.ts';
import { endOfSequence } from './visible.ts';

/**
 * `stars`: as many as there were characters, so that columns stay right; colours and line ends stay where they are.
 * `json`: a mask that is known again, of the alphabet that the value stood in; what would break the JSON stays.
 */
export type Style = 'stars' | 'json';

/** A value that stands in some bytes, in one of its forms. */
export interface Hit {
  start: number;
  end: number;
  form: Form & { value: Buffer };
}

const ESC = 0x1b;
const STAR = 0x2a;

export function replacement(
  bytes: Uint8Array,
  hit: Hit,
  style: Style,
  marker: Marker,
  view: View,
): Uint8Array {
  return style === 'stars' ? stars(bytes, hit) : inJson(bytes, hit, marker.mask(hit.form.value, view));
}

function stars(bytes: Uint8Array, { start, end }: Hit): Uint8Array {
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; ) {
    const byte = bytes[at]!;
    const next = byte === ESC ? Math.min(endOfSequence(bytes, at) ?? end, end) : at + 1;
    const kept = byte === ESC || byte === 0x0a || byte === 0x0d;
    if (kept) for (let from = at; from < next; from++) out[length++] = bytes[from]!;
    // The later bytes of a character of UTF-8 take no column.
    else if (at === start || (byte & 0xc0) !== 0x80) out[length++] = STAR;
    at = next;
  }
  return out.subarray(0, length);
}

const NUMBER = /^[0-9eE+.-]+$/;
/** What stands outside of strings. */
const STRUCTURE = /^(?:[\s[\]{},:]|true|false|null)+$/;
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/y;

function inJson(bytes: Uint8Array, { start, end, form }: Hit, mask: string): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  // Within a number or not: both stay what they are.
  if (NUMBER.test(text)) return Buffer.alloc(text.length, '9');
  if (STRUCTURE.test(text) || !isWholeText(text) || cutsEscape(bytes, start))
    return bytes.subarray(start, end);
  if (form.alphabet === 'text') return Buffer.from(mask);
  // Decoders look at the length: it keeps its place among four.
  const filler = 'A'.repeat((((text.length - (MASK_BYTES / 3) * 4) % 4) + 4) % 4);
  return Buffer.from(Buffer.from(mask).toString('base64') + filler);
}

/** True for part of a string: no quote that ends it, no escape cut off. */
function isWholeText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') return false;
    if (text[at] !== '\\') continue;
    ESCAPE.lastIndex = at;
    const [whole] = ESCAPE.exec(text) ?? [];
    if (whole === undefined) return false;
    at += whole.length - 1;
  }
  return true;
}

/** Bytes in front of a value that are looked at. */
export const CONTEXT = 64;

/** True where what stands before is the beginning of an escape: `\`, `\u`, `\u00`. */
function cutsEscape(bytes: Uint8Array, start: number): boolean {
  const before = Buffer.from(bytes.subarray(Math.max(0, start - CONTEXT), start)).toString('latin1');
  const [, slashes = ''] = /(\\+)(?:u[0-9a-fA-F]{0,3})?$/.exec(before) ?? [];
  return slashes.length % 2 === 1;
}
