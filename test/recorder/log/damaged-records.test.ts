/** Values altered, records removed, swapped or added through LevelDB itself: `verify` names what they belong to. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Level } from 'level';
import t from 'tap';
import { altered, build, inside, LONG, original, random, scratch, swap } from './altered.ts';
import { sessionId } from './sample.ts';

if (LONG) t.setTimeout(60 * 60_000);
t.before(() => build(original));

t.test('any stored value altered is noticed, and what it belongs to is named', async (t) => {
  const keys: Buffer[] = [];
  const copy = join(scratch, 'keys');
  cpSync(original, copy, { recursive: true });
  await inside(copy, async (db) => {
    for await (const key of db.keys()) keys.push(Buffer.from(key));
  });
  const numbers = random(7);
  const kinds = Map.groupBy(keys, (key) => String.fromCharCode(key[0]!));
  t.same([...kinds.keys()].sort(), ['b', 'c', 'i', 'j', 'l', 'm', 'p', 'q', 'r', 's', 't', 'x']);
  for (const [kind, all] of kinds) {
    const chosen = LONG
      ? all
      : Array.from({ length: 6 }, () => all[Math.floor(numbers.next().value! * all.length)]!);
    for (const key of chosen) {
      const report = await altered((data) =>
        inside(data, async (db) => {
          const value = Buffer.from((await db.get(key))!);
          value[Math.floor(numbers.next().value! * value.length)]! ^=
            1 << Math.floor(numbers.next().value! * 8);
          await db.put(key, value);
        }),
      );
      t.equal(report.ok, false, `${kind} ${key.toString('hex')}`);
      if (kind === 'l' || kind === 'c') t.match(report.problems[0], { session: String, seq: Number });
    }
  }
});

t.test('records removed, swapped, added or copied are noticed', async (t) => {
  const key = (kind: string, n: number) =>
    Buffer.concat([Buffer.from(kind), Buffer.from([0, 0, 0, 0, n >> 8, n & 255])]);
  const cases: [string, (db: Level<Uint8Array, Uint8Array>) => Promise<void>, string][] = [
    ['an event', (db) => db.del(key('l', 40)), 'EVENT_MISSING'],
    ['the last event', (db) => db.del(key('l', 259)), 'LOG_TRUNCATED'],
    ['content', (db) => db.del(key('c', 40)), 'CONTENT_MISSING'],
    ['events swapped', (db) => swap(db, key('l', 40), key('l', 46)), 'EVENT_DISORDERED'],
    ['events of two sessions swapped', (db) => swap(db, key('l', 2), key('l', 4)), 'CONTENT_DAMAGED'],
    ['content swapped', (db) => swap(db, key('c', 40), key('c', 44)), 'CONTENT_DAMAGED'],
    [
      'an event added',
      async (db) => db.put(key('l', 260), (await db.get(key('l', 259)))!),
      'EVENT_DISORDERED',
    ],
    [
      'content added',
      async (db) => db.put(key('c', 41), (await db.get(key('c', 40)))!),
      'CONTENT_UNEXPECTED',
    ],
    ['content behind the end', async (db) => db.put(key('c', 9999), Buffer.from('x')), 'RECORD_UNKNOWN'],
    ['a strange key', (db) => db.put(Buffer.from('zebra'), Buffer.from('x')), 'RECORD_UNKNOWN'],
    [
      'a session added to the list',
      (db) => db.put(Buffer.from(`s${sessionId(8)}`), Buffer.from('{}')),
      'INDEX_DAMAGED',
    ],
    ['a session taken from the list', (db) => db.del(Buffer.from(`s${sessionId(1)}`)), 'INDEX_DAMAGED'],
    ['a hash of the tree', (db) => db.del(Buffer.from('t\x08\0\0\0\0\0\0', 'latin1')), 'TREE_DAMAGED'],
  ];
  for (const [what, change, code] of cases) {
    const report = await altered((data) => inside(data, change));
    t.equal(report.ok, false, what);
    t.match(report.problems[0], { code }, what);
  }
});

t.test('damaged content: the range of the output is named, to the end of what is lost with it', async (t) => {
  const { problems } = await altered((data) =>
    inside(data, async (db) => {
      const k = Buffer.from([0x63, 0, 0, 0, 0, 0, 40]);
      const value = Buffer.from((await db.get(k))!);
      value[20]! ^= 4;
      await db.put(k, value);
    }),
  );
  t.equal(problems.length, 1);
  t.match(problems[0], { code: 'CONTENT_DAMAGED', session: String, seq: Number });
  t.ok(problems[0]!.range!.to > problems[0]!.range!.from);
});
