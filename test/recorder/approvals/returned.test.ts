/** What went on and did not come to be is tried again by the same approval: soon, by the same session, a few times. */
import t from 'tap';
import {
  AGAIN,
  type Approval,
  after,
  answerTo,
  isOver,
  outcome,
  requested,
} from '../../../recorder/approvals/approval.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { collect } from '../log/sample.ts';
import { approver, asking, deskOn, request, SECOND, SESSION, waiting } from './sample.ts';

const OTHER = '01J00000000000000000000009';
const { id } = request();
const used = { type: 'approval.used', id, session: SESSION } as const;
const returned = { type: 'approval.returned', id, session: SESSION, reason: 'it did not open' } as const;

function approved(): Approval {
  const voted = after(
    requested(request(), 0),
    { type: 'approval.voted', id, by: approver(), vote: 'approve' },
    1,
  );
  return after(voted, outcome(voted, 1)!, 1);
}

t.test('soon, and by the same session', (t) => {
  const back = after(after(approved(), used, 2), returned, 3);
  t.equal(answerTo(back, 4, SESSION), 'go on');
  t.equal(answerTo(back, 4, OTHER), 'ask anew', 'somebody else has no part in it');
  t.equal(answerTo(back, 3 + AGAIN.within, SESSION), 'ask anew', 'too late');
  t.equal(isOver(back, 3 + AGAIN.within), true);
  const late = after(after(approved(), used, 59 * SECOND), returned, 62 * SECOND);
  t.equal(answerTo(late, 63 * SECOND, SESSION), 'go on', 'though the time to begin with it is over');
  t.equal(answerTo(after(back, used, 5), 6, SESSION), 'ask anew', 'once');
  const revoked = after(back, { type: 'approval.revoked', id, by: approver() }, 5);
  t.equal(answerTo(revoked, 6, SESSION), 'ask anew');
  t.end();
});

t.test('a few times, and only what went on', (t) => {
  let now = approved();
  t.equal(after(now, returned, 2), now, 'nothing went on by it');
  for (let time = 0; time < AGAIN.times; time++) now = after(after(now, used, 2), returned, 3);
  t.equal(answerTo(now, 4, SESSION), 'go on');
  now = after(after(now, used, 5), returned, 6);
  t.equal(answerTo(now, 7, SESSION), 'ask anew');
  const waits = requested(request(), 0);
  t.equal(after(waits, returned, 1), waits);
  t.end();
});

t.test('on a desk: one decision for an attempt that failed to open and the next', async (t) => {
  const { desk, log } = await deskOn(t);
  const asked = desk.ask(asking());
  const one = await waiting(desk);
  await desk.vote(one, approver(), { vote: 'approve' });
  await asked;
  await desk.giveBack(one, OTHER, 'somebody else says so');
  const patience = new AbortController();
  const anew = desk.ask(asking(), patience);
  const two = await waiting(desk);
  t.not(two, one, 'it was not given back by who used it');
  patience.abort();
  await anew;
  await desk.vote(two, approver(), { vote: 'approve' });
  t.match(await desk.ask(asking()), { id: two, state: 'approved' });
  await desk.giveBack(two, SESSION, 'it did not open');
  t.match(await desk.ask(asking()), { id: two, state: 'approved' }, 'nobody is asked anew');
  const later = new AbortController();
  const third = desk.ask(asking(), later);
  t.not(await waiting(desk), two, 'once');
  later.abort();
  await third;
  const kinds = (await collect(log.events(SYSTEM))).flatMap(({ event: { body } }) =>
    'id' in body && body.id === two ? [body.type] : [],
  );
  t.same(kinds.slice(-3), ['approval.used', 'approval.returned', 'approval.used']);
});

t.test('what is asked meanwhile is not taken for it', async (t) => {
  const { desk } = await deskOn(t);
  const asked = desk.ask(asking());
  const one = await waiting(desk);
  await desk.vote(one, approver(), { vote: 'approve' });
  await asked;
  const patience = new AbortController();
  const second = desk.ask(asking(), patience);
  const two = await waiting(desk);
  await desk.giveBack(one, SESSION, 'it did not open');
  const third = desk.ask(asking(), patience);
  t.equal(await waiting(desk), two, 'it joins the newer one');
  patience.abort();
  await Promise.all([second, third]);
});
