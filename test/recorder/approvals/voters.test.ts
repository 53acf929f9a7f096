/** Who may decide: not who asks, by whatever name; and one more where nothing proves which person that is. */
import fc from 'fast-check';
import t from 'tap';
import { type Approval, after, outcome, requested } from '../../../recorder/approvals/approval.ts';
import { requestOf } from '../../../recorder/approvals/filing.ts';
import { checkVoter, isPersonProven, isSelf, obstacleOf } from '../../../recorder/approvals/voters.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { approver, asking, request, SECOND } from './sample.ts';

const PEOPLE = ['reviewer', 'owner', 'other', 'nobody', 'eli'];
const pod = { namespace: 'agents', name: 'p', uid: 'u', serviceAccount: 'cursor' };
const account = 'system:serviceaccount:agents:cursor';
const ISSUER = 'https://id.example.com/';
const FILED = { id: request().id, at: 0, digest: 'd'.repeat(64) };

t.test('who asks, by each of its names', (t) => {
  const asker: Identity = { user: 'agent', groups: [], pod, humans: ['reviewer', 'owner'], proof: 'signed' };
  for (const user of ['agent', account, 'reviewer', 'owner', 'Reviewer', 'OWNER', '\uff52eviewer'])
    t.equal(isSelf(asker, approver(user)), true, user);
  for (const user of ['other', 'p', 'cursor', '']) t.equal(isSelf(asker, approver(user)), false, user);
  t.end();
});

t.test('who signed in at one issuer is who it says, and not whoever has the name', (t) => {
  const of = (sub: string, user: string, issuer = ISSUER) => ({ user, subject: `${issuer}#${sub}` });
  const asker = (sub: string, user: string): Identity => ({ ...of(sub, user), groups: [], proof: 'signed' });
  const victim = 'victim@example.com';
  t.equal(isSelf(asker('1', victim), of('1', 'mallory@example.com')), true, "under somebody else's address");
  t.equal(isSelf(asker('1', 'm'), of('1', 'mallory@example.com')), true, 'where two claims name one person');
  t.equal(isSelf(asker('1', victim), of('2', victim)), false, 'whose address it is asks nothing by that');
  t.equal(
    isSelf(asker('1', victim), of('1', victim, 'https://other.example.com/')),
    true,
    'names, elsewhere',
  );
  t.equal(isSelf(asker('1', 'a'), of('1', 'b', 'https://other.example.com/')), false);
  t.equal(isSelf({ ...asker('1', 'm'), humans: ['owner'] }, of('2', 'Owner')), true, 'for whom it acts');
  const voted = after(
    requested(request({ quorum: 2 }), 0),
    {
      type: 'approval.voted',
      id: FILED.id,
      by: { ...approver('married'), subject: `${ISSUER}#3` },
      vote: 'approve',
    },
    1,
  );
  t.equal(obstacleOf(voted, { ...approver('born'), subject: `${ISSUER}#3` }, 2)?.why, 'voted');
  t.end();
});

t.test('one name written in two ways is one person', (t) => {
  const voted = after(
    requested(request({ quorum: 2 }), 0),
    { type: 'approval.voted', id: FILED.id, by: approver('Reviewer@example.com'), vote: 'approve' },
    1,
  );
  t.equal(obstacleOf(voted, approver('reviewer@example.com'), 2)?.why, 'voted');
  t.equal(obstacleOf(voted, approver('owner@example.com'), 2), null);
  t.end();
});

