/** Playing, jumping, and the screens that shorten a jump. */
import t from 'tap';
import { type Item, Tape } from '../../../player/deck/tape.ts';
import { deckOf, Paper, SIZE, tapeOf } from './paper.ts';

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
