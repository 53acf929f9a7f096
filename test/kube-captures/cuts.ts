/** Ways to cut bytes as a network may: what is decoded must not depend on them. */
import fc from 'fast-check';

export type Cut = (bytes: Buffer) => Iterable<Buffer>;

export const whole: Cut = (bytes) => [bytes];

/** One byte at a time. Each piece is a copy: whoever keeps a view of a buffer that is used again is found out. */
export function* bytewise(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1) yield Buffer.from(bytes.subarray(at, at + 1));
}

/** In two at `position`. */
export function cutAt(position: number): Cut {
  return (bytes) => [bytes.subarray(0, position), bytes.subarray(position)];
}

/** Pieces of these sizes, over and over. */
export function inSizes(sizes: readonly number[]): Cut {
  return function* (bytes) {
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length]!;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  };
}

/** Small and large pieces mixed. */
export const anySizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 70_000 })),
  { minLength: 1, maxLength: 12 },
);
