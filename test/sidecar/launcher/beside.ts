/** Runs something with the real shell and with the launcher in its place, side by side. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Flavour, launchers } from './built.ts';
import { type Answers, Keeper, type Kept } from './keeper.ts';

export const REAL_PATH = '/usr/local/bin:/usr/bin:/bin';

export interface Outcome {
  stdout: string;
  stderr: string;
  status: number | null;
  signal: string | null;
}

export interface Side {
  /** Where `bash`, `sh` and so on come from; the launcher's directory, or the real one. */
  shell: (name: string) => string;
  env: Record<string, string>;
  /** An empty directory of its own. */
  directory: string;
}

export interface Beside {
  plain: Side;
  launched: Side;
  keeper: Keeper;
  /** Of the keeper, when `count` sessions are done. */
  done: (count?: number) => Promise<Kept[]>;
}

export async function beside(t: Test, answers: Answers = {}, flavour: Flavour = 'shipped'): Promise<Beside> {
  const scratch = mkdtempSync(join(tmpdir(), 'chaperone-launcher-'));
  const directory = await launchers(flavour);
  const keeper = await new Keeper(join(scratch, 's'), answers).open();
  t.teardown(async () => {
    await keeper.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  const common = { HOME: scratch, LC_ALL: 'C.UTF-8', TERM: 'xterm' };
  const side = (name: string, shells: string | null): Side => ({
    shell: (shell) => join(shells ?? '/bin', shell),
    env: {
      ...common,
      PATH: shells === null ? REAL_PATH : `${shells}:${REAL_PATH}`,
      ...(shells === null ? {} : { CHAPERONE_SOCKET: keeper.path }),
    },
    directory: mkdtempSync(join(scratch, `${name}-`)),
  });
  return {
    plain: side('p', null),
    launched: side('l', directory),
    keeper,
    done: (count) => keeper.done(count),
  };
}

export interface Given {
  args: string[];
  input?: string | Buffer;
  options?: SpawnOptions;
}

/** In a session of its own, as an agent does, with Node's pipes, which are sockets. */
export async function run(program: string, { args, input, options }: Given): Promise<Outcome> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, ...options });
  const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (piece) => pieces.stdout.push(piece));
  child.stderr?.on('data', (piece) => pieces.stderr.push(piece));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input ?? '');
  const [status, signal] = await new Promise<[number | null, string | null]>((done, failed) => {
    child.once('error', failed).once('close', (...ended) => done(ended));
  });
  const text = (all: Buffer[]) => Buffer.concat(all).toString('latin1');
  return { stdout: text(pieces.stdout), stderr: text(pieces.stderr), status, signal };
}
