/**
 * What one judged simple command costs in an interactive shell: analysed, decided by the default policy, the decision
 * stored in a real audit log, and answered. The same commands in the same shell without us stand beside it.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { systemClock } from '../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../sidecar/command/analyse.ts';
import { MachineFiles } from '../../sidecar/files/machine-files.ts';
import { Gate } from '../../sidecar/gate.ts';
import { newVault } from '../../sidecar/mask/new-vault.ts';
import { PolicyFile } from '../../sidecar/policy/policy-file.ts';
import { Pty } from '../../sidecar/shell/pty.ts';
import { runShell } from '../../sidecar/shell/run-shell.ts';
import type { TerminalListener, TerminalPort } from '../../sidecar/shell/terminal.ts';
import type { Row } from './row.ts';

const COMMANDS = 2000;
const LIMIT_MS = 0.5;
const SIZE = { cols: 80, rows: 24 };

/** A terminal where one line is typed, and nobody looks. */
class Scripted implements TerminalPort {
  readonly term = 'dumb';
  readonly #line: string;
  #typed = false;
  #listener: TerminalListener | undefined;

  constructor(line: string) {
    this.#line = line;
  }

  size() {
    return SIZE;
  }

  async write(): Promise<void> {
    if (this.#typed || this.#listener === undefined) return;
    this.#typed = true;
    this.#listener.typed(Buffer.from(`${this.#line}\r`));
  }

  async notice(line: string): Promise<void> {
    throw new Error(line);
  }

  hold(): void {}

  attach(listener: TerminalListener): () => void {
    this.#listener = listener;
    return () => {};
  }
}

/** Each command takes the time, so that the difference of two is what one costs. */
const STAMPS = { bash: 'T+=($EPOCHREALTIME)', zsh: 'T+=($EPOCHREALTIME)' } as const;
const PREPARE = { bash: 'T=()', zsh: 'zmodload zsh/datetime; T=()' } as const;

async function measure(shell: 'bash' | 'zsh'): Promise<{ bare: number; judged: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const home = join(directory, 'home');
  const script = join(directory, 'commands');
  const result = join(directory, 'stamps');
  mkdirSync(home);
  writeFileSync(join(home, '.zshrc'), '');
  writeFileSync(
    script,
    `${PREPARE[shell]}\n${`${STAMPS[shell]}\n`.repeat(COMMANDS)}printf '%s\\n' "\${T[@]}" > ${result}\n`,
  );
  const line = `. ${script}; exit`;
  const env = { HOME: home, PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', TERM: 'dumb' };
  try {
    await bare(shell, line, env);
    const before = median(result);
    await guarded(shell, line, env, directory);
    return { bare: before, judged: median(result) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function bare(shell: string, line: string, env: Record<string, string>): Promise<void> {
  let typed = false;
  const pty = new Pty(
    { argv: [shell, '-i'], env, cwd: env.HOME ?? '/', size: SIZE },
    {
      data: () => {
        if (!typed) pty.write(Buffer.from(`${line}\r`));
        typed = true;
      },
      drained: () => undefined,
    },
  );
  await pty.ended;
}

async function guarded(
  shell: string,
  line: string,
  env: Record<string, string>,
  directory: string,
): Promise<void> {
  const journal = await AuditLog.open({ data: join(directory, 'evidence') });
  const policy = await PolicyFile.open(join(directory, 'policy.yaml'));
  const current = () => policy.current();
  const files = new MachineFiles();
  await runShell({
    guard: {
      journal,
      gate: new Gate({ journal, clock: systemClock, policy: current }),
      clock: systemClock,
      vault: newVault(),
      policy: () => current().digest,
      analyse: (line, where) => analyse(line, { ...where, files: files.view() }),
      analyseArgv: (argv, where) => analyseArgv(argv, { ...where, files: files.view() }),
    },
    session: '01J00000000000000000000000',
    identity: { user: 'bench', groups: [], proof: 'claimed' },
    cwd: env.HOME ?? '/',
    request: { kind: 'shell', shell },
    stdio: new Scripted(line),
    env,
    signals: process,
    runtimeParent: directory,
  });
  await policy.close();
  await journal.close();
}

/** Median time from one command to the next, in milliseconds. */
function median(file: string): number {
  const stamps = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  if (stamps.length !== COMMANDS) throw new Error(`${stamps.length} of ${COMMANDS} commands ran`);
  const steps = stamps.slice(1).map((stamp, i) => (stamp - (stamps[i] ?? 0)) * 1000);
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? Number.NaN;
}

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shell of ['bash', 'zsh'] as const) {
    const { bare, judged } = await measure(shell);
    const cost = judged - bare;
    rows.push({
      name: `one judged simple command, interactive ${shell}, decision stored`,
      value: cost,
      unit: 'ms median',
      ratio: judged / bare,
      target: `< ${LIMIT_MS} ms (× unguarded)`,
      ok: cost < LIMIT_MS,
    });
  }
  return rows;
}
