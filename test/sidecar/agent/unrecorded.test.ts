/** Where nobody can record: nothing runs, or, where the policy says so, it runs and the gap is recorded. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { OnFailure } from '../../../sidecar/agent/on-failure.ts';
import { needs } from '../../tool.ts';
import { launchers } from '../launcher/built.ts';
import { launched } from './launched.ts';

t.test(
  'a store that takes nothing: nothing runs; or it runs if the policy allows it, and the log tells later',
  async (t) => {
    for (const continues of [false, true]) {
      let full = false;
      const place = await launched(t, {
        continues: () => continues,
        journal: (log) => ({
          append: async (session, drafts) => {
            if (full) throw new ChaperoneError('STORE_FULL', 'the disk is full');
            await log.append(session, drafts);
          },
        }),
      });
      full = true;
      const verdict = await place.call().asks({});
      t.match(verdict, { run: continues, token: Buffer.alloc(0) });
      t.match(await place.call().asks({ argv: ['sh', '-c', 'refused'] }), { run: false }, 'a refusal stands');
      full = false;
      await (async () => {
        const caller = place.call();
        await caller.asks({});
        await caller.ends();
      })();
      const gaps = (await place.bodies(SYSTEM, 'gap')).map(({ reason }) => reason);
      t.match(gaps, continues ? [/^1 shells ran unrecorded/] : []);
      t.equal(gaps.length, continues ? 1 : 0);
    }
  },
);

t.test(
  'a shell that ran before we were there: what came before is a gap, and a late refusal is recorded',
  async (t) => {
    const place = await launched(t, { continues: () => true });
    const caller = place.call();
    t.match(await caller.asks({ running: true, argv: ['bash', '-c', 'refused'] }), { run: true, argv: [] });
    caller.data('stdout', 1000, 'from here on\n');
    while ((await caller.stored()).stdout < 1013);
    await caller.ends(4);
    const [session] = await place.sessions();
    t.match(session, { status: 4, refused: 1, outputBytes: 13 });
    t.match(await place.bodies(session!.id, 'gap'), [
      { reason: /before it could be recorded/ },
      { lost: { bytes: 1000 } },
    ]);

    const strict = await launched(t);
    const other = strict.call();
    await other.asks({ running: true });
    other.data('stdout', 1000, 'x');
    await other.isClosed();
  },
);

t.test('the file beside the socket says what the policy says, and the launcher does it', async (t) => {
  if (!needs(t, 'cc')) return;
  const scratch = mkdtempSync(join(tmpdir(), 'chaperone-away-'));
  t.teardown(() => rmSync(scratch, { recursive: true }));
  const socket = join(scratch, 's');
  let continues = false;
  const reports: unknown[] = [];
  const file = new OnFailure(
    socket,
    () => continues,
    (error) => reports.push(error),
  );
  t.teardown(() => file.close());
  const shells = await launchers();
  const env = { PATH: `${shells}:/usr/bin:/bin`, CHAPERONE_SOCKET: socket };
  const run = () => promisify(execFile)(`${shells}/sh`, ['-c', 'echo ran'], { env });
  await file.say();
  t.notOk(existsSync(`${socket}.on-failure`));
  await t.rejects(run(), { code: 126, stderr: /nobody answers there/ });
  continues = true;
  await file.say();
  t.equal(readFileSync(`${socket}.on-failure`, 'utf8'), 'continue\n');
  t.equal((await run()).stdout, 'ran\n');
  continues = false;
  await file.say();
  await t.rejects(run(), { code: 126 });
  t.same(reports, []);
});
