import fc from 'fast-check';
import t from 'tap';
import { Deck, type Frames } from '../../../player/deck/deck.ts';
import type { Screen } from '../../../player/deck/reel.ts';
import { type Item, Tape } from '../../../player/deck/tape.ts';

const SIZE = { cols: 80, rows: 24 };

/** What a terminal was given since it was last reset. */
class Paper implements Screen {
  seen = '';
  resets = 0;
  on = false;
  shown = false;
  show(on: boolean): void {
    this.shown = on;
  }
  reset(): void {
    this.seen = '';
    this.resets++;
  }
  resize({ cols, rows }: { cols: number; rows: number }): void {
    this.seen += `<${cols}x${rows}>`;
  }
  output(text: string): void {
    this.seen += text;
  }
  running(on: boolean): void {
    this.on = on;
  }
}

/** Frames that come when the test says so. */
class HandFrames implements Frames {
  now = 0;
  #next = 1;
  #waiting = new Map<number, (milliseconds: number) => void>();
  request(callback: (milliseconds: number) => void): number {
    this.#waiting.set(this.#next, callback);
    return this.#next++;
  }
  cancel(id: number): void {
    this.#waiting.delete(id);
  }
  get waiting(): boolean {
    return this.#waiting.size > 0;
  }
  /** `seconds` pass in frames of 20 ms. */
  pass(seconds: number): void {
    for (let frame = 0; frame < Math.round(seconds * 50); frame++) this.#one(20);
  }
  /** Frames until none is wanted, without time passing. */
  settle(): void {
    for (let frame = 0; frame < 1000 && this.waiting; frame++) this.#one(0);
  }
  #one(milliseconds: number): void {
    this.now += milliseconds;
    const callbacks = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const callback of callbacks) callback(this.now);
  }
}

function shown(tape: Tape, until: number): string {
  let text = '';
  for (let index = 0; index < tape.countUntil(until); index++) {
    const item = tape.item(index)!;
    text += typeof item === 'string' ? item : `<${item.cols}x${item.rows}>`;
  }
  return text;
}

function tapeOf(
  events: [time: number, item: Item][],
  options: { live?: boolean; open?: boolean } = {},
): Tape {
  const tape = new Tape(SIZE, options);
  for (const [time, item] of events) tape.append(time, item);
  if (!options.open) tape.finish();
  return tape;
}

function deckOf(tape: Tape) {
  const paper = new Paper();
  const frames = new HandFrames();
  return { deck: new Deck(tape, paper, frames), paper, frames, tape };
}

const SONG: [number, Item][] = [
  [0.5, 'a'],
  [1, 'b'],
  [1, { cols: 100, rows: 30 }],
  [30, 'c'],
  [31, 'd'],
];

t.test('plays events at their times', async (t) => {
  const { deck, paper, frames } = deckOf(tapeOf(SONG));
  deck.play();
  frames.pass(0.3);
  t.equal(paper.seen, '');
  t.equal(paper.on, true);
  frames.pass(0.4);
  t.equal(paper.seen, 'a');
  frames.pass(0.5);
  t.equal(paper.seen, 'ab<100x30>');
  frames.pass(31);
  t.equal(paper.seen, 'ab<100x30>cd');
  t.equal(deck.mode, 'paused');
  t.equal(deck.atEnd, true);
  t.equal(deck.time, 31);
  t.equal(paper.on, false, 'nothing blinks at the end');
  t.equal(frames.waiting, false, 'no frames are asked for in vain');
});

t.test('plays again from the start', async (t) => {
  const { deck, paper, frames } = deckOf(tapeOf(SONG));
  deck.seek(31);
  frames.settle();
  deck.play();
  frames.pass(0.1);
  t.equal(paper.seen, '');
  frames.pass(0.6);
  t.equal(paper.seen, 'a');
});

t.test('speed and skipped pauses change how fast time goes, never what time it is', async (t) => {
  const { deck, paper, frames } = deckOf(tapeOf(SONG));
  deck.setSpeed(4);
  deck.play();
  frames.pass(0.3);
  t.equal(paper.seen, 'ab<100x30>');
  deck.setSpeed(1);
  deck.setLongestPause(1);
  frames.pass(1.1);
  t.equal(paper.seen, 'ab<100x30>c', 'the pause of 29 seconds took one');
  t.ok(deck.time >= 30 && deck.time < 30.5, 'and the time is that of the session');
});

t.test('a page without frames waits', async (t) => {
  const { deck, paper, frames } = deckOf(tapeOf(SONG));
  deck.play();
  frames.pass(0.1);
  frames.now += 60_000;
  frames.pass(0.02);
  t.equal(paper.seen, '', 'a minute in the background is not a minute of the session');
  t.ok(deck.time < 0.5);
});

