/** Which people a workload acts for, as the operator says: they do not decide on what it asks. */
import t from 'tap';
import { Desk } from '../../../recorder/approvals/desk.ts';
import { type OwnerRule, ownersOf, withHumans } from '../../../recorder/approvals/owners.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { newData } from '../log/sample.ts';
import { approver, asking, clock, KEY, waiting } from './sample.ts';

const ISSUER = 'https://id.example.com/';
const podOf = (namespace: string, serviceAccount: string, labels?: Record<string, string>): Identity => ({
  user: `system:serviceaccount:${namespace}:${serviceAccount}`,
  groups: [],
  pod: { namespace, name: 'p', uid: 'u', serviceAccount, ...(labels && { labels }) },
  proof: 'signed',
});

t.test('who matches all that a rule says', (t) => {
  const cases: [Omit<OwnerRule, 'people'>, string[], Identity, string[]][] = [
    [
      { serviceAccount: 'agents:cursor-*' },
      ['*@example.com'],
      podOf('agents', 'cursor-eli'),
      ['eli@example.com'],
    ],
    [{ serviceAccount: 'agents:cursor-*' }, ['*@example.com'], podOf('agents', 'cursor-'), []],
    [{ serviceAccount: 'agents:cursor-*' }, ['*@example.com'], podOf('other', 'cursor-eli'), []],
    [{ serviceAccount: '*:cursor-*' }, ['lead'], podOf('other', 'cursor-eli'), ['lead']],
    [{ namespace: 'team-a' }, ['a', 'b'], podOf('team-a', 'x'), ['a', 'b']],
    [{ namespace: 'team-a', serviceAccount: '*:y' }, ['a'], podOf('team-a', 'x'), []],
    [
      { podLabels: { owner: '*' } },
      ['*@example.com'],
      podOf('n', 's', { owner: 'eli' }),
      ['eli@example.com'],
    ],
    [{ podLabels: { owner: '*' } }, ['a'], podOf('n', 's'), []],
    [{ podLabels: { constructor: '*' } }, ['a'], podOf('n', 's', {}), []],
    [{ user: 'build-*' }, ['*'], { user: 'build-$&', groups: [], proof: 'claimed' }, ['$&']],
    [{ namespace: '*' }, ['a'], { user: 'laptop', groups: [], proof: 'claimed' }, []],
    [{}, ['a'], podOf('n', 's'), []],
  ];
  for (const [rule, people, identity, expected] of cases)
    t.strictSame(ownersOf([{ ...rule, people }])(identity), expected, JSON.stringify(rule));
  const twice = ownersOf([
    { namespace: 'n', people: ['a'] },
    { user: '*', people: ['a', 'b'] },
  ]);
  t.strictSame(withHumans({ ...podOf('n', 's'), humans: ['b', 'c'] }, twice).humans, ['b', 'c', 'a']);
  const nobody = podOf('x', 's');
  t.equal(withHumans(nobody, ownersOf([])), nobody);
  t.end();
});

t.test(
  'on the desk: they may not decide, and where a token proves the workload nobody else has to',
  async (t) => {
    const log = await AuditLog.open({ data: newData() });
    const owners = ownersOf([{ serviceAccount: 'agents:cursor-*', people: ['*@example.com'] }]);
    const desk = await Desk.open({ journal: log, archive: log, clock, key: KEY, issuer: ISSUER, owners });
    t.teardown(async () => {
      desk.close();
      await log.close();
    });
    const by = (user: string) => approver(user);
    for (const [proof, quorum] of [
      ['signed', 1],
      ['claimed', 2],
    ] as const) {
      const requester = { ...podOf('agents', 'cursor-eli'), proof };
      const mark = desk.ask(asking({ requester }));
      const id = await waiting(desk);
      t.match(desk.find(id).request, { requester: { humans: ['eli@example.com'] }, terms: { quorum } });
      await t.rejects(desk.vote(id, by('Eli@example.com'), { vote: 'approve' }), { code: 'FORBIDDEN' });
      for (let n = 0; n < quorum; n++) await desk.vote(id, by(`other-${n}`), { vote: 'approve' });
      t.match(await mark, { state: 'approved' });
    }
  },
);
