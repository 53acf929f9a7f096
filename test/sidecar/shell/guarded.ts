/**
 * A guarded shell under test: real shell, real PTY, real gate, real analysis, a real audit log in a directory of its own; only the
 * policy is the test's: every program named `refused` is refused.
 */

import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Desk } from '../../../recorder/approvals/desk.ts';
import type { Decision } from '../../../recorder/audit/decision.ts';
import type { TerminalSize } from '../../../recorder/audit/session.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Journal, StoredEvent } from '../../../recorder/log/ports.ts';
import type { CommandAction } from '../../../sidecar/action.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../sidecar/command/analyse.ts';
import { MachineFiles } from '../../../sidecar/files/machine-files.ts';
import { Gate } from '../../../sidecar/gate.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import type { Request } from '../../../sidecar/shell/invocation.ts';
import type { PipePort } from '../../../sidecar/shell/pipe-session.ts';
import { runShell } from '../../../sidecar/shell/run-shell.ts';
import type { SignalSource } from '../../../sidecar/shell/signals.ts';
import type { TerminalListener, TerminalPort } from '../../../sidecar/shell/terminal.ts';
import { lenientText } from '../policy/shipped.ts';

export const SESSION = '01J00000000000000000000000';

/** The prompt that the test's start-up files set: it tells the last status. */
export const PROMPT = /\[(\d+)\][$%] $/;

/** A person at a terminal: types, and waits for what is shown. */
export class Typist implements TerminalPort {
  readonly term: string;
  #size: TerminalSize = { cols: 200, rows: 40 };
  #listener: TerminalListener | undefined;
  #screen = '';
  #bytes: Buffer[] = [];
  #seen = 0;
  #waiting: (() => void) | undefined;

  constructor(term = 'dumb') {
    this.term = term;
  }

  size(): TerminalSize {
    return this.#size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes.push(Buffer.from(bytes));
    this.#screen = Buffer.concat(this.#bytes).toString('utf8');
    this.#waiting?.();
  }

  notice(line: string): Promise<void> {
    return this.write(Buffer.from(`${line}\r\n`));
  }

  attach(listener: TerminalListener): () => void {
    this.#listener = listener;
    this.#waiting?.();
    return () => {
      this.#listener = undefined;
    };
  }

  hold(): void {}

  get attached(): boolean {
    return this.#listener !== undefined;
  }

  type(keys: string): void {
    this.#listener?.typed(Buffer.from(keys));
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#listener?.resized(size);
  }

  hangUp(): void {
    this.#listener?.gone();
  }

  /** All that was shown. */
  get shown(): string {
    return this.#screen;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#bytes);
  }

  /** Types a line at the prompt `[status]$ ` and waits for the next one. */
  async line(text: string, patience?: number): Promise<{ shown: string; status: number }> {
    this.type(`${text}\r`);
    const shown = await this.sees(PROMPT, patience);
    return { shown, status: Number(PROMPT.exec(shown)?.[1]) };
  }