t.test('jumps to a time before it is read, and arrives when it is', async (t) => {
  const { deck, paper, frames, tape } = deckOf(tapeOf([[0.5, 'a']], { open: true }));
  deck.seek(2);
  frames.settle();
  t.equal(deck.seeking, true);
  t.equal(deck.time, 2, 'shows where it is going');
  tape.append(2, 'b');
  deck.tapeChanged();
  frames.settle();
  t.equal(deck.seeking, true, 'more may come at this very time');
  tape.append(2, 'c');
  tape.append(2.1, 'd');
  deck.tapeChanged();
  frames.settle();
  t.equal(deck.seeking, false);
  t.equal(paper.seen, 'abc');
});

t.test('steps by output, both ways', async (t) => {
  const { deck, paper, frames } = deckOf(
    tapeOf([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]),
  );
  for (const expected of ['a', 'ab', 'abc', 'abc']) {
    deck.step(1);
    frames.settle();
    t.equal(paper.seen, expected);
  }
  for (const expected of ['ab', 'a', '']) {
    deck.step(-1);
    frames.settle();
    t.equal(paper.seen, expected);
  }
});

t.test('steps from where a jump is heading, not from where it began', async (t) => {
  const { deck, paper, frames } = deckOf(
    tapeOf([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]),
  );
  deck.seek(3);
  frames.settle();
  deck.seek(0);
  deck.step(1);
  frames.settle();
  t.equal(paper.seen, 'a');
  deck.seek(3);
  deck.step(-1);
  deck.step(-1);
  frames.settle();
  t.equal(paper.seen, 'a', 'two quick presses are two steps');
});

t.test('what came in one instant is one step, both ways', async (t) => {
  const { deck, paper, frames } = deckOf(
    tapeOf([
      [1, 'a'],
      [2, 'b'],
      [2, 'c'],
      [2, 'd'],
    ]),
  );
  for (const [direction, expected] of [
    [1, 'a'],
    [1, 'abcd'],
    [-1, 'a'],
    [-1, ''],
    [-1, ''],
  ] as const) {
    deck.step(direction);
    frames.settle();
    t.equal(paper.seen, expected);
  }
});

t.test('follows a live tape, leaves it, comes back', async (t) => {
  const { deck, paper, frames, tape } = deckOf(
    tapeOf(
      [
        [1, 'a'],
        [2, 'b'],
      ],
      { live: true, open: true },
    ),
  );
  deck.follow();
  frames.settle();
  t.equal(paper.seen, 'ab');
  t.equal(deck.time, 2);
  tape.append(5, 'c');
  deck.tapeChanged();
  frames.settle();
  t.equal(paper.seen, 'abc', 'at once, not three seconds later');
  deck.seek(1);
  frames.pass(0.02);
  t.equal(deck.mode, 'playing');
  t.equal(paper.seen, 'a');
  tape.append(6, 'd');
  deck.tapeChanged();
  frames.pass(0.02);
  t.equal(paper.seen, 'a', 'news do not disturb who looks back');
  frames.pass(6);
  t.equal(paper.seen, 'abcd');
  t.equal(deck.mode, 'following', 'having caught up, it follows again');
  deck.seek(3);
  frames.settle();
  deck.seek(tape.end);
  t.equal(deck.mode, 'following', 'a jump to the end is a jump to the present');
  tape.finish();
  deck.tapeChanged();
  frames.settle();
  t.equal(deck.mode, 'paused');
  t.equal(deck.atEnd, true);
});

t.test('a moment that a live tape is sure to reach is waited for', async (t) => {
  const { deck, paper, frames, tape } = deckOf(tapeOf([], { live: true, open: true }));
  deck.await(2);
  frames.settle();
  t.equal(deck.seeking, true, 'the stream has only begun');
  t.equal(deck.time, 2);
  tape.append(1, 'a');
  tape.append(2, 'b');
  deck.tapeChanged();
  frames.settle();
  t.equal(paper.seen, 'ab', 'what is there is shown');
  tape.append(3, 'c');
  deck.tapeChanged();
  frames.settle();
  t.equal(deck.seeking, false);
  t.equal(deck.mode, 'paused');
  t.equal(paper.seen, 'ab');
  deck.seek(9);
  frames.settle();
  t.equal(deck.time, 3, 'any other jump ends at the present');
});

