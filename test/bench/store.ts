/**
 * The audit log on this disk: appending, reading, verifying, and what it takes up. Grouped fsync (the default mode),
 * unless a row says otherwise; each figure beside a plain file or a bare LevelDB in the same run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { collect, decided, end, output, sessionId, start } from '../recorder/log/sample.ts';
import { which } from '../tool.ts';
import type { Row } from './row.ts';

const CHUNK = 64 << 10;
const FLOOD_BYTES = 128 << 20;
/** How many appends a terminal's reader has under way. */
const PARALLEL = 4;

export async function run(): Promise<Row[]> {
  const corpus = logLike(16 << 20);
  return [...(await throughput(corpus)), ...(await latency()), ...(await manySessions()), ...(await sizes())];
}

/** 100-column lines as a server logs them; deterministic. */
function logLike(bytes: number): Buffer {
  const words = [
    'compiled',
    'linking',
    'warning:',
    'src/module',
    'unused variable',
    'INFO',
    'request handled in',
    'retrying',
    'GET /api/v1/pods',
    '200',
    'OK',
  ];
  let x = 1;
  const random = (n: number) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((x / 2 ** 32) * n);
  };
  const lines: string[] = [];
  for (let size = 0; size < bytes; size += 100) {
    let line = `2026-09-01T12:${10 + random(50)}:${10 + random(50)}.${100 + random(900)} [${random(9999)}]`;
    while (line.length < 98)
      line += ` ${words[random(words.length)]}${random(3) === 0 ? ` ${random(100_000)}` : ''}`;
    lines.push(`${line.slice(0, 98)}\r\n`);
  }
  return Buffer.from(lines.join(''));
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await action();
  return performance.now() - begin;
}

const megabytes = (bytes: number, ms: number) => bytes / 1e3 / ms;

/** Calls `append` for each chunk of a flood, PARALLEL at a time. */
async function flood(
  corpus: Buffer,
  append: (chunk: Buffer, n: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < FLOOD_BYTES / CHUNK; n = next++) {
      const at = (n * CHUNK) % (corpus.length - CHUNK);
      await append(corpus.subarray(at, at + CHUNK), n);
    }
  };
  return await timed(() => Promise.all(Array.from({ length: PARALLEL }, lane)));
}

async function throughput(corpus: Buffer): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const id = sessionId(1);
  const log = await AuditLog.open({ data: join(directory, 'data') });
  await log.append(id, [start()]);
  const appendMs = await flood(corpus, (chunk) => log.append(id, [output(chunk)]));
  await log.append(id, [end()]);
  await log.durable();
  let read = 0;
  const readMs = await timed(async () => {
    for await (const { content } of log.events(id)) read += content?.length ?? 0;
  });
  const verifyMs = await timed(() => log.verify());
  await log.close();
  const plain = await plainFile(corpus, join(directory, 'plain'));
  const bare = await bareLevel(corpus, join(directory, 'level'));
  rmSync(directory, { recursive: true, force: true });
  const mb = (ms: number) => megabytes(FLOOD_BYTES, ms);
  return [
    {
      name: 'append, 64 KiB of log-like text',
      value: mb(appendMs),
      unit: 'MB/s',
      ratio: plain / appendMs,
      target: '≥ 150 MB/s; ratio: plain file',
      ok: mb(appendMs) >= 150,
    },
    {
      name: 'append, the same, beside raw values in a bare LevelDB',
      value: mb(bare.append),
      unit: 'MB/s',
      ratio: bare.append / appendMs,
    },
    {
      name: 'read a session back, contents verified',
      value: megabytes(read, readMs),
      unit: 'MB/s',
      ratio: bare.read / readMs,
      target: 'ratio: bare LevelDB',
    },
    { name: 'verify the whole log', value: mb(verifyMs), unit: 'MB/s' },
  ];
}

/** What the file system can do: append, and one fsync for each 50 ms. */
async function plainFile(corpus: Buffer, path: string): Promise<number> {
  const file = await open(path, 'w');
  let synced = performance.now();
  const ms = await flood(corpus, async (chunk) => {
    await file.write(chunk);
    if (performance.now() - synced < 50) return;
    synced = performance.now();
    await file.sync();
  });
  await file.close();
  return ms;
}

async function bareLevel(corpus: Buffer, path: string): Promise<{ append: number; read: number }> {
  const db = new Level<string, Buffer>(path, { valueEncoding: 'buffer', writeBufferSize: 8 << 20 });
  await db.open();
  const append = await flood(corpus, (chunk, n) => db.put(String(n).padStart(9, '0'), chunk));
  const read = await timed(async () => {
    for await (const _ of db.values({ highWaterMarkBytes: 1 << 20 })) {
      // reading is all
    }
  });
  await db.close();
  return { append, read };
}

