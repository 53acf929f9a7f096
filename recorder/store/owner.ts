/**
 * DATA/owner tells who holds the store, so that a second process can say so, and find the first.
 * It is a courtesy: the lock itself is LevelDB's. A file left behind by a process that died is recognised.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { replaceFile } from './atomic-file.ts';
import { readText } from './regular-file.ts';

export interface Owner {
  pid: number;
  /** The process's start in clock ticks since boot: tells it from a later process of the same pid. */
  started: string;
  /** The machine's boot, by its id. */
  boot: string;
  command: string;
  /** Where it listens, once it does. */
  url?: string;
}

export function self(): Owner {
  const [, script, ...rest] = process.argv;
  return {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    boot: bootId(),
    command: [basename(script ?? 'node', '.js'), ...rest].join(' ').slice(0, 200),
  };
}

export async function writeOwner(data: string, owner: Owner): Promise<void> {
  await replaceFile(join(data, 'owner'), `${JSON.stringify(owner)}\n`);
}

export async function removeOwner(data: string): Promise<void> {
  await rm(join(data, 'owner'), { force: true });
}

/** What the file says, whether its process lives or not; null if there is none that can be read. */
export async function lastOwner(data: string): Promise<Owner | null> {
  try {
    const owner = JSON.parse((await readText(join(data, 'owner'))) ?? 'null') as Partial<Owner> | null;
    if (owner === null || !Number.isSafeInteger(owner.pid) || typeof owner.command !== 'string') return null;
    return { started: '', boot: '', ...owner } as Owner;
  } catch {
    return null;
  }
}

/** The living process that holds the store in `data`, or null. */
export async function liveOwner(data: string): Promise<Owner | null> {
  const owner = await lastOwner(data);
  if (owner === null || owner.pid === process.pid || owner.boot !== bootId()) return null;
  return startOf(owner.pid) === owner.started ? owner : null;
}

export function describe(owner: Owner): string {
  return `process ${owner.pid} (${owner.command})`;
}

export function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id') ?? '';
}

/** Field 22 of /proc/PID/stat; the second, in brackets, may hold anything. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return null;
  }
}
