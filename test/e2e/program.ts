/** Runs the built program as a user would. */
import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const PROGRAM = resolve(import.meta.dirname, '../../dist/chaperone.js');

const PATIENCE_MS = 180_000;

export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

interface Options extends SpawnOptionsWithoutStdio {
  input?: string;
  /** Another copy of the program. */
  program?: string;
}

/** Runs `chaperone ARGS…` to its end. */
export async function chaperone(
  args: readonly string[],
  { input = '', program = PROGRAM, ...options }: Options = {},
): Promise<Result> {
  const child = spawn(process.execPath, [program, ...args], {
    ...options,
    env: clean(options.env ?? process.env),
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined).end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** The caller's own settings must not reach into a test. */
function clean(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('CHAPERONE_')));
}

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export async function temporary(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-e2e-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export interface Up {
  /** The one-time link that it printed. */
  link: string;
  url: string;
  /** All that it printed so far. */
  printed(): string;
  /** All that it said on stderr so far. */
  complained(): string;
  /** Ends it as an operator would; its exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** `chaperone up`, or another verb that serves the page, without a terminal, once it listens. */
export async function up(
  t: Test,
  data: string,
  {
    program = PROGRAM,
    flags = [],
    verb = 'up',
  }: { program?: string; flags?: readonly string[]; verb?: 'up' | 'gateway' } = {},
): Promise<Up> {
  const child = spawn(process.execPath, [program, verb, '--data', data, '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: clean(process.env),
  });
  let errors = '';
  child.stderr.pipe(process.stderr);
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const link = await new Promise<string>((resolve, reject) => {
    exited.then(([status]) => reject(new Error(`up exited with ${status}`)), reject);
    child.stdout.on('data', () => {
      const found = /http:\S+\/login\?token=\S+/.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return (await exited)[0];
  };
  return { link, url: new URL(link).origin, printed: () => text, complained: () => errors, stop };
}
