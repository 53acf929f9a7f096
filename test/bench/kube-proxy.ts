/**
 * The API proxy beside `kubectl proxy`, in front of the same upstream, with the same load: TLS on both sides for us (it
 * speaks plain HTTP to its clients), every request and answer recorded (grouped fsync). Each proxy, the upstream and the
 * load are processes of their own, and share the machine's cores.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl } from '../kubectl.ts';
import type { Row } from './row.ts';

const AT_ONCE = 32;
const ROUNDS = 3;

interface Target {
  url: string;
  ca: string;
  token: string;
}

/** Requests a second at 32 connections, and the median of one at a time in milliseconds. */
interface Figures {
  rate: number;
  latency: number;
}

export async function run(): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const children: ChildProcess[] = [];
  try {
    const upstream = await startPart(children, ['upstream', data]);
    const direct = JSON.parse(upstream) as Target;
    const ours = JSON.parse(await startPart(children, ['proxy', data])) as Target;
    const theirs = await startKubectl(children, data);
    const targets = { direct, ours, ...(theirs !== null && { theirs }) };
    const figures = await measureAll(targets);
    return rows(figures);
  } finally {
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
    rmSync(data, { recursive: true });
  }
}

/** In turn, several times over, and the best of each: what else runs on the machine is the same for all. */
async function measureAll(targets: Record<string, Target>): Promise<Record<string, Figures>> {
  const best: Record<string, Figures> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, target] of Object.entries(targets)) {
      const rate = Number(await load([JSON.stringify(target), String(AT_ONCE)]));
      const latency = Number(await load([JSON.stringify(target), '1']));
      const before = best[name] ?? { rate: 0, latency: Number.POSITIVE_INFINITY };
      best[name] = { rate: Math.max(before.rate, rate), latency: Math.min(before.latency, latency) };
    }
  }
  return best;
}

function rows({ direct, ours, theirs }: Record<string, Figures>): Row[] {
  const added = ours!.latency - direct!.latency;
  const all: Row[] = [
    { name: `2 KB GETs at ${AT_ONCE} connections, upstream alone`, value: direct!.rate, unit: 'requests/s' },
    {
      name: `2 KB GETs at ${AT_ONCE} connections, guarded and recorded`,
      value: ours!.rate,
      unit: 'requests/s',
      ...(theirs && {
        ratio: ours!.rate / theirs.rate,
        target: '≥ 1 × kubectl proxy',
        ok: ours!.rate >= theirs.rate,
      }),
    },
    {
      name: 'added to one GET, guarded and recorded (median)',
      value: added,
      unit: 'ms',
      target: '< 0.35 ms',
      ok: added < 0.35,
    },
  ];
  if (theirs !== undefined) {
    all.splice(1, 0, {
      name: `2 KB GETs at ${AT_ONCE} connections, kubectl proxy`,
      value: theirs.rate,
      unit: 'requests/s',
    });
    all.push({
      name: 'added to one GET, kubectl proxy (median)',
      value: theirs.latency - direct!.latency,
      unit: 'ms',
    });
  }
  return all;
}

/** Starts one part, and gives the line that it prints when it is ready. */
async function startPart(children: ChildProcess[], args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kube/part.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return firstLine(child);
}

async function startKubectl(children: ChildProcess[], data: string): Promise<Target | null> {
  const binary = kubectl('current');
  if (binary === null) return null;
  const args = ['proxy', '--port=0', '--kubeconfig', join(data, 'upstream.kubeconfig')];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = /127\.0\.0\.1:(\d+)/.exec(await firstLine(child))![1];
  return { url: `http://127.0.0.1:${port}`, ca: '', token: '' };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  while (!text.includes('\n')) text += (await once(stdout!, 'data'))[0];
  return text.slice(0, text.indexOf('\n'));
}

async function load(args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kube/load.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await firstLine(child);
  if (child.exitCode === null) await once(child, 'exit');
  return line;
}
