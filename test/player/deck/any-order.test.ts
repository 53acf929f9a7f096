/** Whatever is done, in whatever order. */
import fc from 'fast-check';
import t from 'tap';
import { deckOf, Paper, shown, tapeOf } from './paper.ts';

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
