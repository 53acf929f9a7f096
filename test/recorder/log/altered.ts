/** A small store of every kind of record, copies of it that are altered, and what verify says of them. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { VerifyReport } from '../../../recorder/log/ports.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { decided, end, newData, output, sessionId, start } from './sample.ts';

export const LONG = process.env.CHAPERONE_LONG !== undefined;
const OPEN = { keyEncoding: 'view', valueEncoding: 'view' } as const;

/** A small store with tables and a log, two interleaved sessions, grouped content, and a full subtree. */
export async function build(data: string): Promise<void> {
  const first = await AuditLog.open({ data });
  const [a, b] = [sessionId(1), sessionId(2)];
  await first.append(a, [start('agent')]);
  await first.append(b, [start('second')]);
  for (let i = 0; i < 125; i++) {
    await first.append(i % 3 ? a : b, [
      output(`${i}: cc -O2 -c module-${i}.c -o module-${i}.o\r\n`),
      decided(`make m${i}`),
    ]);
  }
  await first.append(SYSTEM, [{ at: 5, body: { type: 'policy.loaded', digest: 'd', source: 's' } }]);
  await first.append(a, [end()]);
  await first.close();
  const second = await AuditLog.open({ data });
  const c = sessionId(3);
  await second.append(c, [start('cy'), output('hello world, hello world, hello world\r\n')]);
  await second.append(c, [output('x'), decided('rm -rf /', false)]);
  await second.append(c, [
    { at: 1_700_000_002_000_000, body: { type: 'session.input', content: Buffer.from('yes\r') } },
    end(1),
  ]);
  await second.close();
}

export const original = newData();
export const scratch = temporaryDirectory();
let copies = 0;

/** A copy of the store, altered, and what verify says of it. */
export async function altered(change: (data: string) => void | Promise<void>): Promise<VerifyReport> {
  const data = join(scratch, String(copies++));
  cpSync(original, data, { recursive: true });
  await change(data);
  const report = await verifyClosed(data);
  rmSync(data, { recursive: true, force: true });
  return report;
}

export function flip(path: string, at: number, mask = 1): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= mask;
  writeFileSync(path, bytes);
}

/** Alters the store through LevelDB itself, as somebody would who knows the format. */
export async function inside(
  data: string,
  change: (db: Level<Uint8Array, Uint8Array>) => Promise<void>,
): Promise<void> {
  const db = new Level<Uint8Array, Uint8Array>(join(data, 'log'), OPEN);
  await change(db);
  await db.close();
}

/** Deterministic pseudo-random numbers: the seed is all that a failure needs to be repeated. */
export function* random(seed: number): Generator<number> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x / 2 ** 32;
  }
}

/** Puts the value of each key under the other. */
export async function swap(db: Level<Uint8Array, Uint8Array>, a: Buffer, b: Buffer): Promise<void> {
  const [one, two] = [(await db.get(a))!, (await db.get(b))!];
  await db.put(a, two);
  await db.put(b, one);
}
