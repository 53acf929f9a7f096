/**
 * Evidence that former versions recorded: stores as they left them, which every later one must read, verify and go on
 * with. They are never written anew; a version that changes what is stored adds one of its own.
 */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { collect, decided, newData, outputOf, sessionId, start } from './sample.ts';

const FORMER = join(import.meta.dirname, 'former');

for (const version of readdirSync(FORMER)) {
  t.test(`a store of ${version}`, async (t) => {
    const data = newData();
    cpSync(join(FORMER, version), data, { recursive: true });
    t.match(await verifyClosed(data), { ok: true, size: 10, sessions: 3, problems: [] });

    const log = await AuditLog.open({ data });
    const { sessions } = await log.sessions({ limit: 10 });
    t.match(sessions, [
      { id: sessionId(3), state: 'ended', status: 127, error: 'not found' },
      { id: sessionId(2), identity: { user: 'bob' }, state: 'cut-off' },
      { id: sessionId(1), state: 'ended', status: 7, commands: 2, requests: 0, refused: 1 },
    ]);
    t.equal(outputOf(await collect(log.events(sessionId(1)))), 'total 0\r\n');
    t.match(await log.sessions({ limit: 10, search: 'mkfs' }), { sessions: [{ id: sessionId(1) }] });
    await log.append(sessionId(4), [start(), decided('true')]);
    await log.close();
    t.match(await verifyClosed(data), { ok: true, sessions: 4 }, 'and it goes on');
  });
}