t.test('who stops a follower that is still catching up stays with what is seen', async (t) => {
  const tape = new Tape(SIZE, { live: true });
  const text = 'x'.repeat(1024 * 1024);
  for (let index = 0; index < 40; index++) tape.append(index, text);
  const { deck, paper, frames } = deckOf(tape);
  deck.follow();
  frames.pass(0.02);
  deck.pause();
  frames.settle();
  t.ok(deck.time > 0 && deck.time < 39);
  t.equal(paper.seen.length, (deck.time + 1) * text.length);
});

t.test('a long way is walked in slices', async (t) => {
  const tape = new Tape(SIZE);
  const text = 'x'.repeat(1024 * 1024);
  for (let index = 0; index < 40; index++) tape.append(index, text);
  tape.finish();
  const { deck, paper, frames } = deckOf(tape);
  deck.seek(39);
  frames.pass(0.02);
  t.ok(paper.seen.length < 10 * text.length, 'the page can react in between');
  deck.seek(1);
  frames.settle();
  t.equal(paper.seen.length, 2 * text.length, 'and go elsewhere instead');
});

t.test('spare screens shorten a jump', async (t) => {
  const letters = Array.from({ length: 80 }, (_, index): [number, string] => [index, 'x'.repeat(1000)]);
  const { deck, paper, frames } = deckOf(tapeOf(letters));
  const spares = [new Paper(), new Paper(), new Paper()];
  for (const spare of spares) deck.addSpare(spare);
  while (deck.prepare()) frames.settle();
  t.same(
    spares.map(({ seen }) => seen.length),
    [20_000, 40_000, 60_000],
  );
  deck.seek(79);
  frames.settle();
  t.equal(spares[2]!.seen.length, 80_000, 'the nearest one goes on');
  t.equal(spares[2]!.shown, true);
  t.equal(paper.shown, false);
  deck.seek(45);
  frames.settle();
  t.equal(spares[1]!.seen.length, 46_000);
  t.equal(spares[1]!.resets, 1, 'without starting over');
  while (deck.prepare()) frames.settle();
  t.same(
    [paper, ...spares].map(({ seen }) => seen.length).sort(),
    [20_000, 40_000, 46_000, 60_000],
    'and the others take their places again',
  );
});

type Operation =
  | { kind: 'seek'; to: number }
  | { kind: 'pass'; seconds: number }
  | { kind: 'append'; after: number }
  | { kind: 'play' | 'pause' | 'follow' | 'forth' | 'back' | 'prepare' | 'await' };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('seek' as const), to: fc.double({ min: 0, max: 60, noNaN: true }) }),
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.double({ min: 0.02, max: 5, noNaN: true }) }),
  fc.record({ kind: fc.constant('append' as const), after: fc.double({ min: 0, max: 10, noNaN: true }) }),
  fc.record({
    kind: fc.constantFrom(
      'play' as const,
      'pause' as const,
      'follow' as const,
      'forth' as const,
      'await' as const,
      'back' as const,
      'prepare' as const,
    ),
  }),
);

t.test('whatever is done, the screen shows exactly what the tape has up to the time', async (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.boolean(), (operations, live) => {
      const { deck, paper, frames, tape } = deckOf(tapeOf([[0.5, 'a']], { live, open: true }));
      const papers = [paper, new Paper(), new Paper()];
      for (const spare of papers.slice(1)) deck.addSpare(spare);
      let letter = 0;
      for (const step of operations) {
        perform(step);
        if (!deck.seeking) check();
      }
      tape.finish();
      deck.tapeChanged();
      frames.settle();
      deck.pause();
      frames.settle();
      check();

      function check(): void {
        // Between frames a follower may owe what was appended since.
        if (deck.mode === 'following') frames.settle();
        const expected = shown(tape, deck.time);
        const seen = papers.filter((each) => each.shown);
        if (seen.length !== 1) throw new Error(`${seen.length} screens are seen`);
        if (seen[0]!.seen !== expected)
          throw new Error(`${seen[0]!.seen} is not ${expected} at ${deck.time}`);
      }

      function perform(step: Operation): void {
        if (step.kind === 'seek') deck.seek(step.to);
        else if (step.kind === 'pass') frames.pass(step.seconds);
        else if (step.kind === 'append') {
          tape.append(tape.end + step.after, String.fromCharCode(98 + (letter++ % 24)));
          deck.tapeChanged();
        } else if (step.kind === 'prepare') deck.prepare();
        else if (step.kind === 'await') deck.await(tape.end);
        else if (step.kind === 'play') deck.play();
        else if (step.kind === 'pause') deck.pause();
        else if (step.kind === 'follow') deck.follow();
        else deck.step(step.kind === 'forth' ? 1 : -1);
        frames.pass(0.02);
      }
    }),
    { seed: 20261122, numRuns: 400 },
  );
  t.pass();
});
