/**
 * A disk that is really full: a small tmpfs. Appending fails closed with STORE_FULL, nothing acknowledged is lost, and
 * it goes on once there is room. Needs the right to mount; where it is missing, the test runs itself again in a user
 * namespace that has it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { collect, end, output, sessionId, start } from './sample.ts';

const MEGABYTE = 1 << 20;

function mountSmall(megabytes: number): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-full-'));
  const { status } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${megabytes}m`,
    'chaperone-test',
    directory,
  ]);
  if (status === 0) return directory;
  rmSync(directory, { recursive: true });
  return null;
}

const disk = mountSmall(40);

if (disk === null && process.env.CHAPERONE_UNSHARED === undefined) {
  t.test('in a namespace of its own, where mounting is allowed', async (t) => {
    if (spawnSync('unshare', ['-rm', 'true']).status !== 0) {
      const why = 'neither mount nor unshare may be used here';
      if (process.env.CI === 'true') t.fail(why);
      else t.pass(why, { skip: why });
      return;
    }
    const env = { ...process.env, CHAPERONE_UNSHARED: '1' };
    const { status } = spawnSync('unshare', ['-rm', process.execPath, import.meta.filename], {
      env,
      stdio: 'ignore',
    });
    t.equal(status, 0, 'passed there');
  });
} else if (disk === null) {
  t.fail('mounting is not allowed in the namespace either');
} else {
  t.teardown(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  for (const sync of ['grouped', 'always'] as const)
    t.test(`full, emptied, full again: sync ${sync}`, async (t) => {
      await fill(t, disk, sync);
    });
}

/** Appends until it is refused; how many were acknowledged. */
async function appendUntilFull(log: AuditLog, id: string): Promise<{ acknowledged: number; code: unknown }> {
  for (let acknowledged = 0; ; acknowledged++) {
    try {
      await log.append(id, [output(randomBytes(60_000))]);
    } catch (error) {
      return { acknowledged, code: (error as { code?: unknown }).code };
    }
    if (acknowledged > 10_000) throw new Error('the disk does not fill up');
  }
}

async function fill(t: Test, disk: string, sync: 'grouped' | 'always'): Promise<void> {
  const data = join(disk, sync);
  const id = sessionId(1);
  const log = await AuditLog.open({ data, sync });
  await log.append(id, [start()]);
  let expected = 1;
  for (let round = 0; round < 2; round++) {
    const ballast = join(disk, 'ballast');
    const free = statfsSync(disk).bavail * statfsSync(disk).bsize;
    // The later rounds fill the disk more and more slowly from one side, so that it ends elsewhere in a batch.
    writeFileSync(ballast, Buffer.alloc(Math.max(0, free - (3 + round) * MEGABYTE - round * 12_345)));
    const { acknowledged, code } = await appendUntilFull(log, id);
    expected += acknowledged;
    t.equal(code, 'STORE_FULL', `round ${round}: refused after ${acknowledged}`);
    for (let i = 0; i < 3; i++)
      await t.rejects(log.append(id, [output('x')]), { code: 'STORE_FULL' }, 'and again');
    rmSync(ballast);
    await log.append(id, [output('there is room again')]);
    expected += 1;
    const events = await collect(log.events(id));
    // Under `always` an append may be refused because its fsync or its checkpoint failed: it can be in the log.
    const extra = events.length - expected;
    t.ok(
      extra === 0 || (extra === 1 && sync === 'always'),
      `round ${round}: all that was acknowledged is there`,
    );
    expected = events.length;
  }
  await log.append(id, [end()]);
  t.same((await log.verify()).problems, []);
  await log.close();
  t.same((await verifyClosed(data)).problems, []);
  const again = await AuditLog.open({ data });
  t.equal((await again.session(id)).events, expected + 1);
  await again.close();
  rmSync(data, { recursive: true });
}
