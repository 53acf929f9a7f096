/**
 * A real writer in a process of its own, for being killed: several sessions at once, and a line on stdout for each
 * acknowledged append, `session seq-of-the-last-event digest-of-the-output-so-far`.
 *
 *     node writer-process.ts DATA SEED
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { decided, end, output, sessionId, start } from './sample.ts';

const [data = '', seed = '0'] = process.argv.slice(2);
const WRITERS = 4;

let x = Number(seed) + 1;
function random(n: number): number {
  x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((x / 2 ** 32) * n);
}

async function write(log: AuditLog, id: string): Promise<void> {
  const said = createHash('sha256');
  let seq = 0;
  const acknowledge = (count: number) => {
    seq += count;
    writeSync(1, `${id} ${seq - 1} ${said.copy().digest('hex')}\n`);
  };
  await log.append(id, [start()]);
  acknowledge(1);
  for (let i = 0; ; i++) {
    const size = [3, 80, 2_000, 65_536][random(4)]!;
    const text = `${id} ${i} `.repeat(Math.ceil(size / 30)).slice(0, size);
    const drafts = random(5) === 0 ? [decided(`make ${i}`), output(text)] : [output(text)];
    if (random(60) === 0) drafts.push(end());
    await log.append(id, drafts);
    said.update(text);
    acknowledge(drafts.length);
    if (drafts.at(-1)?.body.type === 'session.end') return;
  }
}

const log = await AuditLog.open({ data });
writeSync(1, 'ready\n');
let next = Number(seed) * 1000;
await Promise.all(
  Array.from({ length: WRITERS }, async () => {
    for (;;) await write(log, sessionId(++next));
  }),
);