  /** Waits until `pattern` is shown after what was waited for before; returns what was shown up to its end. */
  async sees(pattern: RegExp, patience = 60_000): Promise<string> {
    const deadline = Date.now() + patience;
    for (;;) {
      const rest = this.#screen.slice(this.#seen);
      const match = pattern.exec(rest);
      if (match !== null) {
        const end = match.index + match[0].length;
        this.#seen += end;
        return rest.slice(0, end);
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`never saw ${pattern}; the screen is:\n${this.#screen}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Refuses every program named `refused`, and what the test adds. */
export type Refuses = (action: CommandAction) => boolean;

const byName: Refuses = (action) => action.commands.some(({ program }) => program === 'refused');

/** What stands where a terminal would: keeps stdout and stderr apart. */
export class Pipes implements PipePort {
  readonly stdin: number;
  readonly stdout: Buffer[] = [];
  readonly stderr: Buffer[] = [];
  notices = '';

  constructor(stdin: number) {
    this.stdin = stdin;
  }

  async write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    this[stream].push(Buffer.from(bytes));
  }

  async notice(line: string): Promise<void> {
    this.notices += `${line}\n`;
  }
}

export interface Guarded {
  typist: Typist;
  journal: Journal;
  desk: Desk;
  /** Resolves when the session is over. */
  ended: Promise<{ status: number }>;
  /** What was recorded, content included. */
  events(): Promise<StoredEvent[]>;
  signal(signal: NodeJS.Signals): void;
}

/** The user's start-up files: a prompt that tells the last status. */
const FILES = {
  '.bashrc': "PS1='[$?]$ '\nHISTFILE=\n",
  '.zshrc': "PROMPT='[%?]%% '\nunset HISTFILE zle_bracketed_paste\nunsetopt prompt_sp prompt_cr\n",
};

export interface GuardedOptions {
  request: Request;
  env?: Record<string, string>;
  /** Files of the home directory. */
  files?: Record<string, string>;
  cwd?: string;
  refuses?: Refuses;
  /** What a person is asked about: on the desk that is given back. */
  asks?: Refuses;
  /** In place of the test's, the policy that ships with Chaperone, where what is unknown runs. */
  shipped?: boolean;
  journal?: (journal: Journal) => Journal;
  term?: string;
  recordInput?: boolean;
  /** In place of the terminal. */
  pipes?: Pipes;
}

interface Scope {
  teardown(handler: () => unknown): unknown;
}

/** An interactive one that shows its prompt. */
export async function prompted(t: Scope, shell: 'bash' | 'zsh'): Promise<Guarded> {
  const made = await guarded(t, { request: { kind: 'shell', shell } });
  await made.typist.sees(PROMPT);
  return made;
}

/** Starts a session; the test's end removes what it leaves. */
export async function guarded(t: Scope, options: GuardedOptions): Promise<Guarded> {
  const data = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
  const home = join(data, 'home');
  await mkdir(home);
  for (const [name, text] of Object.entries({ ...FILES, ...options.files }))
    await writeFile(join(home, name), text);
  const log = await AuditLog.open({ data: join(data, 'evidence') });
  const journal = options.journal?.(log) ?? log;
  const desk = await Desk.open({
    journal: log,
    archive: log,
    clock: systemClock,
    key: log.secret('approvals'),
  });
  const files = new MachineFiles();
  const typist = new Typist(options.term);
  const listeners = new Map<string, (signal: NodeJS.Signals) => void>();
  const signals: SignalSource = {
    on: (signal, listener) => listeners.set(signal, listener),
    off: (signal) => listeners.delete(signal),
  };
  const ended = runShell({
    guard: {
      journal,
      gate: options.shipped ? await shippedGate(journal) : gate({ journal, desk }, options),
      clock: systemClock,
      vault: newVault(),
      policy: () => 'test',
      analyse: (line, where) => analyse(line, { ...where, files: files.view() }),
      analyseArgv: (argv, where) => analyseArgv(argv, { ...where, files: files.view() }),
    },
    session: SESSION,
    identity: { user: 'tester', groups: [], proof: 'claimed' },
    cwd: options.cwd ?? home,
    request: options.request,
    stdio: options.pipes ?? typist,
    env: { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8', ...options.env },
    signals,
    recordInput: options.recordInput ?? false,
    runtimeParent: data,
  });
  t.teardown(async () => {
    typist.hangUp();
    await ended.catch(() => undefined);
    desk.close();
    await log.close();
    await rm(data, { recursive: true, force: true });
  });
  const events = async () => {
    const all: StoredEvent[] = [];
    for await (const event of log.events(SESSION)) all.push(event);
    return all;
  };
  return { typist, journal, desk, ended, events, signal: (signal) => listeners.get(signal)?.(signal) };
}

const MINUTE = 60_000_000;
const TERMS = { groups: [], quorum: 1, selfApproval: false, timeout: MINUTE, validity: MINUTE };

function gate(
  { journal, desk }: { journal: Journal; desk: Desk },
  { refuses = byName, asks = () => false }: GuardedOptions,
): Gate {
  const decide = (action: CommandAction): Decision => {
    const unjudged = action.unknown.length > 0;
    if (asks(action)) return { effect: 'ask', rule: 'test/asked', reason: 'tests ask', unjudged: false };
    if (!refuses(action)) return { effect: 'allow', rule: 'test/rest', reason: 'it is a test', unjudged };
    return { effect: 'deny', rule: 'test/refused', reason: 'tests refuse it', unjudged: false };
  };
  return new Gate({
    ...{ journal, clock: systemClock, approvals: desk },
    policy: () => ({ digest: 'test', decide, approvalTerms: () => TERMS }),
  });
}

async function shippedGate(journal: Journal): Promise<Gate> {
  const policy = new LoadedPolicy(parsePolicies(lenientText, 'lenient.yaml'));
  return new Gate({ journal, clock: systemClock, policy: () => policy });
}
