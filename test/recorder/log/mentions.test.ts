/** What events speak of is found again: at once, in stores of former versions, and however often it is asked. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Draft } from '../../../recorder/audit/event.ts';
import {
  fileTerm,
  kubectlTerm,
  lineTerm,
  objectTerm,
  type Term,
  termsOfFile,
} from '../../../recorder/audit/terms.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { KEYS } from '../../../recorder/store/keys.ts';
import { altered, build, inside, original } from './altered.ts';
import { decided, end, newData, sessionId, start } from './sample.ts';

const ID = '6f1c7a52-0b5e-4c38-9a8e-000000000001';

function admitted(verb: string, more: object = {}): Draft {
  const request = {
    ...{ verb, group: 'apps', version: 'v1', resource: 'deployments', subresource: '' },
    ...{ namespace: 'shop', name: 'web', path: '', ...more },
  };
  const decision = { effect: 'allow', rule: 'r', reason: 'y', unjudged: false } as const;
  const body = {
    type: 'request.admitted',
    id: ID,
    method: 'PATCH',
    uri: '/x',
    request,
    dryRun: false,
  } as const;
  return { at: 1_700_000_001_000_000, body: { ...body, client: {}, decision, allowed: true, unknown: [] } };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function placesOf(log: AuditLog, term: Term): Promise<string[]> {
  const found = await all(log.mentions(term));
  return found.map(({ event }) => `${event.session.slice(-1)}#${event.seq}`);
}

t.test('by object, UID, line, file and conversation, the newest first', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  t.teardown(() => log.close());
  const begin = start();
  if (begin.body.type === 'session.start') begin.body.identity.conversation = 'c-1';
  await log.append(sessionId(1), [begin, decided('kubectl scale deployment/web'), admitted('patch')]);
  const object = { group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web', uid: 'uid-1' };
  const ended = {
    type: 'request.ended',
    id: ID,
    outcome: 'answered',
    status: 200,
    micros: 1,
    object,
  } as const;
  await log.append(sessionId(1), [{ at: 1_700_000_001_000_000, body: ended }]);
  const written = decided('rm -rf build');
  if (written.body.type === 'command.decided')
    written.body.writes = ['/srv/build', '/srv/build/**', '/srv/\\*x'];
  await log.append(sessionId(2), [start(), admitted('get'), written]);
  await log.append(sessionId(3), [start(), admitted('delete', { namespace: 'other' }), end()]);

  t.same(
    await placesOf(log, objectTerm('deployments', 'web', null)),
    ['3#1', '1#3', '1#2'],
    'reads are none',
  );
  t.same(await placesOf(log, objectTerm('deployments', 'web', 'shop')), ['1#3', '1#2']);
  t.same(await placesOf(log, objectTerm('deployments', 'we', 'shop')), []);
  t.same(await placesOf(log, ['uid', 'uid-1']), ['1#3']);
  t.same(await placesOf(log, ['conversation', 'c-1']), ['1#0']);
  t.same(await placesOf(log, lineTerm(' kubectl scale deployment/web\n')), ['1#1']);
  t.same(await placesOf(log, ['kubectl', 'scale']), ['1#1']);
  t.same(await placesOf(log, ['file', '/srv/*x']), ['2#2'], 'a quoted star is a name');
  const below = termsOfFile('/srv/build/a/b.o');
  t.same((await Promise.all(below.map((term) => placesOf(log, term)))).flat(), ['2#2']);
  t.equal((await log.verify()).ok, true);
});

t.test('terms', (t) => {
  t.same(kubectlTerm(['/usr/bin/kubectl', '-n', 'shop', '--context=x', 'rollout', 'restart']), [
    'kubectl',
    'rollout',
  ]);
  t.equal(kubectlTerm(['kubectl-like']), null);
  t.equal(kubectlTerm([]), null);
  t.same(fileTerm('/a/b*/c'), ['below', '/a']);
  t.same(fileTerm('/*'), ['below', '/']);
  t.same(termsOfFile('/a/b'), [
    ['file', '/a/b'],
    ['below', '/'],
    ['below', '/a'],
  ]);
  t.end();
});

t.test(
  'a store of a former version is looked through once, newest first, and goes on where it was left',
  async (t) => {
    const data = newData();
    cpSync(join(import.meta.dirname, 'former', '0.1.0'), data, { recursive: true });
    t.match(await verifyClosed(data), { ok: true });
    let log = await AuditLog.open({ data });
    await log.append(sessionId(9), [start(), decided('true')]);
    await log.close();
    t.match(await verifyClosed(data), { ok: true }, 'part of it has an index');
    log = await AuditLog.open({ data });
    const lines = await all(log.mentions(lineTerm('true')));
    t.same(
      lines.map(({ event }) => event.session),
      [sessionId(9)],
    );
    const former = (await all(log.events(sessionId(1)))).flatMap(({ event }) =>
      event.body.type === 'command.decided' ? [event.body.line] : [],
    );
    t.ok(former.length > 0);
    for (const line of former) t.not((await all(log.mentions(lineTerm(line)))).length, 0, line);
    await log.close();
    t.match(await verifyClosed(data), { ok: true });
  },
);

t.test('verify tells where somebody has altered the index', async (t) => {
  await build(original);
  const mention = (db: Parameters<Parameters<typeof inside>[1]>[0]) =>
    all(db.keys({ gte: Buffer.from('b'), lt: Buffer.from('c'), limit: 1 }));
  const hidden = await altered((data) =>
    inside(data, async (db) => {
      for (const key of await mention(db)) await db.del(key);
    }),
  );
  t.match(hidden.problems, [{ code: 'INDEX_DAMAGED' }, { code: 'INDEX_DAMAGED' }]);
  const planted = await altered((data) =>
    inside(data, (db) => db.put(KEYS.mention(Buffer.alloc(12, 7), 3), Buffer.alloc(0))),
  );
  t.match(planted.problems, [{ code: 'INDEX_DAMAGED', message: /mentions/ }]);
});
