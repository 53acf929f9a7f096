/** Evidence handed to a recorder in another process, beside the same appended to a log of our own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRecorder } from '../../recorder/client/discover.ts';
import { RemoteJournal } from '../../recorder/client/journal.ts';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import { systemClock } from '../../sidecar/clock.ts';
import { outputDraft, startDraft } from '../recorder/server/world.ts';
import type { Row } from './row.ts';

const ID = '01JD0000000000000000000001';
const CHUNK = 64 * 1024;
const CHUNKS = 4096;
/** Appends under way at once, as a busy terminal has them. */
const AHEAD = 32;

export async function run(): Promise<Row[]> {
  const local = await inDirectory(async (data) => {
    const log = await AuditLog.open({ data });
    const rate = await appendRate(log);
    await log.close();
    return rate;
  });
  const remote = await inDirectory(async (data) => {
    const peer = fileURLToPath(new URL('../recorder/client/peer.ts', import.meta.url));
    const child = spawn(process.execPath, [peer, data], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const recorder = await findRecorder(data, {});
    if (recorder === null) throw new Error('the recorder was not found');
    const journal = await RemoteJournal.connect(recorder);
    const rate = await appendRate(journal);
    await journal.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
    return rate;
  });
  return [
    { name: 'append 64 KB chunks, own log (grouped fsync)', value: local, unit: 'MB/s' },
    {
      name: 'append 64 KB chunks, recorder in another process (× own log)',
      value: remote,
      unit: 'MB/s',
      ratio: remote / local,
    },
  ];
}

/** MB a second. */
async function appendRate(journal: Journal): Promise<number> {
  await journal.append(ID, [startDraft()]);
  const chunk = logLikeText();
  const ahead: Promise<void>[] = [];
  const started = performance.now();
  for (let n = 0; n < CHUNKS; n += 1) {
    ahead.push(journal.append(ID, [outputDraft(chunk, systemClock.now())]));
    if (ahead.length > AHEAD) await ahead.shift();
  }
  await Promise.all(ahead);
  return (CHUNK * CHUNKS) / 1000 / (performance.now() - started);
}

function logLikeText(): Buffer {
  const line = (n: number) =>
    `2026-05-01T10:00:${n % 60}Z INFO worker[${n % 31}]: item ${(n * 2654435761) % 2 ** 32} took ${n % 977} ms\r\n`;
  return Buffer.from(Array.from({ length: 1200 }, (_, n) => line(n)).join('')).subarray(0, CHUNK);
}

async function inDirectory<T>(work: (data: string) => Promise<T>): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-bench-'));
  try {
    return await work(data);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
