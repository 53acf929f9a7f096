/** What the lines of the recorder come to, in any order. */
import t from 'tap';
import { outcomeOf, overOf, passesUntil, told, waitingOf } from '../../../player/approvals/asks.ts';
import type { ApprovalView } from '../../../recorder/server/api.ts';
import { request, SECOND } from '../../recorder/approvals/sample.ts';

function view(place: number, more: Partial<ApprovalView> = {}): ApprovalView {
  const { session, requester, asked, rule, reason, terms } = request();
  return {
    ...{ id: `A${place}`, session, requester, asked, rule, reason, terms, requestedAt: place },
    ...{ votes: [], state: 'pending', used: false, revoked: false },
    may: { vote: true, cancel: true, revoke: false },
    ...more,
  };
}
const ids = (views: ApprovalView[]) => views.map(({ id }) => id);

t.test('the oldest that waits comes first, the latest that is over', async (t) => {
  const first = told(new Map(), [
    { all: [view(3), view(1)] },
    { more: [view(2), view(4, { state: 'denied', settledAt: 10 })] },
  ]);
  t.same(ids(waitingOf(first)), ['A1', 'A2', 'A3']);
  const next = told(first, [{ changed: view(2, { state: 'approved', settledAt: 20 }) }]);
  t.same(ids(waitingOf(next)), ['A1', 'A3']);
  t.same(ids(overOf(next)), ['A2', 'A4']);
  t.same(ids(waitingOf(told(next, [{ all: [] }]))), [], 'a new connection begins anew');
});

t.test('what is over is not taken back by news that comes late', async (t) => {
  const over = told(new Map(), [{ changed: view(1, { state: 'denied', settledAt: 5 }) }]);
  t.equal(told(over, [{ changed: view(1) }]).get('A1')?.state, 'denied');
  const revoked = told(over, [{ changed: view(1, { state: 'denied', settledAt: 5, revoked: true }) }]);
  t.equal(revoked.get('A1')?.revoked, true);
});

t.test('no more is kept than a recorder shows', async (t) => {
  const all = Array.from({ length: 500 }, (_, at) => view(at, { state: 'denied', settledAt: at }));
  const asks = told(told(new Map(), [{ all }]), [
    { changed: view(900, { state: 'expired', settledAt: 900 }) },
  ]);
  t.equal(asks.size, 500);
  t.equal(asks.has('A0'), false, 'the oldest leaves');
  t.equal(asks.has('A900'), true);
});

t.test('what still passes', async (t) => {
  const approved = { state: 'approved', settledAt: 0 } as const;
  t.equal(passesUntil(view(1), 1), null);
  t.equal(passesUntil(view(1, approved), 1), 60 * SECOND, 'not used yet');
  t.equal(passesUntil(view(1, approved), 60 * SECOND), null);
  t.equal(passesUntil(view(1, { ...approved, used: true }), 1), null);
  t.equal(passesUntil(view(1, { ...approved, used: true, grantedUntil: 9 }), 1), 9);
  t.equal(passesUntil(view(1, { ...approved, used: true, grantedUntil: 9 }), 9), null);
  t.equal(passesUntil(view(1, { ...approved, revoked: true, grantedUntil: 9 }), 1), null);
  t.equal(passesUntil(view(1, { ...approved, state: 'denied', grantedUntil: 9 }), 1), null);
});

t.test('what became of it, in words', async (t) => {
  const vote = (user: string, comment?: string) => ({
    ...{ user, login: 'l', vote: 'approve' as const },
    ...(comment !== undefined && { comment }),
  });
  t.equal(outcomeOf(view(1, { state: 'expired' })), 'expired');
  t.equal(outcomeOf(view(1, { state: 'cancelled', by: 'admin' })), 'cancelled by admin');
  const votes = [vote('one', 'fine'), vote('two')];
  t.equal(outcomeOf(view(1, { state: 'approved', votes })), 'approved by one, two (fine)');
  t.equal(
    outcomeOf(view(1, { state: 'approved', votes, revoked: true })),
    'approved by one, two (fine), revoked',
  );
});
