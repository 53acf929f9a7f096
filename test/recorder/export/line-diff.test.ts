/** What changed between two objects, and what a request would do in one line. */
import t from 'tap';
import { effectText } from '../../../recorder/export/effect.ts';
import { lineDiff, objectDiff } from '../../../recorder/export/line-diff.ts';

const shown = (lines: ReturnType<typeof lineDiff>) => lines?.map(({ kind, text }) => `${kind} ${text}`);

t.test('what changed is shown with a little around it', async (t) => {
  const before = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`m${n}`, n]));
  t.same(shown(objectDiff(before, { ...before, m3: 'x', m15: 'y' })), [
    ...['same   "m1": 1,', 'same   "m2": 2,', 'removed   "m3": 3,', 'added   "m3": "x",'],
    ...['same   "m4": 4,', 'same   "m5": 5,', 'gap ', 'same   "m13": 13,', 'same   "m14": 14,'],
    ...['removed   "m15": 15,', 'added   "m15": "y",', 'same   "m16": 16,', 'same   "m17": 17,'],
  ]);
  t.same(objectDiff(before, before), []);
});

t.test('an object that comes or goes is shown whole', async (t) => {
  t.same(shown(objectDiff(null, { a: 1 })), ['added {', 'added   "a": 1', 'added }']);
  t.same(shown(objectDiff({ a: 1 }, null)), ['removed {', 'removed   "a": 1', 'removed }']);
});

t.test('what would take too long is not compared', async (t) => {
  t.equal(lineDiff('x'.repeat(300_000), 'y'.repeat(300_000)), null);
  const lines = (letter: string) => Array.from({ length: 5000 }, (_, n) => `${letter}${n}\n`).join('');
  t.equal(lineDiff(lines('a'), lines('b')), null);
});

t.test('every effect has words', async (t) => {
  t.equal(effectText({ kind: 'change', uid: '', places: 3 }), 'creates an object');
  t.equal(effectText({ kind: 'change', uid: 'u', places: 3 }), 'changes 3 places of object u');
  t.match(effectText({ kind: 'change', uid: 'u', places: 0 }), /^changes nothing/);
  t.match(effectText({ kind: 'change', uid: 'u', places: 1, withheld: 'why' }), /one place.*not shown: why$/);
  t.equal(effectText({ kind: 'deletion', uid: 'u' }), 'deletes object u');
  t.equal(effectText({ kind: 'collection', count: 1, more: false }), 'deletes 1 object');
  t.equal(effectText({ kind: 'collection', count: 500, more: true }), 'deletes more than 500 objects');
  t.match(effectText({ kind: 'collection', count: 0, more: false }), /^deletes nothing/);
  t.equal(effectText({ kind: 'pod', uid: 'u' }), 'reaches pod u');
  t.match(effectText({ kind: 'unknown', why: 'x' }), /not known: x/);
});
