/**
 * `kill -9` of a real writer at random moments, on one and the same store: whatever it acknowledged is there, the log
 * verifies, and goes on.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { newData } from './sample.ts';

const KILLS = process.env.CHAPERONE_LONG ? 500 : 50;
t.setTimeout(900_000);
if (process.env.CHAPERONE_LONG) t.setTimeout(60 * 60_000);
/** A store of its own every so many kills: each is verified whole, which takes the longer the more it holds. */
const PER_STORE = process.env.CHAPERONE_LONG ? 10 : 5;

interface Acknowledged {
  seq: number;
  digest: string;
}

/** Runs a writer, kills it, and returns the last that it acknowledged of each session. */
async function killed(data: string, seed: number, afterMs: number): Promise<Map<string, Acknowledged>> {
  const script = join(import.meta.dirname, 'writer-process.ts');
  const child = spawn(process.execPath, [script, data, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged = new Map<string, Acknowledged>();
  const gone = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface(child.stdout)) {
    const [id = '', seq, digest] = line.split(' ');
    if (id === 'ready') setTimeout(() => child.kill('SIGKILL'), afterMs);
    else if (digest?.length === 64) acknowledged.set(id, { seq: Number(seq), digest });
  }
  await gone;
  return acknowledged;
}

/** The digest of a session's output up to event `seq`. */
async function digestTo(log: AuditLog, id: string, seq: number): Promise<string> {
  const said = createHash('sha256');
  for await (const { event, content } of log.events(id)) {
    if (event.seq > seq) break;
    if (event.body.type === 'session.output') said.update(content!);
  }
  return said.digest('hex');
}

/** Kills a writer on `data`, and holds what it acknowledged against what is there. */
async function killOnce(t: Test, data: string, i: number, cutOff: readonly string[]) {
  // A spread from before the first batch to some hundred of them; the seed repeats the writer, not the moment.
  const acknowledged = await killed(data, i, (i * 37) % 230);
  const report = await verifyClosed(data);
  t.same(report.problems, [], `kill ${i}: verifies before anything has reopened it`);
  const log = await AuditLog.open({ data });
  let events = 0;
  for (const [id, { seq, digest }] of acknowledged) {
    const summary = await log.session(id);
    if (summary.events <= seq)
      t.fail(`kill ${i}: ${id} has ${summary.events} events, ${seq} was acknowledged`);
    if ((await digestTo(log, id, seq)) !== digest) t.fail(`kill ${i}: ${id} lost output before ${seq}`);
    events += seq + 1;
  }
  const { sessions } = await log.sessions({ limit: 500 });
  if (sessions.some(({ state }) => state === 'live')) t.fail(`kill ${i}: a session counts as live`);
  const now = sessions.filter(({ state }) => state === 'cut-off').map(({ id }) => id);
  if (!cutOff.every((id) => now.includes(id))) t.fail(`kill ${i}: what was cut off before is gone`);
  await log.close();
  return { events, cutOff: now };
}

t.test(`killed ${KILLS} times`, async (t) => {
  let next = 0;
  let events = 0;
  const lane = async () => {
    let [data, cutOff]: [string, string[]] = [newData(), []];
    for (let turn = 1; next < KILLS; turn++) {
      const done = await killOnce(t, data, next++, cutOff);
      events += done.events;
      cutOff = done.cutOff;
      if (turn % PER_STORE === 0) [data, cutOff] = [newData(), []];
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  t.comment(`${events} acknowledged events were there`);
  t.ok(events > KILLS, 'the writers were killed at work');
});
