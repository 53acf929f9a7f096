/** The gate and a real desk: an approval holds on the terms that the policy has when the action goes on. */
import t from 'tap';
import type { Terms } from '../../recorder/approvals/asking.ts';
import { analyse } from '../../sidecar/command/analyse.ts';
import { Gate } from '../../sidecar/gate.ts';
import { approver, clock, deskOn, SECOND, SESSION, waiting } from '../recorder/approvals/sample.ts';
import { start } from '../recorder/log/sample.ts';

const ASK = { effect: 'ask', rule: 'team/builds', reason: 'Somebody looks.', unjudged: false } as const;
const TERMS: Terms = {
  ...{ groups: [], quorum: 1, selfApproval: false },
  ...{ timeout: 60 * SECOND, validity: 60 * SECOND },
};

t.test('where the terms grow stricter while it waits, it is asked anew', async (t) => {
  const { desk, log } = await deskOn(t);
  await log.append(SESSION, [start()]);
  let terms = TERMS;
  const policy = { digest: 'p', decide: () => ASK, approvalTerms: () => terms };
  const gate = new Gate({ journal: log, clock, policy: () => policy, approvals: desk });
  const identity = { user: 'agent', groups: [], proof: 'claimed' as const };
  const judged = gate.judge(SESSION, identity, analyse('make', { cwd: '/' }));
  const first = await waiting(desk);
  terms = { ...TERMS, quorum: 2 };
  await desk.vote(first, approver('a'), { vote: 'approve' });
  const second = await waiting(desk);
  t.equal(desk.find(second).request.terms.quorum, 2);
  await desk.vote(second, approver('a'), { vote: 'approve' });
  await desk.vote(second, approver('b'), { vote: 'approve' });
  t.match(await judged, { ok: true });
});

t.test('where nobody may decide any more, nobody has', async (t) => {
  const { desk, log } = await deskOn(t);
  await log.append(SESSION, [start()]);
  let terms: Terms | null = TERMS;
  const policy = { digest: 'p', decide: () => ASK, approvalTerms: () => terms };
  const gate = new Gate({ journal: log, clock, policy: () => policy, approvals: desk });
  const identity = { user: 'agent', groups: [], proof: 'claimed' as const };
  const judged = gate.judge(SESSION, identity, analyse('make', { cwd: '/' }));
  const id = await waiting(desk);
  terms = null;
  await desk.vote(id, approver('a'), { vote: 'approve' });
  t.match(await judged, { ok: false, decision: { effect: 'ask' } });
});
