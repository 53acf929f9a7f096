/** The state machine: nobody approves their own, silence means no, one no is enough, and time only takes away. */
import fc from 'fast-check';
import t from 'tap';
import {
  type Approval,
  type ApprovalEvent,
  after,
  answerTo,
  isGranted,
  isOver,
  outcome,
  requested,
} from '../../../recorder/approvals/approval.ts';
import { checkVoter } from '../../../recorder/approvals/voters.ts';
import { approver, request, SECOND } from './sample.ts';

const { id } = request();

function voted(user: string, vote: 'approve' | 'deny', grant?: number): ApprovalEvent {
  return { type: 'approval.voted', id, by: approver(user), vote, ...(grant !== undefined && { grant }) };
}

/** What the desk does: events, and what follows from them. */
function play(
  start: Approval,
  steps: readonly (readonly [at: number, event: ApprovalEvent | null])[],
): Approval {
  let approval = start;
  for (const [at, event] of steps) {
    if (event !== null) approval = after(approval, event, at);
    const settled = outcome(approval, at);
    if (settled !== null) approval = after(approval, settled, at);
  }
  return approval;
}

t.test('one approval is enough where one is wanted, and holds for a while', (t) => {
  const approval = play(requested(request(), 0), [[SECOND, voted('a', 'approve')]]);
  t.equal(approval.settled?.state, 'approved');
  t.equal(answerTo(approval, 2 * SECOND), 'go on');
  t.equal(answerTo(approval, 61 * SECOND), 'ask anew', 'not for ever');
  t.equal(
    answerTo(after(approval, { type: 'approval.used', id, session: request().session }, 2), 3),
    'ask anew',
  );
  t.end();
});

t.test('a quorum needs as many people', (t) => {
  const one = play(requested(request({ quorum: 2 }), 0), [[1, voted('a', 'approve')]]);
  t.equal(one.settled, null);
  t.throws(() => checkVoter(one, approver('a'), 2), { code: 'SETTLED' }, 'the same person counts once');
  t.equal(play(one, [[2, voted('b', 'approve')]]).settled?.state, 'approved');
  t.equal(play(one, [[2, voted('b', 'deny')]]).settled?.state, 'denied');
  t.end();
});

t.test('silence means no', (t) => {
  const approval = play(requested(request(), 0), [[60 * SECOND, null]]);
  t.equal(approval.settled?.state, 'expired');
  t.throws(() => checkVoter(requested(request(), 0), approver(), 60 * SECOND), { code: 'SETTLED' });
  t.equal(answerTo(approval, 60 * SECOND), 'ask anew');
  t.end();
});

t.test('a refusal answers the same question for a while', (t) => {
  const approval = play(requested(request(), 0), [[1, voted('a', 'deny')]]);
  t.equal(answerTo(approval, 2), 'refuse');
  t.equal(answerTo(approval, 1 + 60 * SECOND), 'ask anew');
  t.end();
});

t.test('nobody decides on their own request, nor who is in none of the groups', (t) => {
  const pod = { namespace: 'agents', name: 'p', uid: 'u', serviceAccount: 'cursor' };
  const { requester } = request();
  const mine = requested({ ...request(), requester: { ...requester, pod } }, 0);
  for (const user of ['agent', 'system:serviceaccount:agents:cursor'])
    t.throws(() => checkVoter(mine, approver(user), 1), { code: 'FORBIDDEN' }, user);
  t.doesNotThrow(() => checkVoter(requested(request({ selfApproval: true }), 0), approver('agent'), 1));
  const grouped = requested(request({ groups: ['oncall'] }), 0);
  t.throws(() => checkVoter(grouped, approver('reviewer', 'dev'), 1), { code: 'FORBIDDEN' });
  t.doesNotThrow(() => checkVoter(grouped, approver('reviewer', 'dev', 'oncall'), 1));
  t.end();
});

t.test('a grant: for the shortest time that all who approve give, and until it is revoked', (t) => {
  const start = requested(request({ quorum: 2 }), 0);
  const granted = play(start, [
    [0, voted('a', 'approve', 30 * SECOND)],
    [0, voted('b', 'approve', 100 * SECOND)],
  ]);
  const used = after(granted, { type: 'approval.used', id, session: request().session }, 1);
  t.equal(answerTo(used, 29 * SECOND), 'go on', 'as often as it is asked');
  t.equal(answerTo(used, 30 * SECOND), 'ask anew');
  t.equal(isGranted(after(used, { type: 'approval.revoked', id, by: approver() }, 2), 3), false);
  const without = play(start, [
    [0, voted('a', 'approve', 30 * SECOND)],
    [0, voted('b', 'approve')],
  ]);
  t.equal(isGranted(without, 1), false, 'one of them gave none');
  t.end();
});

const step = fc.tuple(
  fc.integer({ min: 0, max: 90 }).map((seconds) => seconds * SECOND),
  fc.oneof(
    fc.constant(null),
    fc
      .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('approve' as const, 'deny' as const))
      .map(([user, vote]) => voted(user, vote)),
    fc.constant({ type: 'approval.settled', id, state: 'cancelled', by: 'agent' } as ApprovalEvent),
    fc.constant({ type: 'approval.revoked', id, by: approver() } as ApprovalEvent),
    fc.constant({ type: 'approval.used', id, session: request().session } as ApprovalEvent),
  ),
);

t.test('whatever happens in whatever order', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 3 }), (steps, quorum) => {
      const inTime = [...steps].sort(([a], [b]) => a - b);
      const approval = play(requested(request({ quorum }), 0), inTime);
      const { settled, votes } = approval;
      if (settled?.state === 'approved') {
        t.ok(votes.length >= quorum && votes.every(({ vote }) => vote === 'approve'));
        t.ok(approval.settledAt < request().terms.until || votes.length >= quorum);
      }
      const late = 200 * SECOND;
      t.equal(answerTo(approval, late), 'ask anew', 'after all time nothing passes');
      t.ok(settled === null || isOver(approval, late));
      // Once settled, it stays so.
      const more = play(approval, [[late, voted('z', 'approve')]]);
      if (settled !== null) t.equal(more.settled, settled);
    }),
    { seed: 5, numRuns: 500 },
  );
  t.end();
});
