/** Steps from output to output. */
import t from 'tap';
import { deckOf, tapeOf } from './paper.ts';

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
