/** Sessions of some people and namespaces: as if the others were not there, and without reading those. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { ulid } from 'ulid';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { SessionId } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { SessionQuery, Subject } from '../../../recorder/log/ports.ts';
import { subjectOf } from '../../../recorder/log/subjects.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { inside } from './altered.ts';
import { decided, newData, start } from './sample.ts';

const AT = 1_700_000_000_000;
const podIn = (namespace: string) => ({ namespace, name: 'p', uid: 'u', serviceAccount: 's' });
const of = (user: string, namespace?: string): Identity => ({
  ...{ user, groups: [], proof: 'claimed' },
  ...(namespace !== undefined && { pod: podIn(namespace) }),
});
const startOf = (identity: Identity) => {
  const { at, body } = start();
  return { at, body: { ...body, identity } } as ReturnType<typeof start>;
};

/** Names that would run together if they were only put side by side. */
const IDENTITIES = [
  of('a'),
  of('a', ''),
  of('', 'a'),
  of('a', 'shop'),
  of('ashop'),
  of('b', 'shop'),
  of('b', 'pay'),
];

async function paged(list: (query: SessionQuery) => ReturnType<AuditLog['sessions']>, query: SessionQuery) {
  const got: SessionId[] = [];
  const cursors: string[] = [];
  for (let before: string | undefined; ; ) {
    const page = await list({ ...query, ...(before !== undefined && { before }) });
    got.push(...page.sessions.map(({ id }) => id));
    if (page.next === undefined) return { got, cursors };
    before = page.next;
    cursors.push(before);
  }
}

t.test('as a list of all of them without the others, page by page, and searched', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  t.teardown(() => log.close());
  const whose = new Map<SessionId, Subject>();
  // Ids are the writers' to choose: they do not come in their own order.
  for (const [n, place] of fc.sample(fc.nat(IDENTITIES.length - 1), { seed: 5, numRuns: 150 }).entries()) {
    const id = ulid(AT + ((n * 7919) % 151));
    await log.append(id, [startOf(IDENTITIES[place]!), decided(n % 3 === 0 ? 'make deploy' : 'ls')]);
    whose.set(id, subjectOf(IDENTITIES[place]!));
  }
  const all = [...whose.keys()].sort().reverse();
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(IDENTITIES.map(subjectOf)),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom('', 'deploy'),
      async (seen, limit, search) => {
        const names = new Set(seen.map((one) => JSON.stringify(one)));
        const sees = (one: Subject) => names.has(JSON.stringify(one));
        const found = await paged((query) => log.sessionsOf(sees, query), { limit, search });
        const wanted = await paged((query) => log.sessions(query), { limit: 500, search });
        t.same(
          found.got,
          wanted.got.filter((id) => sees(whose.get(id)!)),
        );
        t.ok(found.cursors.every((id) => sees(whose.get(id)!)));
      },
    ),
    { seed: 5, numRuns: 40 },
  );
  t.same((await paged((query) => log.sessionsOf(() => true, query), { limit: 40 })).got, all);
  await t.rejects(
    log.sessionsOf(() => true, { before: 'system' }),
    { code: 'USAGE' },
  );
});

t.test('what former versions stored is found as well, from the first question on', async (t) => {
  const data = newData();
  cpSync(join(import.meta.dirname, 'former/0.1.0'), data, { recursive: true });
  let log = await AuditLog.open({ data });
  const users = new Map((await log.sessions()).sessions.map(({ id, identity }) => [id, identity.user]));
  await log.append(ulid(), [startOf(of('new'))]);
  await log.close();
  t.match(await verifyClosed(data), { ok: true }, 'before anybody asks');
  log = await AuditLog.open({ data });
  for (const user of new Set(users.values()))
    t.same(
      (await log.sessionsOf((one) => one.user === user)).sessions.map(({ id }) => id),
      [...users].filter(([, name]) => name === user).map(([id]) => id),
    );
  t.match(await log.sessionsOf(({ user }) => user === 'new'), { sessions: [{ identity: { user: 'new' } }] });
  await log.close();
  t.match(await verifyClosed(data), { ok: true }, 'and afterwards');
});

t.test('what is not so in the index is noticed, and shows nobody what is not theirs', async (t) => {
  const build = async () => {
    const data = newData();
    const log = await AuditLog.open({ data });
    await log.append(ulid(AT), [startOf(of('a', 'shop'))]);
    await log.append(ulid(AT + 1), [startOf(of('b', 'pay'))]);
    await log.close();
    return data;
  };
  const seen = async (data: string) => {
    const log = await AuditLog.open({ data });
    const { sessions } = await log
      .sessionsOf(({ namespace }) => namespace === 'shop')
      .finally(() => log.close());
    return sessions.map(({ identity }) => identity.user);
  };
  const keysOf = (kind: string, keys: Buffer[]) => keys.filter((key) => key[0] === kind.charCodeAt(0));
  type Change = (db: Parameters<Parameters<typeof inside>[1]>[0], keys: Buffer[]) => Promise<unknown>;
  const cases: [string, Change, string[]][] = [
    ['one taken away', (db, keys) => db.del(keysOf('p', keys)[0]!), ['a', '']],
    [
      'another put among them',
      async (db, keys) => {
        const [one, two] = keysOf('p', keys) as [Buffer, Buffer];
        for (const [subject, session] of [
          [one, two],
          [two, one],
        ] as const)
          await db.put(Buffer.concat([subject.subarray(0, 13), session.subarray(13)]), Buffer.from('.'));
      },
      ['a'],
    ],
    [
      'one subject under the name of another',
      async (db, keys) => {
        const [one, two] = keysOf('q', keys) as [Buffer, Buffer];
        const [first, second] = [await db.get(one), await db.get(two)];
        await db.put(one, second!);
        await db.put(two, first!);
      },
      ['', 'a'],
    ],
    ['one subject gone', (db, keys) => db.del(keysOf('q', keys)[0]!), ['a', '']],
    ['how far it goes', (db) => db.put(Buffer.from('j'), Buffer.from('1 0')), ['a']],
  ];
  for (const [name, change, expected] of cases) {
    const data = await build();
    t.same(await seen(data), ['a']);
    await inside(data, async (db) => {
      const keys: Buffer[] = [];
      for await (const key of db.keys()) keys.push(Buffer.from(key));
      await change(db, keys);
    });
    t.match(await verifyClosed(data), { ok: false, problems: [{ code: 'INDEX_DAMAGED' }] }, name);
    const shown = await seen(data);
    t.ok(expected.includes(shown.join()), `${name}: ${shown}`);
  }
  for (const value of ['{"user":7}', '{}', 'null', '{"user":"a"', '[]']) {
    const data = await build();
    await inside(data, async (db) => {
      for await (const key of db.keys())
        if (key[0] === 'q'.charCodeAt(0)) await db.put(key, Buffer.from(value));
    });
    await t.rejects(seen(data), { code: 'STORE_CORRUPT' }, value);
  }
});
