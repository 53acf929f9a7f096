/** Hooks and executions: whatever comes in whatever order, each is used once and nothing is lost. */
import fc from 'fast-check';
import t from 'tap';
import { type Announced, type Executed, match, WINDOW } from '../../../recorder/attribution/matching.ts';

const T = 1_700_000_000_000_000;
const SECOND = 1_000_000;

function announced(seq: number, more: Partial<Announced> = {}): Announced {
  return {
    session: 'H',
    seq,
    at: T + seq * SECOND,
    line: 'make',
    cwd: '/w',
    conversation: 'c',
    allowed: true,
    ...more,
  };
}

function executed(seq: number, more: Partial<Executed> = {}): Executed {
  return {
    session: 'S',
    seq,
    at: T + seq * SECOND,
    lines: ['make'],
    cwd: '/w',
    conversation: 'c',
    allowed: true,
    ...more,
  };
}

/** `announced>executed` of each pair. */
function pairsOf(one: Announced[], other: Executed[]): string[] {
  return match(one, other).pairs.map((pair) => `${pair.announced.seq}>${pair.executed.seq}`);
}

t.test('the same words, soon after, in the same conversation and directory', (t) => {
  t.same(pairsOf([announced(1)], [executed(2)]), ['1>2']);
  t.same(pairsOf([announced(1)], [executed(2, { lines: ['make all'] })]), []);
  t.same(pairsOf([announced(1)], [executed(2, { lines: ["bash -c 'make'", ' make\n'] })]), ['1>2']);
  t.same(pairsOf([announced(1)], [executed(2, { conversation: 'other' })]), []);
  t.same(pairsOf([announced(1)], [executed(2, { conversation: null })]), ['1>2'], 'it claims nothing');
  t.same(pairsOf([announced(1)], [executed(2, { conversation: null, cwd: '/elsewhere' })]), []);
  t.same(pairsOf([announced(1, { cwd: '' })], [executed(2, { conversation: null, cwd: '/elsewhere' })]), [
    '1>2',
  ]);
  t.same(
    pairsOf([announced(1, { conversation: '' })], [executed(2)]),
    ['1>2'],
    'a hook that tells no conversation',
  );
  t.same(pairsOf([announced(5)], [executed(4)]), ['5>4'], 'clocks may differ by a little');
  t.same(pairsOf([announced(9)], [executed(4)]), [], 'and not by more');
  t.same(pairsOf([announced(0)], [executed(601)]), []);
  t.end();
});

t.test('each is used once, and what is left over is told on both sides', (t) => {
  const { pairs, unexecuted, unannounced } = match(
    [announced(1), announced(2), announced(3, { line: 'ls' })],
    [executed(3), executed(4), executed(5)],
  );
  t.equal(pairs.length, 2);
  t.same(
    unexecuted.map(({ line }) => line),
    ['ls'],
  );
  t.same(
    unannounced.map(({ seq }) => seq),
    [5],
  );
  t.end();
});

t.test('what claims the conversation comes before what only fits', (t) => {
  const stranger = executed(2, { session: 'A', conversation: null });
  t.same(pairsOf([announced(1)], [stranger, executed(3)]), ['1>3']);
  t.same(
    pairsOf([announced(1, { allowed: false }), announced(2)], [executed(3)]),
    ['2>3'],
    'allowed ones first',
  );
  t.same(pairsOf([announced(1, { allowed: false })], [executed(3)]), ['1>3'], 'it ran though it was refused');
  t.end();
});

const line = fc.constantFrom('make', 'ls', 'git push');
const at = fc.integer({ min: 0, max: 1500 }).map((seconds) => T + seconds * SECOND);
const conversation = fc.constantFrom('c', 'd');
const cwd = fc.constantFrom('/w', '/x', '');
const announcements = fc.uniqueArray(
  fc.record({
    seq: fc.nat(200),
    at,
    line,
    cwd,
    conversation,
    allowed: fc.boolean(),
    session: fc.constant('H'),
  }),
  { selector: ({ seq }) => seq, maxLength: 20 },
);
const executions = fc.uniqueArray(
  fc.record({
    ...{ seq: fc.nat(200), at, cwd, allowed: fc.boolean(), session: fc.constant('S') },
    lines: fc.array(line, { minLength: 1, maxLength: 2 }),
    conversation: fc.option(conversation),
  }),
  { selector: ({ seq }) => seq, maxLength: 20 },
);

t.test('properties', (t) => {
  fc.assert(
    fc.property(announcements, executions, fc.integer(), (asked, ran, seed) => {
      const found = match(asked, ran);
      // Nothing is lost, and nothing is used twice.
      same(found.pairs.length + found.unexecuted.length, asked.length);
      same(found.pairs.length + found.unannounced.length, ran.length);
      for (const { announced: a, executed: e } of found.pairs) {
        sure(e.lines.includes(a.line));
        sure(e.at - a.at <= WINDOW.after && a.at - e.at <= WINDOW.skew);
        sure(e.conversation === null || e.conversation === a.conversation);
      }
      // A pair that could still be made would have been.
      for (const a of found.unexecuted)
        for (const e of found.unannounced)
          sure(
            !e.lines.includes(a.line) ||
              e.at - a.at > WINDOW.after ||
              a.at - e.at > WINDOW.skew ||
              (e.conversation !== null && e.conversation !== a.conversation) ||
              (e.conversation === null && a.cwd !== '' && e.cwd !== '' && a.cwd !== e.cwd),
          );
      // Neither order nor repetition decides anything.
      const again = match([...shuffled(asked, seed), ...asked], [...shuffled(ran, seed), ...ran]);
      same(JSON.stringify(again.pairs), JSON.stringify(found.pairs));
      // Clocks that are both wrong by the same change nothing.
      const later = <T extends { at: number }>(items: T[]) =>
        items.map((item) => ({ ...item, at: item.at + 7 }));
      const moved = match(later(asked), later(ran)).pairs.map(({ announced: a, executed: e }) => [
        a.seq,
        e.seq,
      ]);
      same(
        JSON.stringify(moved),
        JSON.stringify(found.pairs.map(({ announced: a, executed: e }) => [a.seq, e.seq])),
      );
    }),
    { numRuns: 300, seed: 7 },
  );
  t.pass('they hold');
  t.end();
});

function sure(holds: boolean): void {
  if (!holds) throw new Error('it does not hold');
}

function same(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${found} is not ${wanted}`);
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  return items
    .map((item, at) => ({ item, key: Math.imul(at + 1, seed | 1) >>> 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
