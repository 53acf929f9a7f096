/** Starts `peer.ts` over a fresh directory, and ends it with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRecorder } from '../../../recorder/client/discover.ts';
import type { Recorder } from '../../../recorder/client/http.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export interface RunningRecorder {
  data: string;
  child: ChildProcess;
  recorder: Recorder;
  /** Ends it with `signal` and waits until it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export async function startRecorder(t: Test): Promise<RunningRecorder> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-client-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  return startRecorderOn(t, data);
}

export async function startRecorderOn(t: Test, data: string): Promise<RunningRecorder> {
  const peer = fileURLToPath(new URL('./peer.ts', import.meta.url));
  const child = spawn(process.execPath, [peer, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  t.teardown(() => stop('SIGKILL'));
  await once(child.stdout!, 'data');
  const recorder = await findRecorder(data, {});
  if (recorder === null) throw new Error('the recorder was not found');
  return { data, child, recorder, stop };
}
