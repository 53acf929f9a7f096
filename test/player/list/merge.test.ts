import t from 'tap';
import { byDay, mergeSessions, refreshed } from '../../../player/list/merge.ts';
import type { SessionSummary } from '../../../recorder/log/ports.ts';

const session = (id: string, commands = 0) => ({ id, commands }) as SessionSummary;
const sessions = (ids: string) => [...ids].map((id) => session(id));
const ids = (listed: { sessions: SessionSummary[] }) => listed.sessions.map(({ id }) => id).join('');

t.test('fresh pages join what is shown', async (t) => {
  const merged = mergeSessions([session('c'), session('a')], [session('d'), session('c', 5), session('b')]);
  t.same(
    merged.map(({ id, commands }) => [id, commands]),
    [
      ['d', 0],
      ['c', 5],
      ['b', 0],
      ['a', 0],
    ],
  );
  const days = byDay(merged, ({ id }) => (id > 'b' ? 'Today' : 'Yesterday'));
  t.same(
    days.map(({ name, sessions }) => [name, sessions.length]),
    [
      ['Today', 2],
      ['Yesterday', 2],
    ],
  );
});

t.test('a fresh first page never leaves a hole', async (t) => {
  const shown = { sessions: sessions('dcba'), next: 'a' };
  const joined = refreshed(shown, { sessions: [session('f'), session('e'), session('d', 7)], next: 'd' }, [
    session('b', 9),
  ]);
  t.equal(ids(joined), 'fedcba');
  t.equal(joined.next, 'a', 'older ones go on where they did');
  t.same(
    joined.sessions.map(({ commands }) => commands),
    [0, 0, 7, 0, 9, 0],
  );
  const apart = refreshed(shown, { sessions: sessions('zyx'), next: 'x' }, []);
  t.equal(ids(apart), 'zyx', 'between x and d there may be more');
  t.equal(apart.next, 'x');
  t.same(
    refreshed({ sessions: [], next: undefined }, { sessions: sessions('zyx'), next: 'x' }, []),
    { sessions: sessions('zyx'), next: 'x' },
    'after an empty list too',
  );
  const all = refreshed(shown, { sessions: sessions('z') }, []);
  t.equal(ids(all), 'zdcba', 'all there is came in one page: nothing lies between');
});
