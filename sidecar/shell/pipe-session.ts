/**
 * A session without a terminal: the child keeps pipes, stdout and stderr stay apart, and each is recorded
 * before it goes on.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { explainFailure, failureStatus, type Outcome, type SessionLog } from '../session/session-log.ts';
import { withoutOurs } from './descriptors.ts';
import { type Ending, signalled } from './pty.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';
import { Ender, forwardSignals, type SignalSource } from './signals.ts';

/** What stands where a terminal would. */
export interface PipePort {
  /** The descriptor that becomes the child's stdin: ours never reads it. */
  readonly stdin: number;
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>;
  /** One line for the person, beside the output. */
  notice(line: string): Promise<void>;
}

/** The process's own standard streams. */
export class ProcessPipes implements PipePort {
  readonly stdin = 0;

  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      process[stream].write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  notice(line: string): Promise<void> {
    return this.write('stderr', Buffer.from(`${line}\n`));
  }
}

export interface PipeSessionOptions {
  log: SessionLog;
  port: PipePort;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  signals: SignalSource;
  directory: RuntimeDirectory;
}

/** What a child leaves behind in the background may hold the pipes for ever: they are left when silent this long. */
const SILENCE_MS = 100;

export async function runOnPipes(options: PipeSessionOptions): Promise<Outcome> {
  const { argv, env, cwd, port, signals } = options;
  const [stdout, stderr] = await makePipes(options.directory);
  const [file = '', ...args] = withoutOurs(argv, env);
  const child = spawn(file, args, { cwd, env: { ...env }, stdio: [port.stdin, stdout.write, stderr.write] });
  const ending = endOf(child);
  const ender = new Ender(child);
  const stopForwarding = forwardSignals(signals, child, ender);
  const failures: { status: number; error: string }[] = [];
  const failed = (error: unknown) => {
    failures.push({ status: failureStatus(error), error: explainFailure(error) });
    ender.end('SIGHUP');
  };
  const lost = (error: string) => failures.push({ status: 1, error });
  try {
    closeSync(stdout.write);
    closeSync(stderr.write);
    const streams = [
      record(options, { name: 'stdout', fd: stdout.read, ending, failed, lost }),
      record(options, { name: 'stderr', fd: stderr.read, ending, failed, lost }),
    ];
    const { status, signal } = await ending;
    await Promise.all(streams);
    if (failures[0] !== undefined) return { reason: 'failed', ...failures[0] };
    return { reason: signal === null ? 'exited' : 'signalled', status };
  } finally {
    ender.done();
    stopForwarding();
  }
}

interface Stream {
  name: 'stdout' | 'stderr';
  fd: number;
  ending: Promise<unknown>;
  /** It cannot be recorded. */
  failed: (error: unknown) => void;
  /** It is recorded, but did not reach who waits for it. */
  lost: (explanation: string) => void;
}

/** Resolves when the stream has ended and all of it is stored and forwarded. */
async function record(
  { log, port }: PipeSessionOptions,
  { name, fd, ending, failed, lost }: Stream,
): Promise<void> {
  const source = new Socket({ fd, readable: true, writable: false });
  let exited = false;
  let paused = false;
  let silence: NodeJS.Timeout | undefined;
  const awaitSilence = () => {
    clearTimeout(silence);
    if (exited && !paused) silence = setTimeout(() => source.destroy(), SILENCE_MS);
  };
  const output = log.output({
    ...(name === 'stderr' && { stream: 'stderr' }),
    // A reader that went away is told as a pipe tells it: the child's next write fails.
    forward: (bytes) =>
      port.write(name, bytes).catch((error: NodeJS.ErrnoException) => {
        source.destroy();
        if (error.code !== 'EPIPE')
          lost(`chaperone: ${name} is cut short, for it cannot be written: ${error.message}`);
      }),
    throttle: (stop) => {
      paused = stop;
      if (stop) source.pause();
      else source.resume();
      awaitSilence();
    },
    failed,
  });
  source.on('data', (bytes: Buffer) => {
    output.push(bytes);
    awaitSilence();
  });
  source.on('error', () => source.destroy());
  void ending.then(() => {
    exited = true;
    awaitSilence();
  });
  await new Promise<void>((resolve) => source.once('close', () => resolve()));
  clearTimeout(silence);
  await output.settled();
}

function endOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { status: code ?? 1, signal: null } : signalled(os.signals[signal])),
    );
  });
}

interface Pipe {
  read: number;
  write: number;
}

/**
 * Node's own `pipe` is a pair of sockets, and a program that opens `/dev/stderr` fails on a socket. These are
 * pipes: made with a name, opened at both ends, and the name taken away.
 */
async function makePipes(directory: RuntimeDirectory): Promise<[Pipe, Pipe]> {
  const names = [join(directory.path, 'stdout'), join(directory.path, 'stderr')] as const;
  await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
  const pipes = names.map(
    (name): Pipe => ({
      read: openSync(name, constants.O_RDONLY | constants.O_NONBLOCK),
      write: openSync(name, constants.O_WRONLY),
    }),
  );
  await Promise.all(names.map((name) => unlink(name)));
  return pipes as [Pipe, Pipe];
}