async function latency(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const sync of ['grouped', 'always'] as const) {
    const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
    const log = await AuditLog.open({ data: join(directory, 'data'), sync });
    const bare = new Level<string, string>(join(directory, 'level'));
    await log.append(sessionId(1), [start()]);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < 1000; i++) {
      ours.push(await timed(() => log.append(sessionId(1), [decided(`make -j2 target-${i}`)])));
      theirs.push(await timed(() => bare.put(`key ${i}`, 'x'.repeat(400), { sync: sync === 'always' })));
    }
    await log.close();
    await bare.close();
    rmSync(directory, { recursive: true, force: true });
    const value = median(ours);
    const row: Row = {
      name: `append one decision, median, sync ${sync}`,
      value,
      unit: 'ms',
      ratio: value / median(theirs),
    };
    const limit = sync === 'grouped' ? 0.15 : undefined;
    rows.push(limit ? { ...row, target: `< ${limit} ms; ratio: bare put`, ok: value < limit } : row);
  }
  return rows;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function manySessions(): Promise<Row[]> {
  const measure = async (sessions: number) => {
    const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
    const log = await AuditLog.open({ data: directory });
    for (let n = 0; n < sessions; n += 100) {
      const drafts = [start(), decided('ls'), output('total 0\r\n'), end()];
      await Promise.all(
        Array.from({ length: Math.min(100, sessions - n) }, (_, i) => log.append(sessionId(n + i), drafts)),
      );
    }
    await log.close();
    const again = await AuditLog.open({ data: directory });
    const list: number[] = [];
    const show: number[] = [];
    for (let i = 0; i < 101; i++) {
      list.push(await timed(() => again.sessions()));
      show.push(await timed(() => collect(again.events(sessionId((i * 97) % sessions)))));
    }
    await again.close();
    rmSync(directory, { recursive: true, force: true });
    return { list: median(list), show: median(show) };
  };
  const few = await measure(1_000);
  const many = await measure(10_000);
  return [
    {
      name: 'list 50 of 10,000 sessions, median',
      value: many.list,
      unit: 'ms',
      ratio: many.list / few.list,
      target: '≤ 2 × 1,000 sessions',
      ok: many.list <= 2 * few.list,
    },
    {
      name: 'open one of 10,000 sessions, median',
      value: many.show,
      unit: 'ms',
      ratio: many.show / few.show,
      target: '≤ 2 × 1,000 sessions',
      ok: many.show <= 2 * few.show,
    },
  ];
}

/** Real output of real programs, in the pieces that a reader gets who waits 10 ms for more. */
async function sizes(): Promise<Row[]> {
  const commands: [string, string][] = [
    ['ls', 'ls -lR /usr/lib'],
    ['dpkg', 'dpkg -l; dpkg -L libc6 coreutils perl-base bash'],
    [
      'gcc',
      `for i in $(seq 80); do echo "gcc -O2 -Wall -Wextra -c module$i.c -o module$i.o"; for j in 1 2 3 4 5 6; do echo "int function_$j(int first, char *second) { int unset; char *text = first; return unset + $i; }"; done | gcc -Wall -Wextra -xc -c -o /dev/null -; done`,
    ],
  ];
  const rows: Row[] = [];
  for (const [program, script] of commands) {
    if (which(program) === null) continue;
    const pieces = await record(script);
    const raw = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const stored = await storedSize(pieces);
    const value = (100 * stored) / raw;
    const name = `stored of ${(raw / 1e6).toFixed(1)} MB of \`${program}\`, ${pieces.length} pieces, all included`;
    rows.push({ name, value, unit: '%', target: '< 15 % of raw', ok: value < 15 });
  }
  return rows;
}

async function record(script: string): Promise<Buffer[]> {
  const child = spawn('sh', ['-c', `{ ${script}; } 2>&1`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces: Buffer[] = [];
  let piece: Buffer[] = [];
  const flush = () => {
    if (piece.length > 0) pieces.push(Buffer.concat(piece));
    piece = [];
  };
  const timer = setInterval(flush, 10);
  for await (const data of child.stdout) {
    piece.push(data as Buffer);
    if (piece.reduce((sum, part) => sum + part.length, 0) >= CHUNK) flush();
  }
  clearInterval(timer);
  flush();
  return pieces;
}

/** Everything in the store's directory after a session of these pieces, its tables merged. */
async function storedSize(pieces: Buffer[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const log = await AuditLog.open({ data: directory });
  let at = 1_700_000_000_000_000;
  await log.append(sessionId(1), [start()]);
  for (const piece of pieces) {
    at += 10_437;
    await log.append(sessionId(1), [output(piece, at)]);
  }
  await log.append(sessionId(1), [end(0, at)]);
  await log.close();
  await (await AuditLog.open({ data: directory })).close();
  const store = join(directory, 'log');
  const size = readdirSync(store).reduce((sum, name) => sum + statSync(join(store, name)).size, 0);
  rmSync(directory, { recursive: true, force: true });
  return size;
}
