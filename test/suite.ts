/**
 * Runs test files, each in a process of its own and several at a time, and writes their TAP on stdout, one subtest
 * a file: `node test/suite.ts [--jobs N] FILE… | node test/report.ts`. Files that ask for much time begin first.
 * `tap run` would load hooks of its own into every Node that a test starts, the program under test included.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Parser } from 'tap-parser';

const ROOT = resolve(import.meta.dirname, '..');
/** How long a file may take that asks for no other time with `t.setTimeout`. */
const PATIENCE_MS = 240_000;
/** An overdue file says itself what it was waiting for; one that has not ended so long after that is killed. */
const GRACE_MS = 20_000;
/** Files often wait, for a program or a clock, and leave their processor to one more. */
const JOBS = availableParallelism() + 1;

const running = new Set<ChildProcess>();

interface Outcome {
  /** What it wrote on stdout. */
  text: string;
  ok: boolean;
  /** What is amiss beside the tests. */
  fault: string | null;
  milliseconds: number;
}

async function runFile(file: string): Promise<Outcome> {
  const began = performance.now();
  const child = spawn(process.execPath, [resolve(ROOT, file)], {
    cwd: ROOT,
    env: { ...process.env, TAP: '1', TAP_CHILD_ID: '1', TAP_TIMEOUT: String(PATIENCE_MS / 1000) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  running.add(child);
  killWhenOverdue(child);
  const chunks: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  let fault = await new Promise<string | null>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (status, signal) => resolve(status === 0 ? null : `ended with ${signal ?? status}`));
  });
  const text = chunks.join('');
  const parser = new Parser();
  parser.end(text);
  if (parser.count === 0) fault ??= 'ran no test';
  const ok = fault === null && parser.results?.ok === true;
  return { text, ok, fault, milliseconds: performance.now() - began };
}

/** In the file, tap keeps the limit, and reports every change of it on the channel. */
function killWhenOverdue(child: ChildProcess): void {
  let timer: NodeJS.Timeout;
  const allow = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), milliseconds + GRACE_MS);
  };
  allow(PATIENCE_MS);
  child.on('message', (message: { setTimeout?: unknown }) => {
    if (typeof message.setTimeout === 'number') allow(message.setTimeout);
  });
  child.once('close', () => {
    clearTimeout(timer);
    running.delete(child);
  });
}

/** Whoever ends the whole ends the files under way. */
function end(): void {
  for (const child of running) child.kill();
  process.exit(1);
}

/** A file's TAP as one subtest of the whole. */
function subtest(file: string, id: number, { text, ok, fault, milliseconds }: Outcome): string {
  const inner = text.replace(/^TAP version 14\n/, '').replace(/^(?=.)/gm, '    ');
  const last = `${ok ? 'ok' : 'not ok'} ${id} - ${file} # time=${milliseconds.toFixed(0)}ms\n`;
  const why = fault === null ? '' : `  ---\n  fault: ${JSON.stringify(fault)}\n  ...\n`;
  return `# Subtest: ${file}\n${inner}${inner.endsWith('\n') ? '' : '\n'}${last}${why}`;
}

/** The time that a file asks for, in milliseconds. */
function asked(file: string): number {
  const found = /^t\.setTimeout\((\d[\d_]*)\)/m.exec(readFileSync(resolve(ROOT, file), 'utf8'));
  return Number(found?.[1]?.replaceAll('_', '') ?? 0);
}

const { values, positionals } = parseArgs({ options: { jobs: { type: 'string' } }, allowPositionals: true });
const files = positionals.map((file) => ({ file, time: asked(file) })).sort((a, b) => b.time - a.time);
process.stdout.write(`TAP version 14\n1..${files.length}\n`);
process.once('SIGTERM', end).once('SIGINT', end);
let started = 0;
let ended = 0;

async function lane(): Promise<void> {
  for (let next = files[started++]; next !== undefined; next = files[started++]) {
    const outcome = await runFile(next.file);
    if (!outcome.ok) process.exitCode = 1;
    process.stdout.write(subtest(next.file, ++ended, outcome));
  }
}

await Promise.all(Array.from({ length: Number(values.jobs ?? JOBS) }, lane));
