/** Where two objects differ, apart from what the server keeps for itself. */
import fc from 'fast-check';
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { differences, replaced, settled } from '../../../../sidecar/request/effect/differences.ts';

t.test('what the server keeps for itself does not count', async (t) => {
  const metadata = { name: 'a', labels: { b: 'c' } };
  const ours = { uid: 'u', resourceVersion: '1', generation: 2, managedFields: [], creationTimestamp: 't' };
  const object = { kind: 'X', metadata: { ...metadata, ...ours }, spec: { generation: 1 }, status: { s: 1 } };
  t.same(settled(object, ''), { kind: 'X', metadata, spec: { generation: 1 } });
  t.same(settled(object, 'status'), { kind: 'X', metadata, spec: { generation: 1 }, status: { s: 1 } });
  t.same(settled(null, ''), null);
  t.same(settled([1], ''), [1]);
});

t.test('each place, in one order', async (t) => {
  const before = { b: 1, a: { x: [1, 2], y: 'same' }, gone: null };
  const after = { a: { y: 'same', x: [1, 3] }, b: '1', new: [] };
  t.same(differences(before, after), [
    { at: ['a', 'x', '1'], before: 2, after: 3 },
    { at: ['b'], before: 1, after: '1' },
    { at: ['gone'], before: null },
    { at: ['new'], after: [] },
  ]);
  t.same(differences([1], [1, 2]), [{ at: [], before: [1], after: [1, 2] }]);
  t.same(differences(undefined, null), [{ at: [], after: null }]);
  const proto = JSON.parse('{"__proto__":{"x":1}}');
  t.same(differences({}, proto)[0]?.at, ['__proto__']);
});

t.test('properties', async (t) => {
  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(json, json, (before, after) => {
      const found = differences(before, after);
      t.equal(found.length === 0, JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)));
      for (const { at, after: value } of found)
        if (value !== undefined) t.strictSame(differences(after, replaced(after, [at], value)), []);
    }),
    { seed: 7, numRuns: 300 },
  );
});

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, one]) => [name, sorted(one)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
