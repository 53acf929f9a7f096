/** What every implementation of the store's port does: run with a function that opens one at a directory. */
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Entry, Range, Reader, Store } from '../../../recorder/store/store.ts';
import { temporaryDirectory } from '../../temporary.ts';

const key = (text: string) => Buffer.from(text);

async function keysOf(reader: Reader, range: Range): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of reader.entries(range)) found.push(Buffer.from(entry.key).toString());
  return found;
}

async function put(store: Store, ...pairs: [string, string | null][]): Promise<void> {
  await store.write(pairs.map(([k, v]) => ({ key: key(k), value: v === null ? null : Buffer.from(v) })));
}

export function contract(t: Test, open: (directory: string) => Promise<Store>): void {
  const fresh = () => join(temporaryDirectory(), 'store');

  t.test('what was written is read, one or many', async (t) => {
    const store = await open(fresh());
    await put(store, ['a', '1'], ['b', ''], ['c', '3']);
    t.same(Buffer.from((await store.get(key('a')))!).toString(), '1');
    t.equal((await store.get(key('b')))!.length, 0, 'an empty value is a value');
    t.equal(await store.get(key('x')), undefined);
    const many = await store.getMany(['c', 'x', 'a'].map(key));
    t.same(
      many.map((value) => value && Buffer.from(value).toString()),
      ['3', undefined, '1'],
    );
    await put(store, ['a', null], ['c', '4']);
    t.equal(await store.get(key('a')), undefined);
    t.same(Buffer.from((await store.get(key('c')))!).toString(), '4');
    await store.close();
  });

  t.test('ranges: by bytes, half open, both ways, limited', async (t) => {
    const store = await open(fresh());
    await put(store, ['b', ''], ['a\xff', ''], ['a', ''], ['c', ''], ['d', '']);
    t.same(await keysOf(store, { from: key('a'), to: key('c') }), ['a', 'a\xff', 'b']);
    t.same(await keysOf(store, { from: key('a'), to: key('d'), reverse: true }), ['c', 'b', 'a\xff', 'a']);
    t.same(await keysOf(store, { from: key('a'), to: key('d'), reverse: true, limit: 1 }), ['c']);
    t.same(await keysOf(store, { from: key('x'), to: key('z') }), []);
    await store.close();
  });

  t.test('a range and a snapshot show what was there when they began', async (t) => {
    const store = await open(fresh());
    await put(store, ['a', '1'], ['b', '1']);
    const snapshot = store.snapshot();
    const entries = store.entries({ from: key('a'), to: key('z') })[Symbol.asyncIterator]();
    const first = (await entries.next()).value as Entry;
    await put(store, ['a', '2'], ['b', null], ['c', '2']);
    t.same(Buffer.from(first.value).toString(), '1');
    t.same(Buffer.from(((await entries.next()).value as Entry).key).toString(), 'b');
    t.ok((await entries.next()).done);
    t.same(await keysOf(snapshot, { from: key('a'), to: key('z') }), ['a', 'b']);
    t.same(Buffer.from((await snapshot.get(key('a')))!).toString(), '1');
    await snapshot.close();
    t.same(await keysOf(store, { from: key('a'), to: key('z') }), ['a', 'c']);
    await store.close();
  });

  t.test('thousands of entries and large values pass through a range whole', async (t) => {
    const store = await open(fresh());
    for (let i = 0; i < 30; i++) {
      await store.write(
        Array.from({ length: 100 }, (_, j) => ({
          key: key(`k${String(i * 100 + j).padStart(5, '0')}`),
          value: Buffer.alloc(j === 0 ? 300_000 : 10, i),
        })),
      );
    }
    let seen = 0;
    for await (const { key: k, value } of store.entries({ from: key('k'), to: key('l') })) {
      const right = Buffer.from(k).toString() === `k${String(seen).padStart(5, '0')}`;
      if (!right || value[0] !== Math.floor(seen / 100)) t.fail(`entry ${seen}`);
      seen += 1;
    }
    t.equal(seen, 3000);
    await store.close();
  });

  t.test('it is there again when it is opened again', async (t) => {
    const directory = fresh();
    const store = await open(directory);
    await put(store, ['a', '1']);
    await store.sync();
    await put(store, ['b', '2']);
    await store.close();
    const again = await open(directory);
    t.same(await keysOf(again, { from: key('a'), to: key('z') }), ['a', 'b']);
    await again.recover();
    await put(again, ['c', '3']);
    t.same(
      await keysOf(again, { from: key('a'), to: key('z') }),
      ['a', 'b', 'c'],
      'recover keeps everything',
    );
    await again.close();
  });

  t.test('one opener at a time; closed is closed', async (t) => {
    const directory = fresh();
    const store = await open(directory);
    await t.rejects(open(directory), { code: 'STORE_LOCKED' });
    await store.close();
    await t.rejects(put(store, ['a', '1']), { code: 'STORE_CLOSED' });
    await t.rejects(async () => store.get(key('a')), { code: 'STORE_CLOSED' });
    await t.rejects(store.sync(), { code: 'STORE_CLOSED' });
    await t.rejects(store.recover(), { code: 'STORE_CLOSED' });
    await (await open(directory)).close();
  });
}
