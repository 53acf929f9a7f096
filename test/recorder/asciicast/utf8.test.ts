import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Utf8Decoder } from '../../../recorder/asciicast/utf8.ts';
import { cut, holds, wellFormed } from './properties.ts';

function decode(parts: Uint8Array[]): string {
  const decoder = new Utf8Decoder();
  return parts.map((part) => decoder.write(part)).join('') + decoder.end();
}

/** Bytes that are mostly UTF-8, with some that are not. */
const dirty = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: wellFormed.map((text) => Buffer.from(text)) },
      fc.uint8Array({ maxLength: 4 }),
    ),
  )
  .map((parts) => Buffer.concat(parts));

t.test('every way to cut in two gives the same text', async (t) => {
  const bytes = Buffer.from('\ufeffa─é\u{1f600}\ufeff\u0000z');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    t.equal(decode([bytes.subarray(0, cut), bytes.subarray(cut)]), '\ufeffa─é\u{1f600}\ufeff\u0000z');
  }
});

t.test('byte by byte, and in any pieces, as in one', async (t) => {
  const property = fc.property(dirty, fc.infiniteStream(fc.nat(5)), (bytes, sizes) => {
    // Buffer's own decoder is another implementation than the one used here
    const whole = bytes.toString('utf8');
    assert.equal(decode([...bytes].map((byte) => Uint8Array.of(byte))), whole);
    assert.equal(decode(cut(bytes, sizes)), whole);
  });
  holds(t, property, 500);
});

// the table of Unicode 15, §3.9, "U+FFFD Substitution of Maximal Subparts", and its neighbours
const INVALID: [number[], string][] = [
  [[0xc0, 0xaf, 0xe0, 0x80, 0xbf, 0xf0, 0x81, 0x82, 0x41], `${'\ufffd'.repeat(8)}A`],
  [[0xed, 0xa0, 0x80, 0xed, 0xbf, 0xbf, 0xed, 0xaf, 0x41], `${'\ufffd'.repeat(8)}A`],
  [[0xf4, 0x91, 0x92, 0x93, 0xff, 0x41, 0x80, 0xbf, 0x42], `${'\ufffd'.repeat(5)}A${'\ufffd'.repeat(2)}B`],
  [[0xe1, 0x80, 0xe2, 0xf0, 0x91, 0x92, 0xf1, 0xbf, 0x41], `${'\ufffd'.repeat(4)}A`],
  [[0x9b], '\ufffd'],
];

t.test('what is no UTF-8 becomes U+FFFD, one for each maximal subpart', async (t) => {
  for (const [bytes, text] of INVALID) {
    t.equal(decode([Uint8Array.from(bytes)]), text);
    t.equal(decode(bytes.map((byte) => Uint8Array.of(byte))), text);
  }
});

t.test('a character without its end is flushed once, and the decoder is as new', async (t) => {
  const decoder = new Utf8Decoder();
  t.equal(decoder.write(Uint8Array.of(0x61, 0xf0, 0x9f)), 'a');
  t.equal(decoder.end(), '\ufffd');
  t.equal(decoder.end(), '');
  t.equal(decoder.write(Buffer.from('é')), 'é');
});

t.test('each direction has its own decoder', async (t) => {
  const [output, input] = [new Utf8Decoder(), new Utf8Decoder()];
  const bytes = Buffer.from('─');
  t.equal(output.write(bytes.subarray(0, 2)), '');
  t.equal(input.write(Buffer.from('x')), 'x');
  t.equal(output.write(bytes.subarray(2)), '─');
});
