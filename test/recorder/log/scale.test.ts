/** With 10,000 sessions: what listing and opening read, counted, is what it is with 10. */
import t from 'tap';
import type { Draft } from '../../../recorder/audit/event.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { readEvents } from '../../../recorder/log/reader.ts';
import { listSessions, oneSession } from '../../../recorder/log/sessions.ts';
import { LevelStore } from '../../../recorder/store/leveldb.ts';
import type { Range, Reader } from '../../../recorder/store/store.ts';
import { decided, end, newData, output, sessionId, start } from './sample.ts';

/** Counts the records that pass. */
class Counting implements Reader {
  reads = 0;
  readonly #store: Reader;
  constructor(store: Reader) {
    this.#store = store;
  }
  get(key: Uint8Array) {
    this.reads += 1;
    return this.#store.get(key);
  }
  getMany(keys: readonly Uint8Array[]) {
    this.reads += keys.length;
    return this.#store.getMany(keys);
  }
  async *entries(range: Range) {
    for await (const entry of this.#store.entries(range)) {
      this.reads += 1;
      yield entry;
    }
  }
}

async function filled(sessions: number): Promise<string> {
  const data = newData();
  const log = await AuditLog.open({ data });
  const all: Promise<void>[] = [];
  for (let n = 0; n < sessions; n++) {
    const drafts: Draft[] = [
      start(`user-${n % 7}`),
      decided(`kubectl get pods -n team-${n}`),
      output(`hello ${n}\r\n`),
      end(),
    ];
    all.push(log.append(sessionId(n), drafts));
    if (n % 500 === 0) await Promise.all(all.splice(0));
  }
  await Promise.all(all);
  await log.close();
  return data;
}

/** What each walk reads, on a store of so many sessions. */
async function reads(sessions: number): Promise<Record<string, number>> {
  const store = await LevelStore.open(`${await filled(sessions)}/log`);
  const counts: Record<string, number> = {};
  const count = async (name: string, action: (reader: Reader) => Promise<unknown>) => {
    const reader = new Counting(store);
    await action(reader);
    counts[name] = reader.reads;
  };
  const live = new Set<string>();
  const middle = sessionId(Math.floor(sessions / 2));
  await count('newest 5', (reader) => listSessions(reader, live, { limit: 5 }));
  await count('5 before the middle', (reader) => listSessions(reader, live, { limit: 5, before: middle }));
  await count('one summary', (reader) => oneSession(reader, live, middle));
  await count('all of one session', async (reader) => {
    for await (const { event } of readEvents(reader, middle, { from: 0, to: 4 }))
      t.equal(event.session, middle);
  });
  await count('the last event of one session', async (reader) => {
    for await (const { event } of readEvents(reader, middle, { from: 3, to: 4 })) t.equal(event.seq, 3);
  });
  await count('a search that matches the newest', (reader) =>
    listSessions(reader, live, { limit: 5, search: 'KUBECTL' }),
  );
  await store.close();
  return counts;
}

t.test('the cost of a list and of a session does not depend on the others', async (t) => {
  const few = await reads(20);
  t.comment(few);
  t.same(await reads(10_000), few);
});

t.test('pages go through all sessions, newest first, each once', async (t) => {
  const log = await AuditLog.open({ data: await filled(120) });
  const seen: string[] = [];
  let before: string | undefined;
  do {
    const page = await log.sessions({ limit: 50, ...(before !== undefined && { before }) });
    seen.push(...page.sessions.map(({ id }) => id));
    before = page.next;
  } while (before !== undefined);
  t.same(
    seen,
    Array.from({ length: 120 }, (_, i) => sessionId(119 - i)),
  );
  const found = async (search: string) =>
    (await log.sessions({ search, limit: 500 })).sessions.map(({ id }) => id);
  t.same(await found('team-77'), [sessionId(77)]);
  t.same(
    await found('USER-3 team-10'),
    [sessionId(108), sessionId(101), sessionId(10)],
    'words may stand in different places',
  );
  t.equal((await found('workbench')).length, 120, 'the host');
  t.same(await found('hello 5'), [], 'not the output');
  t.same((await log.sessions({ limit: 0 })).sessions.length, 1, 'limits are bounded');
  await log.close();
});
