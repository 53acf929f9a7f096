/** How long the program takes to answer and to listen: what a person waits for. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from './row.ts';

const PROGRAM = 'dist/chaperone.js';
const RUNS = 15;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function time(args: string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${args.join(' ')} exited ${status}`);
  return performance.now() - started;
}

/** Until `chaperone up` prints its link, which it does once it listens. */
async function timeUp(): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const started = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'up', '--data', data, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  while (!text.includes('/login?token=')) text += (await once(child.stdout, 'data'))[0];
  const elapsed = performance.now() - started;
  child.kill('SIGTERM');
  await once(child, 'exit');
  rmSync(data, { recursive: true });
  return elapsed;
}

export async function run(): Promise<Row[]> {
  const bare = median(Array.from({ length: RUNS }, () => time(['-e', '0'])));
  const version = median(Array.from({ length: RUNS }, () => time([PROGRAM, '--version'])));
  const ups: number[] = [];
  for (let i = 0; i < RUNS; i++) ups.push(await timeUp());
  const up = median(ups);
  const row = (name: string, value: number, limit: number): Row => ({
    name,
    value,
    unit: 'ms',
    ratio: value / bare,
    target: `< ${limit} ms (× bare node)`,
    ok: value < limit,
  });
  return [row('chaperone --version', version, 150), row('chaperone up, until it listens', up, 600)];
}
