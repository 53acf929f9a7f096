/** Twenty approvers, two front doors: each request is decided once, by people who may, and the log has all of it. */
import t from 'tap';
import { newData } from '../log/sample.ts';
import { crowd, faultsOf } from './crowd.ts';

const REQUESTS = process.env.CHAPERONE_LONG ? 2000 : 100;
if (process.env.CHAPERONE_LONG) t.setTimeout(600_000);

t.test(`${REQUESTS} requests, twenty approvers, two front doors`, async (t) => {
  const found = await crowd(newData(), REQUESTS);
  t.same(faultsOf(found, REQUESTS), []);
  const states = new Set([...found.marks.values()].map(({ state }) => state));
  t.same(states, new Set(['approved', 'denied']));
  t.ok(found.tried.filter(({ status }) => status === 409).length > REQUESTS, 'many came too late');
});