t.test('what proves which person asks', (t) => {
  const all: [boolean, Identity][] = [
    [true, { user: 'reviewer', groups: [], subject: `${ISSUER}#7`, proof: 'signed' }],
    [false, { user: 'reviewer', groups: [], subject: 'https://other.example.com/#7', proof: 'signed' }],
    [false, { user: 'build', groups: [], subject: 'https://other/#7', humans: ['owner'], proof: 'signed' }],
    [false, { user: 'reviewer', groups: [], proof: 'signed' }],
    [false, { user: 'reviewer', groups: [], subject: `${ISSUER}#7`, proof: 'claimed' }],
    [true, { user: account, groups: [], pod, humans: ['reviewer'], proof: 'signed' }],
    [false, { user: account, groups: [], pod, humans: [], proof: 'signed' }],
    [false, { user: account, groups: [], pod, proof: 'signed' }],
    [false, { user: account, groups: [], proof: 'signed' }],
    [false, { user: 'reviewer', groups: [], proof: 'claimed' }],
    [false, { user: 'reviewer', groups: [], humans: ['reviewer'], proof: 'hook' }],
  ];
  for (const [proven, identity] of all)
    t.equal(isPersonProven(identity, ISSUER), proven, JSON.stringify(identity));
  t.end();
});

/** Each of them votes in turn, as far as they may. */
function decidedBy(approval: Approval, people: readonly string[]): Approval {
  let now = approval;
  for (const [at, user] of people.entries()) {
    const by = approver(user);
    if (obstacleOf(now, by, at) !== null) continue;
    now = after(now, { type: 'approval.voted', id: FILED.id, by, vote: 'approve' }, at);
    const settled = outcome(now, at);
    if (settled !== null) now = after(now, settled, at);
  }
  return now;
}

const proof = fc.constantFrom('signed' as const, 'hook' as const, 'claimed' as const);
const people = fc.array(fc.constantFrom(...PEOPLE), { maxLength: 10 });

t.test('whoever asks in truth: as many others as the policy wants have approved', (t) => {
  const asker = fc.constantFrom(...PEOPLE);
  fc.assert(
    fc.property(asker, proof, fc.integer({ min: 1, max: 3 }), people, (truth, proof, quorum, voters) => {
      // A signature names the person; anything else is a name that anybody can give.
      const user = proof === 'signed' ? truth : 'agent';
      const subject = proof === 'signed' ? { subject: `${ISSUER}#${truth}` } : {};
      const one = asking({ requester: { user, groups: [], ...subject, proof } }, { quorum });
      const approval = decidedBy(requested(requestOf(one, { ...FILED, issuer: ISSUER }), 0), voters);
      const others = new Set(approval.votes.map(({ by }) => by.user).filter((name) => name !== truth));
      if (approval.settled?.state === 'approved') t.ok(others.size >= quorum);
      // And it can be reached: with all of five people, one of whom asks.
      t.equal(
        decidedBy(requested(requestOf(one, { ...FILED, issuer: ISSUER }), 0), PEOPLE).settled?.state,
        'approved',
      );
    }),
    { seed: 5, numRuns: 300 },
  );
  t.end();
});

t.test(
  'it takes no more of them where the policy lets people decide on their own, or nobody has a name',
  (t) => {
    const terms = (selfApproval: boolean, named: boolean) =>
      requestOf(asking({}, { quorum: 2, selfApproval }), { ...FILED, issuer: named ? ISSUER : null }).terms;
    t.match(terms(false, true), { quorum: 3, unproven: true });
    for (const [selfApproval, named] of [
      [true, true],
      [false, false],
      [true, false],
    ] as const)
      t.strictSame([terms(selfApproval, named).quorum, terms(selfApproval, named).unproven], [2, undefined]);
    t.end();
  },
);

t.test('what a page is told is what is checked where it is tried', (t) => {
  fc.assert(
    fc.property(people, fc.integer({ min: 1, max: 3 }), fc.boolean(), (voters, quorum, late) => {
      const one = request({ quorum, groups: ['leads'] });
      const approval = decidedBy(requested({ ...one, terms: { ...one.terms, groups: [] } }, 0), voters);
      const now = late ? 61 * SECOND : SECOND;
      for (const user of [...PEOPLE, 'agent']) {
        const obstacle = obstacleOf(approval, approver(user), now);
        if (obstacle === null) t.doesNotThrow(() => checkVoter(approval, approver(user), now));
        else t.throws(() => checkVoter(approval, approver(user), now), { message: obstacle.message });
      }
    }),
    { seed: 5, numRuns: 100 },
  );
  t.end();
});
