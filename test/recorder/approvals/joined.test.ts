/** Identical requests that wait together: one question, and each yes lets one of them go on, unless it is said for a while. */
import t, { type Test } from 'tap';
import type { Wait } from '../../../recorder/approvals/asking.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { approver, asking, deskOn, SECOND, waiting } from './sample.ts';

async function two(t: Test, terms: Parameters<typeof asking>[1] = {}) {
  const { desk, log } = await deskOn(t);
  const told: string[][] = [[], []];
  const patience = [new AbortController(), new AbortController()] as const;
  const ask = (n: 0 | 1) => {
    const wait: Wait = { signal: patience[n].signal, waiting: (id) => told[n]!.push(id) };
    return desk.ask(asking({}, terms), wait);
  };
  const first = ask(0);
  const id = await waiting(desk);
  const second = ask(1);
  while (told[1]!.length === 0) await new Promise(setImmediate);
  const asked = () => desk.list().map(({ request }) => request.id);
  return { desk, log, told, patience, first, second, id, asked };
}

t.test('each goes on by a yes of its own: two for two, and no third question', async (t) => {
  const { desk, told, first, second, id, asked } = await two(t);
  t.same(asked(), [id], 'one question while both wait');
  await desk.vote(id, approver(), { vote: 'approve' });
  t.match(await first, { id, state: 'approved' }, 'who asked first goes first');
  const next = await waiting(desk);
  t.not(next, id);
  await desk.vote(next, approver(), { vote: 'approve' });
  t.match(await second, { id: next, state: 'approved' });
  t.same(told, [[id], [id, next]], 'and is told by what it waits');
  t.same(asked().sort(), [id, next].sort());
  t.ok(desk.list().every(({ used }) => used));
});

t.test('where it is approved for a while, it is for both', async (t) => {
  const { desk, first, second, id, asked } = await two(t);
  await desk.vote(id, approver(), { vote: 'approve', grant: 60 * SECOND });
  t.match(await Promise.all([first, second]), [
    { id, state: 'approved' },
    { id, state: 'approved' },
  ]);
  t.same(asked(), [id]);
});

t.test('a no, silence and a cancellation are for both, and nobody is asked again for it', async (t) => {
  const ends: [string, (desk: Awaited<ReturnType<typeof two>>['desk'], id: string) => Promise<unknown>][] = [
    ['denied', (desk, id) => desk.vote(id, approver(), { vote: 'deny' })],
    ['cancelled', (desk, id) => desk.cancel(id, 'agent')],
    ['expired', async () => undefined],
  ];
  for (const [state, end] of ends) {
    const { desk, first, second, id, asked } = await two(
      t,
      state === 'expired' ? { timeout: SECOND / 4 } : {},
    );
    await end(desk, id);
    t.match(await Promise.all([first, second]), [
      { id, state },
      { id, state },
    ]);
    t.same(asked(), [id], state);
  }
});

t.test('who gave up uses nothing up: the other one goes on, and nobody is asked again', async (t) => {
  for (const gone of [0, 1] as const) {
    const { desk, patience, first, second, id, asked } = await two(t);
    patience[gone].abort();
    await desk.vote(id, approver(), { vote: 'approve' });
    const [left, stayed] = gone === 0 ? [first, second] : [second, first];
    t.match(await left, { state: 'abandoned' });
    t.match(await stayed, { id, state: 'approved' });
    t.same(asked(), [id]);
  }
});

t.test('who gives up in the very moment of the yes uses nothing up either', async (t) => {
  const { desk, patience, first, second, id, asked } = await two(t);
  const voted = desk.vote(id, approver(), { vote: 'approve' });
  patience[0].abort();
  await voted;
  t.match(await first, { state: 'abandoned' });
  t.match(await second, { id, state: 'approved' });
  t.same(asked(), [id]);
});

t.test('nor who is gone before it could go on: it is given back at once', async (t) => {
  const { desk, log, patience, first, second, id, asked } = await two(t);
  // As it has just been stored that the first one uses it.
  const unwatch = desk.watch((_, events) => {
    if (events.some(({ type }) => type === 'approval.used')) patience[0].abort();
  });
  t.teardown(async () => unwatch());
  await desk.vote(id, approver(), { vote: 'approve' });
  t.match(await first, { state: 'abandoned' });
  t.match(await second, { id, state: 'approved' });
  t.same(asked(), [id]);
  const types: string[] = [];
  for await (const { event } of log.events(SYSTEM)) types.push(event.body.type);
  t.same(
    types,
    ['requested', 'voted', 'settled', 'used', 'returned', 'used'].map((one) => `approval.${one}`),
  );
});
