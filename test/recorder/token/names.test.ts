/** Claims as providers write them, and as somebody would who wants to be more. */
import t from 'tap';
import { groupsOf, userOf } from '../../../recorder/token/names.ts';
import type { Claims } from '../../../recorder/token/verifier.ts';

const claims = (more: object) => ({ iss: 'i', sub: 's', aud: 'a', exp: 1, ...more }) as Claims;
const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' };

t.test('users', (t) => {
  t.equal(
    userOf(claims({ email: 'person@example.com', email_verified: true }), 'email'),
    'person@example.com',
  );
  t.equal(userOf(claims({ name: 'Jörg Müller' }), 'name'), 'Jörg Müller');
  t.equal(userOf(claims({ name: 'Анна' }), 'name'), 'Анна');
  for (const name of [undefined, null, 7, '', {}, ['person'], true]) {
    t.throws(() => userOf(claims({ name }), 'name'), UNAUTHENTICATED, JSON.stringify(name));
  }
  for (const email_verified of [false, 'true', null, 1])
    t.throws(() => userOf(claims({ email: 'person@example.com', email_verified }), 'email'), UNAUTHENTICATED);
  t.throws(() => userOf(claims({}), 'constructor'), UNAUTHENTICATED, 'no member of every object');
  t.throws(() => userOf(claims({}), '__proto__'), UNAUTHENTICATED);
  t.end();
});

t.test('names that nobody should have', (t) => {
  const names = [
    ...['system:admin', 'System:masters', 'SYSTEM:x', 'system:serviceaccount:a:b', 'chaperone:local-admin'],
    ...[
      'person\nImpersonate-Group: system:masters',
      'person\r',
      'ja\0ne',
      'person\u202e',
      'ja\u200bne',
      'person\u00ad',
    ],
    ...[
      ' person',
      'person ',
      'person\u00a0',
      '\ufeffjane',
      'ｓystem:masters',
      'person\ud800',
      'ﬁ',
      'x'.repeat(257),
    ],
    ...['jаne', 'ѕystem:masters', 'αdmin'],
  ];
  for (const name of names)
    t.throws(() => userOf(claims({ name }), 'name'), UNAUTHENTICATED, JSON.stringify(name));
  t.end();
});

t.test('groups', (t) => {
  const of = (groups: unknown) => groupsOf(claims({ groups }), 'groups');
  t.same(of(['dev', 'ops', 'dev']), ['dev', 'ops']);
  t.same(of('dev'), ['dev'], 'one group may be a text, as Kubernetes has it');
  t.same(of([]), []);
  t.same(of(null), []);
  t.same(groupsOf(claims({}), 'groups'), []);
  t.same(groupsOf(claims({}), 'toString'), []);
  t.same(of(['system:masters', 'dev', 'System:Masters', 'chaperone:local-admin']), ['dev']);
  for (const odd of [7, true, {}, { dev: true }, [7], [['dev']], ['dev', null], [{}], ['']])
    t.throws(() => of(odd), UNAUTHENTICATED, JSON.stringify(odd));
  for (const name of ['dev\nx', ' dev', 'dev,system:masters\r\n', 'dеv', 'ｄev', 'x'.repeat(300)])
    t.throws(() => of(['ok', name]), UNAUTHENTICATED, JSON.stringify(name));
  t.throws(() => of(Array.from({ length: 10_000 }, (_, at) => `g${at}`)), UNAUTHENTICATED);
  t.end();
});

t.test('groups that are kept elsewhere are not none', (t) => {
  const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://x' } } };
  t.throws(() => groupsOf(claims(overage), 'groups'), UNAUTHENTICATED);
  t.same(groupsOf(claims({ _claim_names: { other: 'src1' } }), 'groups'), []);
  t.end();
});
