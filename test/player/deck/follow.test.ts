/** A live tape, followed, left and caught up with. */
import t from 'tap';
import { Tape } from '../../../player/deck/tape.ts';
import { deckOf, SIZE, tapeOf } from './paper.ts';

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
