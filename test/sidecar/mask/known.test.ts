/** What is found, held against the slow way: take everything away that is not seen, and look at each place for each form. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { formsOf } from '../../../sidecar/mask/forms.ts';
import { Known, type KnownValue } from '../../../sidecar/mask/known.ts';
import { Marker } from '../../../sidecar/mask/marker.ts';
import { endOfSequence } from '../../../sidecar/mask/visible.ts';

const MARKER = new Marker(Buffer.alloc(32, 7));

interface Span {
  start: number;
  end: number;
}

interface Slowly {
  record: Span[];
  agent: Span[];
  partial: number;
  open: number;
}

/** Where each byte stands that is seen, and where a sequence begins that is not over. */
function seen(bytes: Buffer): { places: number[]; open: number } {
  const places: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== 0x1b) {
      if (bytes[at] !== 0x0a && bytes[at] !== 0x0d) places.push(at);
      at++;
      continue;
    }
    const end = endOfSequence(bytes, at);
    if (end === null) return { places, open: at };
    at = end;
  }
  return { places, open: bytes.length };
}

function slowly(values: readonly KnownValue[], bytes: Buffer): Slowly {
  const { places, open } = seen(bytes);
  const text = Buffer.from(places.map((place) => bytes[place]!));
  const patterns = values.flatMap(({ bytes: value, record, agent }) =>
    formsOf(value).map((form) => ({ record, agent, bytes: form.bytes })),
  );
  const spans = (view: 'record' | 'agent') => {
    const found = patterns.flatMap((pattern) => (pattern[view] ? everywhere(text, pattern.bytes) : []));
    return merged(found).map(({ start, end }) => ({ start: places[start]!, end: places[end - 1]! + 1 }));
  };
  const begun = [...text.keys()].find((at) =>
    patterns.some(({ bytes: form }) => {
      const rest = text.subarray(at);
      return form.length > rest.length && rest.equals(form.subarray(0, rest.length));
    }),
  );
  const partial = begun === undefined ? bytes.length : places[begun]!;
  return { record: spans('record'), agent: spans('agent'), partial, open };
}

function everywhere(text: Buffer, form: Buffer): Span[] {
  const found: Span[] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1))
    found.push({ start: at, end: at + form.length });
  return found;
}

/** What overlaps becomes one. */
function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last !== undefined && last.end > start) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}

const letters = fc.stringMatching(/^[ab]{4,9}$|^[a-e]{8,24}$|^[a-z]{20,90}$/);
const value = fc.record({
  bytes: fc
    .oneof({ weight: 4, arbitrary: letters }, fc.constant('pa$$ "w\u00f6rd"\n'))
    .map((text) => Buffer.from(text)),
  record: fc.boolean(),
  agent: fc.boolean(),
});
const between = fc.constantFrom(
  '',
  '',
  '',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\n'.repeat(70),
  '\u001b[31m',
  '\u001b[0m\n',
);
const noise = fc.constantFrom(
  'a',
  'abba',
  'b',
  ' ',
  '\t',
  '\u001b',
  '\u001b[',
  '\u001b[1',
  '\u001b(',
  'z'.repeat(40),
  '\n'.repeat(200),
);

/** Values and what is like them, whole and in part, with whatever may stand within. */
const scene = fc.array(value, { minLength: 1, maxLength: 4 }).chain((values) => {
  const forms = values.flatMap(({ bytes }) => formsOf(bytes).map((form) => form.bytes.toString('latin1')));
  const part = fc
    .tuple(fc.constantFrom(...forms), fc.nat(), fc.nat(), fc.array(between, { minLength: 5, maxLength: 9 }))
    .map(([form, from, size, gaps]) => {
      const rest = form.slice(from % 3 === 0 ? from % form.length : 0);
      const piece = size % 3 === 0 ? rest.slice(0, 1 + (size % rest.length)) : rest;
      return [...piece].map((char, i) => char + gaps[i % gaps.length]!).join('');
    });
  const text = fc.array(fc.oneof(part, part, noise), { maxLength: 12 });
  return fc.record({
    values: fc.constant(values),
    text: text.map((parts) => Buffer.from(parts.join(''), 'latin1')),
  });
});

t.test('whatever lies between and around, the same as the slow way', async (t) => {
  let [hits, cut] = [0, 0];
  fc.assert(
    fc.property(scene, fc.nat(), ({ values, text }, end) => {
      const known = new Known(values, MARKER);
      for (const bytes of [
        text,
        text.subarray(0, end % (text.length + 1)),
        text.subarray(end % (text.length + 1)),
      ]) {
        const { record, agent, partial, open } = known.search(bytes, 'stars');
        const expected = slowly(values, bytes);
        const spans = (found: typeof record) => found.map((hit) => ({ start: hit.start, end: hit.end }));
        assert.deepEqual({ record: spans(record), agent: spans(agent), partial, open }, expected);
        hits += expected.record.length;
        cut += expected.partial < bytes.length ? 1 : 0;
      }
    }),
    { seed: 17, numRuns: process.env.CHAPERONE_LONG ? 100_000 : 1000 },
  );
  t.ok(hits > 1000 && cut > 200, `${hits} hits, ${cut} at an end`);
});

t.test(
  'a flood of line breaks, and values that are all beginnings of themselves, take no more than their length',
  async (t) => {
    const value = Buffer.from('ab'.repeat(2000).concat('c'));
    const known = new Known([{ bytes: value, record: true, agent: true }], MARKER);
    const floods = [
      '\n'.repeat(1 << 20),
      'ab'.repeat(1 << 19),
      'a\n\n\n\n\n\nb\r\n'.repeat(1 << 17),
      'abab\n'.repeat(1 << 18),
    ];
    for (const flood of floods) t.same(known.search(Buffer.from(flood), 'stars').record, []);
    t.match(known.search(Buffer.concat([Buffer.from(floods[1]!), value]), 'stars').record, [
      { start: 1 << 20, end: (1 << 20) + value.length },
    ]);
  },
);
