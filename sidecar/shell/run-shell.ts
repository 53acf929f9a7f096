/** `chaperone shell`: what is asked for is judged, started, recorded, and its exit status handed back. */
import { join } from 'node:path';
import type { CommandAction, Refused } from '../action.ts';
import { decisionLine, denialOf } from '../denial.ts';
import type { Waiting } from '../gate.ts';
import {
  failureStatus,
  type Outcome,
  SessionLog,
  type SessionOptions,
  type Whereabouts,
} from '../session/session-log.ts';
import { Broker, SOCKET } from './broker.ts';
import { environmentOf, toldBy } from './environment.ts';
import { findProgram } from './find-program.ts';
import { LINE_FILE } from './input-line.ts';
import { type Invocation, plan, type Request } from './invocation.ts';
import { Judge } from './judge.ts';
import { namedFiles } from './named-files.ts';
import { type PipePort, runOnPipes } from './pipe-session.ts';
import { makeRuntimeDirectory, type RuntimeDirectory } from './runtime-directory.ts';
import { FORWARDED, type SignalSource } from './signals.ts';
import { prepare } from './start-up.ts';
import type { TerminalPort } from './terminal.ts';
import { TerminalSession } from './terminal-session.ts';

export interface ShellOptions extends SessionOptions {
  request: Request;
  /** The person's terminal; or, where there is none, the pipes that stand in its place. */
  stdio: TerminalPort | PipePort;
  env: Readonly<Record<string, string>>;
  signals: SignalSource;
  /** Whether the policy asks for what is typed; what the terminal does not show is left out even so. */
  recordInput?: boolean;
  access?: Access;
  /** Where the private start-up files go; by default the user's runtime directory. */
  runtimeParent?: string;
}

/** What else its processes may use, and record in its session. */
export interface Access {
  /** Called once the session has begun. What it needs is added to the environment. */
  open(directory: RuntimeDirectory): Promise<Record<string, string>>;
  /** Awaited before the session's own end is recorded. */
  close(): Promise<void>;
}

/**
 * Runs one session to its end.
 * @throws ChaperoneError `SHELL_NOT_FOUND`, or the journal's where not even the start could be recorded.
 */
export async function runShell(options: ShellOptions): Promise<{ status: number }> {
  const { stdio } = options;
  const log = new SessionLog(options);
  const invocation = withoutTerminal(plan(options.request), stdio);
  const argv = invocation.kind === 'hooked' ? [invocation.program] : invocation.argv;
  const terminal = isTerminal(stdio) ? { ...stdio.size(), term: stdio.term } : undefined;
  await log.start(argv, terminal);
  const outcome = await attempt(options, log, invocation);
  await log.end(outcome);
  // Where even this cannot be said, the status says it.
  if (outcome.error !== undefined) await stdio.notice(outcome.error).catch(() => undefined);
  return { status: outcome.status };
}

/** Without a terminal an interactive shell is none: it reads its commands from stdin, and is judged as that. */
function withoutTerminal(invocation: Invocation, stdio: TerminalPort | PipePort): Invocation {
  if (isTerminal(stdio) || invocation.kind !== 'hooked') return invocation;
  return { kind: 'command', argv: [invocation.program] };
}

async function attempt(options: ShellOptions, log: SessionLog, invocation: Invocation): Promise<Outcome> {
  const directory = await makeRuntimeDirectory(options.runtimeParent);
  try {
    const env = { ...options.env, ...(await options.access?.open(directory)) };
    return invocation.kind === 'hooked'
      ? await runHooked({ ...options, env }, { log, directory, invocation })
      : await runWhole({ ...options, env }, { log, directory, invocation });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reason: 'failed', status: failureStatus(error), error: message };
  } finally {
    // Where the recorder is gone, so is what it let in.
    await options.access?.close().catch(() => undefined);
    await directory.remove();
  }
}

interface Attempt<Kind extends Invocation['kind']> {
  log: SessionLog;
  directory: RuntimeDirectory;
  invocation: Extract<Invocation, { kind: Kind }>;
}

