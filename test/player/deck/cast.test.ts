import fc from 'fast-check';
import t from 'tap';
import { readCast } from '../../../player/deck/cast.ts';
import { activity, screenSize, Tape } from '../../../player/deck/tape.ts';
import { castEncoder } from '../../../recorder/asciicast/write.ts';

/** A response body that comes in the given pieces. */
function body(bytes: Uint8Array, pieces: number[]): ReadableStream<Uint8Array> {
  const cuts = [
    0,
    ...pieces.map((piece) => Math.min(piece, bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return new ReadableStream({
    start(controller) {
      for (let index = 1; index < cuts.length; index++)
        controller.enqueue(bytes.slice(cuts[index - 1], cuts[index]));
      controller.close();
    },
  });
}

const HEADER = '{"version": 3, "term": {"cols": 100, "rows": 30}}\n';

function read(text: string, pieces: number[] = []): Promise<Tape> {
  return readCast(body(Buffer.from(text), pieces), () => {});
}

t.test('reads what the recorder writes, wherever it is cut, and keeps its microseconds', async (t) => {
  const event = fc.record({
    gap: fc.integer({ min: 0, max: 5_000_000 }),
    data: fc.string({ unit: 'binary', minLength: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 40 }),
      fc.array(fc.nat(3000), { maxLength: 20 }),
      async (events, pieces) => {
        const encoder = castEncoder(3);
        let time = 0;
        const expected = events.map(({ gap, data }) => {
          time += gap;
          return { time, data: data.toWellFormed() };
        });
        const lines = expected.map((each) => encoder.event({ time: each.time, code: 'o', data: each.data }));
        const tape = await read(encoder.header({ cols: 100, rows: 30 }) + lines.join(''), pieces);
        t.equal(tape.length, expected.length);
        for (const [index, each] of expected.entries()) {
          if (tape.time(index) !== each.time / 1e6)
            throw new Error(`${tape.time(index)} is not ${each.time / 1e6}`);
          if (tape.item(index) !== each.data) throw new Error('another text');
        }
      },
    ),
    { seed: 7, numRuns: 100 },
  );
});

t.test('sizes, markers, comments, the exit, and a torn last line', async (t) => {
  const text = `${HEADER}# a comment\n[1.0, "o", "a"]\n[1.0, "r", "120x40"]\n[1.0, "m", "mark"]\n[2.0, "x", "0"]\n[1.0, "o", "to`;
  const tape = await read(text);
  t.same(tape.size, { cols: 100, rows: 30 });
  t.equal(tape.length, 2);
  t.same(tape.item(1), { cols: 120, rows: 40 });
  t.equal(tape.end, 5, 'time goes on where nothing is drawn');
  t.equal(tape.complete, true);
});

t.test('what is no recording is refused', async (t) => {
  const broken = [
    '',
    'hello\n',
    '{"version": 2, "width": 80, "height": 24}\n',
    '{}\n',
    'null\n',
    `${HEADER}{"a": 1}\n`,
    `${HEADER}[1.0, "o"\n`,
  ];
  for (const text of broken) await t.rejects(read(text), { name: 'CastError' }, JSON.stringify(text));
});

t.test('a size is one that a screen can have', async (t) => {
  t.same(screenSize(80, 24), { cols: 80, rows: 24 });
  t.same(screenSize(0, 0), { cols: 80, rows: 24 });
  t.same(screenSize(65_535, 1e9), { cols: 640, rows: 240 });
  t.same(screenSize(Number.NaN, undefined), { cols: 80, rows: 24 });
  const tape = await read('{"version": 3, "term": {"cols": 99999, "rows": -4}}\n[0.1, "r", "x"]\n');
  t.same(tape.size, { cols: 640, rows: 24 });
});

t.test('activity', async (t) => {
  const tape = new Tape({ cols: 80, rows: 24 });
  tape.append(1, 'x'.repeat(1000));
  tape.append(9.9, 'x');
  t.same(activity(tape, 0, 4), [0, 0, 0, 0]);
  const [first, second, third, fourth] = activity(tape, 10, 4);
  t.equal(first, 1);
  t.same([second, third], [0, 0]);
  t.ok(fourth! > 0 && fourth! < 0.2);
});

t.test('what came of a recording that breaks off can be looked at to its end', async (t) => {
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from(`${HEADER}[1.0, "o", "a"]\n[1.0, "o", "b`));
    },
    pull(controller) {
      controller.error(new TypeError('network error'));
    },
  });
  const seen: [number, boolean][] = [];
  await t.rejects(
    readCast(broken, (tape) => seen.push([tape.length, tape.complete])),
    { name: 'BrokenOff' },
  );
  t.same(seen.at(-1), [1, true]);
  for (const line of ['{}', '[1.0, "o"]', '["1", "o", "a"]', '[1.0, "r", 7]']) {
    await t.rejects(read(`${HEADER}[1.0, "o", "a"]\n${line}\n`), { name: 'CastError' }, line);
  }
});
