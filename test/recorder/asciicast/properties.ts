/** Headers, events and bytes that property tests draw from. */
import fc from 'fast-check';
import type { Event, Header, Theme } from '../../../recorder/asciicast/cast.ts';

const SEED = 20_260_501;

/** Asserts that the property (which throws where it does not hold) holds for `numRuns` seeded inputs. */
export function holds<T>(
  t: { pass(message: string): unknown },
  property: fc.IProperty<T>,
  numRuns: number,
): void {
  fc.assert(property, { seed: SEED, numRuns });
  t.pass(`holds for ${numRuns} inputs of seed ${SEED}`);
}

/** All that a JavaScript string can hold, lone surrogates included, and what lines may break at more often. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom(
      'a',
      '"',
      '\\',
      '\n',
      '\x1b',
      '\x7f',
      '\x85',
      '\x9b',
      '\u2028',
      '\u2029',
      '\ufeff',
      '\u{1f600}',
    ),
  ),
});
/** Whole characters, as they come out of a UTF-8 decoder. */
export const wellFormed = fc.string({ unit: 'binary' });

const colour = fc.integer({ min: 0, max: 0xffffff }).map((rgb) => `#${rgb.toString(16).padStart(6, '0')}`);

/** `bytes` in pieces of the sizes that the stream gives; empty ones too. */
export function cut(bytes: Uint8Array, sizes: fc.Stream<number>): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = from + sizes.next().value!;
    parts.push(bytes.subarray(from, to));
    from = to;
  }
  return parts;
}

const theme: fc.Arbitrary<Theme> = fc.record(
  {
    fg: colour,
    bg: colour,
    palette: fc
      .constantFrom(8, 16)
      .chain((size) => fc.array(colour, { minLength: size, maxLength: size }))
      .map((colours) => colours.join(':')),
  },
  { noNullPrototype: true },
);

const size = { cols: fc.integer({ min: 1, max: 65_535 }), rows: fc.integer({ min: 1, max: 65_535 }) };

/** What both versions can say. */
export const commonHeader: fc.Arbitrary<Header> = fc.record(
  {
    ...size,
    termType: anyText,
    theme,
    timestamp: fc.integer({ min: 0, max: 4_000_000_000 }),
    idleTimeLimit: fc.integer({ min: 0, max: 1_000_000 }).map((millis) => millis / 1000),
    command: anyText,
    title: anyText,
    env: fc.dictionary(
      anyText.filter((name) => name !== 'TERM'),
      anyText,
      { minKeys: 1, maxKeys: 4, noNullPrototype: true },
    ),
  },
  { requiredKeys: ['cols', 'rows'], noNullPrototype: true },
);

type Untimed = Event extends infer E ? (E extends { time: number } ? Omit<E, 'time'> : never) : never;

const untimed: fc.Arbitrary<Untimed> = fc.oneof(
  { weight: 5, arbitrary: anyText.map((data): Untimed => ({ code: 'o', data })) },
  anyText.map((data): Untimed => ({ code: 'i', data })),
  fc.record(size).map((to): Untimed => ({ code: 'r', ...to })),
  anyText.map((label): Untimed => ({ code: 'm', label })),
  fc.integer({ min: -1, max: 255 }).map((status): Untimed => ({ code: 'x', status })),
  fc
    .tuple(
      fc.string({ minLength: 1 }).filter((name) => !/^[oirmx]$/.test(name)),
      anyText,
    )
    .map(([name, data]): Untimed => ({ code: 'other', name, data })),
);

/** Events in order, with pauses from none to weeks. */
export const eventList: fc.Arbitrary<Event[]> = fc
  .array(fc.tuple(fc.oneof(fc.nat(3), fc.nat(2_000_000), fc.nat(2_000_000_000_000)), untimed), {
    maxLength: 30,
  })
  .map((steps) => {
    let time = 0;
    return steps.map(([pause, event]) => {
      time += pause;
      return { time, ...event } as Event;
    });
  });