/** Judged before anything starts. */
async function runWhole(options: ShellOptions, attempt: Attempt<'session' | 'command'>): Promise<Outcome> {
  const { stdio, env, cwd, signals, recordInput = false } = options;
  const { log, directory, invocation } = attempt;
  const { argv } = invocation;
  const action = wholeAction(options, invocation);
  const verdict = await untilSignalled(signals, (signal) =>
    log.judge(action, { ...asking(options, action), signal }),
  );
  if (!verdict.ok) {
    await stdio.notice(refusalText(options, verdict));
    return { reason: 'refused', status: 126 };
  }
  findProgram(argv[0] ?? '', env.PATH ?? '', cwd);
  if (isTerminal(stdio)) {
    const environment = { ...env, TERM: stdio.term };
    return new TerminalSession({
      log,
      terminal: stdio,
      argv,
      env: environment,
      cwd,
      signals,
      recordInput,
    }).run();
  }
  return runOnPipes({ log, port: stdio, argv, env, cwd, signals, directory });
}

/** Judged command by command, by the shell's own hooks. */
async function runHooked(options: ShellOptions, attempt: Attempt<'hooked'>): Promise<Outcome> {
  const { guard, env, cwd, signals, recordInput = false } = options;
  const { log, directory, invocation } = attempt;
  const terminal = options.stdio as TerminalPort;
  const program = findProgram(invocation.program, env.PATH ?? '', cwd);
  const judge = new Judge({
    shell: invocation.hooks,
    analyse: (line, where, known) =>
      guard.analyse(line, { ...whereabouts(env, where), ...toldBy(known, env) }),
    judge: (action, signal) => log.judge(action, { ...asking(options, action), signal }),
    refusal: (verdict) => refusalText(options, verdict),
    lineFile: join(directory.path, LINE_FILE),
    policy: guard.policy,
    failed: (error) => session.fail(error),
  });
  const socket = invocation.hooks === 'zsh' ? join(directory.path, SOCKET) : '';
  const broker = await Broker.listen((question) => judge.answer(question), socket);
  const startUp = await prepare({ ...invocation, program }, broker.channel, directory, env);
  const environment = { ...env, ...startUp.env, TERM: terminal.term };
  const { argv } = startUp;
  const session = new TerminalSession({
    ...{ log, terminal, argv, env: environment, cwd, signals, recordInput },
    interrupted: () => judge.giveUp(),
  });
  try {
    return await session.run();
  } finally {
    judge.giveUp();
    await broker.close();
  }
}

/**
 * A person reads a line or two. A program reads them as well, and a line of JSON: where there is no terminal, where
 * Cursor said that it asks, and where `CHAPERONE_DECISIONS` is `json` (`text` leaves it out).
 */
function refusalText(
  { stdio, identity, env }: ShellOptions,
  { decision, approval, message }: Refused,
): string {
  const asked = env.CHAPERONE_DECISIONS;
  const byProgram = !isTerminal(stdio) || identity.conversation !== undefined;
  const machine = asked === 'json' || (byProgram && asked !== 'text');
  return machine ? `${message}\n${decisionLine(denialOf(decision, approval))}` : message;
}

/** What happens where a person is asked. */
function asking({ stdio }: ShellOptions, action: CommandAction): Waiting {
  return {
    files: () => namedFiles(action),
    waiting: (id) => {
      const line = `chaperone: this waits for a person's approval (${id}); Ctrl-C gives up`;
      stdio.notice(line).catch(() => undefined);
    },
  };
}

/** Before anything runs, a signal ends the wait for a person. */
async function untilSignalled<T>(
  signals: SignalSource,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const signal of FORWARDED) signals.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of FORWARDED) signals.off(signal, stop);
  }
}

/** A shell without hooks is judged once, as something whose commands nobody will see. */
function wholeAction(
  { guard, env, cwd }: ShellOptions,
  { kind, argv }: Extract<Invocation, { kind: 'session' | 'command' }>,
): CommandAction {
  const environment = environmentOf(argv.join(' '), env);
  const action = guard.analyseArgv(argv, { ...whereabouts(env, cwd), environment });
  if (kind === 'command') return action;
  const message = `${argv[0]} has no hooks: its commands cannot be judged one by one`;
  return { ...action, unknown: [...action.unknown, { code: 'no-hooks', message, text: action.line }] };
}

function whereabouts(env: ShellOptions['env'], cwd: string): Whereabouts {
  return env.HOME === undefined ? { cwd } : { cwd, home: env.HOME };
}

function isTerminal(stdio: TerminalPort | PipePort): stdio is TerminalPort {
  return 'attach' in stdio;
}
