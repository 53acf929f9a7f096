/** What a power cut can leave at the end of the newest log file, and what only looks like it. */
import { appendFileSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { collect, newData, output, sessionId, start } from './sample.ts';

/** A store as a machine leaves it that stops: everything up to `durable` covered by the checkpoint. */
async function stopped(boot: string): Promise<{ data: string; log: string; covered: number }> {
  const data = newData();
  const running = await AuditLog.open({ data });
  await running.append(sessionId(1), [start(), output('durable\r\n')]);
  await running.durable();
  const file = readdirSync(join(data, 'log')).find((name) => name.endsWith('.log'))!;
  const covered = statSync(join(data, 'log', file)).size;
  const checkpoint = readFileSync(join(data, 'checkpoint'));
  await running.append(sessionId(1), [output('stored, not yet durable\r\n')]);
  const left = newData();
  cpSync(data, left, { recursive: true });
  writeFileSync(join(left, 'checkpoint'), checkpoint);
  writeFileSync(join(left, 'owner'), JSON.stringify({ pid: 1, started: '0', boot, command: 'up' }));
  await running.close();
  return { data: left, log: join(left, 'log', file), covered };
}

const CUTS: [string, (log: string, covered: number) => void][] = [
  ['zeros behind the end', (log) => appendFileSync(log, Buffer.alloc(5000))],
  ['noise behind the end', (log) => appendFileSync(log, Buffer.from('noise'.repeat(100)))],
  [
    'the last batch as zeros',
    (log, covered) => {
      const bytes = readFileSync(log);
      writeFileSync(log, bytes.fill(0, covered));
    },
  ],
];

t.test('after a restart of the machine the log goes on without its damaged end, and says so', async (t) => {
  for (const [what, cut] of CUTS) {
    const { data, log, covered } = await stopped('another boot');
    cut(log, covered);
    const again = await AuditLog.open({ data });
    const events = await collect(again.events(sessionId(1)));
    t.ok(events.length >= 2 && events[1]!.content!.toString() === 'durable\r\n', what);
    t.match(
      (await collect(again.events(SYSTEM))).map(({ event }) => event.body),
      [{ type: 'gap', lost: { bytes: Number } }],
    );
    await again.append(sessionId(2), [start()]);
    t.same((await again.verify()).problems, []);
    await again.close();
    t.ok(
      readdirSync(data).some((name) => name.startsWith('damaged-')),
      'what was cut off is kept',
    );
  }
});

t.test('without a restart the same is damage, and nothing is touched', async (t) => {
  for (const [what, cut] of CUTS) {
    const { data, log, covered } = await stopped(
      readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    );
    cut(log, covered);
    const before = readFileSync(log);
    await t.rejects(AuditLog.open({ data }), { code: 'STORE_CORRUPT' }, what);
    t.ok(before.equals(readFileSync(log)));
  }
});

t.test('what a checkpoint covers is never cut off', async (t) => {
  const { data, log } = await stopped('another boot');
  const bytes = readFileSync(log);
  bytes[60]! ^= 1;
  writeFileSync(log, bytes);
  await t.rejects(AuditLog.open({ data }), { code: 'STORE_CORRUPT' });
  t.ok(bytes.equals(readFileSync(log)));
  t.same(
    readdirSync(data).filter((name) => name.startsWith('.')),
    [],
    'no trial is left behind',
  );
});
